import type { PreparedKey, ReceiverCrypto } from './crypto/port.ts'
import { webCrypto } from './crypto/web.ts'
import { ReceiverConfigError } from './errors.ts'
import { isTolerance } from './schemes/complete.ts'
import type { SignatureScheme } from './schemes/scheme.ts'
import { readSecrets } from './secret.ts'
import { VerificationPlan } from './verify/plan.ts'
import { quoted, refusal } from './verify/refusal.ts'
import type { VerifiedEvent, VerifyRequest, VerifyResult } from './verify/result.ts'

/** The default of every clock here. */
export const wallClock = (): number => Date.now()

/** Limit of a body, 1 MiB. */
export const DEFAULT_MAX_BODY_BYTES = 1_048_576

export interface ReceiverOptions {
  readonly scheme: SignatureScheme
  /** At least one; the current one first, those that are being rotated out after it. */
  readonly secrets: readonly string[]
  /** Accepted distance of the time stamp from the clock, in seconds, both directions. @default the scheme's, 300 */
  readonly toleranceS?: number | undefined
  /** @default 1 MiB */
  readonly maxBodyBytes?: number | undefined
  /** Now, in epoch milliseconds. @default Date.now */
  readonly clock?: (() => number) | undefined
  /** Called when another secret than the first one fitted: a rotation is not finished. What it throws is ignored. */
  readonly onOldSecret?: ((event: VerifiedEvent) => void) | undefined
}

/** Verifies requests of one scheme with its secrets. */
export interface Receiver {
  readonly scheme: SignatureScheme
  readonly maxBodyBytes: number
  /** Verified, or refused with a reason. Never throws and never rejects, whatever the request is. */
  verify(request: VerifyRequest): Promise<VerifyResult>
}

/**
 * @example
 * const receiver = createReceiver({ scheme: stripe(), secrets: [secret] })
 * const result = await receiver.verify({ headers: request.headers, body: new Uint8Array(await request.arrayBuffer()) })
 * if (!result.ok) return new Response('invalid_signature', { status: 401 })
 * @throws ReceiverConfigError when there is no secret, a secret does not fit the scheme, or an option is out of bounds
 */
export function createReceiver(
  options: ReceiverOptions & { readonly crypto?: ReceiverCrypto | undefined },
): Receiver {
  return new AsyncReceiver(options, options.crypto ?? webCrypto())
}

class AsyncReceiver implements Receiver {
  readonly scheme: SignatureScheme
  readonly maxBodyBytes: number
  readonly #plan: VerificationPlan
  readonly #keys: readonly PreparedKey[]
  readonly #options: ReceiverOptions

  constructor(options: ReceiverOptions, crypto: ReceiverCrypto) {
    const { plan, maxBodyBytes } = makePlan(options)
    this.scheme = options.scheme
    this.maxBodyBytes = maxBodyBytes
    this.#plan = plan
    this.#options = options
    this.#keys = readSecrets(options.scheme, options.secrets).map((material) =>
      crypto.prepareKey(options.scheme.algorithm, material),
    )
  }

  async verify(request: VerifyRequest): Promise<VerifyResult> {
    const read = this.#plan.read(request)
    if (!read.ok) return read
    try {
      for (const [index, key] of this.#keys.entries())
        if (await key.matches(read.content, read.signatures))
          return warned(this.#plan.conclude(read, index), this.#options)
    } catch (error) {
      return cryptoFailed(error)
    }
    return this.#plan.conclude(read, -1)
  }
}

/** Checked options as a plan. Shared with the other receivers. @param also further headers that are wanted */
export function makePlan(
  options: Omit<ReceiverOptions, 'secrets' | 'onOldSecret'>,
  also?: readonly string[],
): { plan: VerificationPlan; maxBodyBytes: number } {
  const { scheme, toleranceS, maxBodyBytes = DEFAULT_MAX_BODY_BYTES, clock = wallClock } = options
  if (toleranceS !== undefined && !scheme.timestamp)
    throw invalid(`toleranceS does nothing: the scheme "${scheme.name}" has no time stamp.`)
  if (toleranceS !== undefined && !isTolerance(toleranceS))
    throw invalid(`toleranceS must be a number of seconds from 0 to 86400, it is ${toleranceS}.`)
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1)
    throw invalid(`maxBodyBytes must be a whole number of bytes above 0, it is ${maxBodyBytes}.`)
  const tolerance = toleranceS ?? scheme.timestamp?.toleranceS ?? 0
  return {
    plan: new VerificationPlan({ scheme, toleranceS: tolerance, maxBodyBytes, clock, also }),
    maxBodyBytes,
  }
}

export function warned(result: VerifyResult, { onOldSecret }: ReceiverOptions): VerifyResult {
  if (!result.ok || result.secretIndex === 0 || !onOldSecret) return result
  try {
    onOldSecret(result)
  } catch {
    // A warning that fails must not turn a good request into an error.
  }
  return result
}

export function cryptoFailed(error: unknown): VerifyResult {
  return refusal('crypto_failed', quoted(String(error)))
}

function invalid(message: string): ReceiverConfigError {
  return new ReceiverConfigError('option_invalid', message)
}
