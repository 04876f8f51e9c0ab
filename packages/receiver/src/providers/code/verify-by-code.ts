import type { PreparedKey } from '../../crypto/port.ts'
import { isBytes, notBytes, parseJson } from '../../verify/body.ts'
import { collectHeaders, type HeaderValues } from '../../verify/headers.ts'
import { type Refusal, refusal } from '../../verify/refusal.ts'
import type { VerifyRequest } from '../../verify/result.ts'
import type { FoundKeys, KeySource } from '../keys/key-source.ts'
import { andThen, findKey, type Later } from '../later.ts'
import type { Check, CodeParts, CodeReading, CodeVerified, CodeVerifier, ProviderCode } from './code.ts'
import { holdsAll } from './holds-all.ts'

/** Verifies what a provider's code has read. */
export function verifyByCode(parts: CodeParts): CodeVerifier {
  return new ReadingVerifier(parts)
}

interface Read {
  readonly reading: CodeReading
  readonly checks: readonly Check[]
  readonly body: Uint8Array
  readonly contentType: string | undefined
  readonly payload: unknown
  readonly headers: HeaderValues
}

class ReadingVerifier implements CodeVerifier {
  readonly #parts: CodeParts
  readonly #wanted: ReadonlySet<string>
  readonly #hash: PreparedKey
  readonly #fetched: KeySource | undefined

  constructor(parts: CodeParts) {
    const { code, crypto, fetchKey, clock, also } = parts
    this.#parts = parts
    this.#wanted = new Set(['content-type', ...also, ...code.headers])
    this.#hash = crypto.prepareKey('sha256', { kind: 'bytes', bytes: new Uint8Array(0) })
    this.#fetched = fetchKey && code.keyUrls?.open({ fetchKey, crypto, clock })
  }

  verify({ headers: given, body, url }: VerifyRequest): Later<CodeVerified | Refusal> {
    const { code, title, scheme, settings, toleranceS, maxBodyBytes, clock } = this.#parts
    if (!isBytes(body)) return refusal('body_not_bytes', notBytes(body))
    if (body.length > maxBodyBytes)
      return refusal('body_too_large', `the body has ${body.length} bytes, the limit is ${maxBodyBytes}`)
    const headers = collectHeaders(given, this.#wanted)
    if (!headers) return refusal('request_malformed', 'headers must be Headers, a list or a record')
    if (scheme.signed.includes('url') && typeof url !== 'string')
      return refusal('request_malformed', `${title} signs the url: give it to verify`)
    const contentType = headers.get('content-type')?.[0]
    const payload = lazily(() => parseJson(body, jsonType(code, contentType)))
    const input = { body, contentType, url: url ?? '', headers, payload, settings, toleranceS }
    const reading = code.read({ ...input, nowMs: clock() })
    if (!reading.ok) return reading
    return andThen(this.#checks(reading, body), (checks) =>
      this.#verifyRead({ reading, checks, body, contentType, headers, payload: payload() }),
    )
  }

  #checks({ checks }: CodeReading, body: Uint8Array): Later<readonly Check[]> {
    return typeof checks === 'function' ? andThen(this.#hash.sign([body], 'hex'), checks) : checks
  }

  #verifyRead(read: Read): Later<CodeVerified | Refusal> {
    const { keyUrl, algorithm = this.#parts.scheme.algorithm } = read.reading
    if (keyUrl === undefined)
      return andThen(this.#fitting(read, this.#parts.keys), (index) => conclude(read, index))
    const source = this.#fetched
    if (!source)
      return refusal('key_unavailable', `${this.#parts.title} signs with keys to be fetched: give fetchKey`)
    return source.get(keyUrl, algorithm).then(async (found) => {
      const fitting = await this.#withFetched(read, found)
      if (fitting.ok || fitting.reason !== 'signature_mismatch') return fitting
      const newer = await source.renewed?.(keyUrl, algorithm)
      return newer ? this.#withFetched(read, newer) : fitting
    })
  }

  #withFetched(read: Read, found: FoundKeys): Later<CodeVerified | Refusal> {
    if (!found.ok) return found
    // Which of the provider's keys fitted is nobody's old secret.
    return andThen(this.#fitting(read, found.keys), (index) => conclude(read, Math.min(index, 0)))
  }

  #fitting({ checks }: Read, keys: readonly PreparedKey[]): Later<number> {
    return findKey(keys, (key) => holdsAll(checks, key, this.#hash))
  }
}

function conclude(read: Read, secretIndex: number): CodeVerified | Refusal {
  const { reading, checks, body, contentType, payload, headers } = read
  if (secretIndex < 0) return refusal('signature_mismatch', `checks tried: ${checks.length}`)
  const { timestampMs: timestamp, oneTimeToken } = reading
  return { ok: true, timestamp, secretIndex, contentType, body, payload, headers, oneTimeToken }
}

/** SNS sends JSON as `text/plain`: where the signature stands in the body, the type of the body cannot matter. */
function jsonType(code: ProviderCode, contentType: string | undefined): string | undefined {
  return code.headers.length === 0 ? undefined : contentType
}

function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
