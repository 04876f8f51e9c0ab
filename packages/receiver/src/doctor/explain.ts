import type { Provider } from '../providers/provider.ts'
import { wallClock } from '../receiver.ts'
import type { SignatureScheme } from '../schemes/scheme.ts'
import { isBytes } from '../verify/body.ts'
import type { VerifyRequest } from '../verify/result.ts'
import { bodyGuesses } from './body-guesses.ts'
import { CAUSES, type Cause, type Diagnosis } from './causes.ts'
import type { Guess } from './guess.ts'
import { schemeGuesses } from './scheme-guesses.ts'
import { type KnownSecret, secretGuesses } from './secret-guesses.ts'
import { stampOf } from './stamp.ts'
import { type Subject, Trial } from './trial.ts'
import { urlGuesses } from './url-guesses.ts'

/** What `explainRefusal` may know: either `provider` or `scheme`, and secrets even if no receiver would take them. */
export interface ExplainOptions extends Subject {
  /** Other secrets that their owner has: of the test environment, of before the last rotation. */
  readonly otherSecrets?: readonly KnownSecret[] | undefined
  /** Providers or schemes that the request might belong to instead. */
  readonly others?: readonly (SignatureScheme | Provider)[] | undefined
}

const MAX_OTHERS = 64
const DAY_MS = 86_400_000

/**
 * Which known mistake would have made a refused request fit: one diagnosis for each kind of mistake (body, secret, URL …),
 * most often one, none when it fits as it is or nothing known explains it. At most 400 verifications and 48 MiB hashed. Never
 * throws and never rejects.
 *
 * For the person who holds the secret, and for the log: never for the answer to the sender.
 */
export async function explainRefusal(
  request: VerifyRequest,
  options: ExplainOptions,
): Promise<readonly Diagnosis[]> {
  try {
    return await explain(request, options)
  } catch {
    // Only a request or options that are no plain objects get here; there is nothing to say about those.
    return []
  }
}

async function explain(request: VerifyRequest, options: ExplainOptions): Promise<Diagnosis[]> {
  if (!isBytes(request.body)) return [diagnosis('body_reserialised', 'The body is not bytes: it was parsed.')]
  const trial = new Trial(options, request)
  const { scheme } = trial
  if (!scheme || (await trial.fitsNow())) return []
  if (await trial.fits({})) return skew(scheme, request, options)
  // One of each kind: a lost line break is a body written anew too, and says more.
  const found = new Map<string, Diagnosis>()
  for (const { cause, detail, change } of guesses(scheme, request, options)) {
    if (trial.exhausted) break
    const kind = cause.slice(0, cause.indexOf('_'))
    if (!found.has(kind) && (await trial.fits(change))) found.set(kind, diagnosis(cause, detail))
  }
  if (found.size === 0 && request.body.length === 0 && scheme.signed.includes('body'))
    return [diagnosis('body_missing', 'The body has no bytes, and nothing fits an empty body.')]
  return [...found.values()]
}

function* guesses(
  scheme: SignatureScheme,
  request: VerifyRequest,
  options: ExplainOptions,
): Generator<Guess> {
  const { provider, secrets, otherSecrets = [], others = [] } = options
  yield* secretGuesses(scheme, secrets, otherSecrets)
  // A provider with code reads its headers by itself: changing the description would change nothing.
  if (!provider?.code) yield* schemeGuesses(scheme, request)
  if (scheme.signed.includes('url')) yield* urlGuesses(request)
  for (const instead of others.slice(0, MAX_OTHERS))
    yield { cause: 'scheme_other', detail: `The signature fits "${instead.name}".`, change: { instead } }
  if (scheme.signed.includes('body')) yield* bodyGuesses(request.body)
}

/** The signature is good, but not at this time of day. */
function skew(scheme: SignatureScheme, request: VerifyRequest, options: ExplainOptions): Diagnosis[] {
  const { clock = wallClock, toleranceS = scheme.timestamp?.toleranceS ?? 0 } = options
  const now = clock()
  const stamp = stampOf(scheme, request)
  if (stamp === undefined || !scheme.timestamp) return []
  const { unit } = scheme.timestamp
  const otherwise = unit === 's' ? stamp / 1000 : stamp * 1000
  if (Math.abs(otherwise - now) < DAY_MS && Math.abs(stamp - now) > DAY_MS) {
    const [found, said] = unit === 's' ? ['milliseconds', 'seconds'] : ['seconds', 'milliseconds']
    return [diagnosis('timestamp_unit', `The time stamp is in ${found}, the scheme says ${said}.`)]
  }
  const seconds = Math.round((stamp - now) / 1000)
  const side = seconds < 0 ? 'behind' : 'ahead of'
  const detail = `The time stamp is ${Math.abs(seconds)} s ${side} this clock, the tolerance is ${toleranceS} s; but for that the signature fits.`
  return [diagnosis('clock_skew', detail)]
}

function diagnosis(cause: Cause, detail: string): Diagnosis {
  return { cause, detail, remedy: CAUSES[cause] }
}
