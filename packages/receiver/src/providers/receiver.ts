import type { PreparedKey, ReceiverCrypto } from '../crypto/port.ts'
import { webCrypto } from '../crypto/web.ts'
import { ReceiverConfigError } from '../errors.ts'
import { cryptoFailed, makePlan, type ReceiverOptions, wallClock } from '../receiver.ts'
import { readSecrets } from '../secret.ts'
import { isBytes, notBytes, parseJson } from '../verify/body.ts'
import { collectHeaders, type HeaderValues } from '../verify/headers.ts'
import type { VerificationPlan } from '../verify/plan.ts'
import { quoted, type Refusal, refusal } from '../verify/refusal.ts'
import type { VerifiedEvent, VerifyRequest } from '../verify/result.ts'
import type { CodeReading, ProviderCode } from './code/code.ts'
import { fieldHeaders, fieldValue } from './fields.ts'
import { formPayload } from './form-payload.ts'
import { type FetchKey, KeyStore } from './key-store.ts'
import { andThen, findKey, holdsAll, type Later } from './later.ts'
import type { Provider } from './provider.ts'
import type { ProviderEvent, ProviderResult } from './result.ts'
import { checkSettings, type ProviderSettings } from './settings.ts'

export interface ProviderReceiverOptions extends Omit<ReceiverOptions, 'scheme' | 'secrets' | 'onOldSecret'> {
  readonly provider: Provider
  /** At least one, the current one first; none for providers whose keys are fetched (PayPal, SNS). */
  readonly secrets?: readonly string[] | undefined
  /** The provider's `settings` by name. */
  readonly settings?: ProviderSettings | undefined
  /** For providers whose keys are fetched; without it every request of theirs is refused. */
  readonly fetchKey?: FetchKey | undefined
  /** `nodeCrypto()` of `@posthorn/receiver/node` answers at once. @default webCrypto() */
  readonly crypto?: ReceiverCrypto | undefined
  readonly onOldSecret?: ((event: ProviderEvent) => void) | undefined
}

/** Verifies the requests of one provider with its secrets. */
export interface ProviderReceiver {
  readonly provider: Provider
  readonly maxBodyBytes: number
  /** Never throws and never rejects. At once with `nodeCrypto()`, unless a key must be fetched. */
  verify(request: VerifyRequest): ProviderResult | Promise<ProviderResult>
}

/**
 * @example
 * const receiver = createProviderReceiver({ provider: PROVIDERS.shopify, secrets: [secret] })
 * const result = await receiver.verify({ headers, body })
 * @throws ReceiverConfigError for secrets, settings or options that cannot be used
 */
export function createProviderReceiver(options: ProviderReceiverOptions): ProviderReceiver {
  return new AnyProviderReceiver(options)
}

class AnyProviderReceiver implements ProviderReceiver {
  readonly provider: Provider
  readonly maxBodyBytes: number
  readonly #options: ProviderReceiverOptions
  readonly #plan: VerificationPlan
  readonly #keys: readonly PreparedKey[]
  readonly #hash: PreparedKey
  readonly #store: KeyStore | undefined
  readonly #settings: Readonly<Record<string, readonly string[]>>
  readonly #wanted: ReadonlySet<string>

  constructor(options: ProviderReceiverOptions) {
    const { provider, secrets, fetchKey, crypto = webCrypto(), clock = wallClock } = options
    const { plan, maxBodyBytes } = makePlan({ ...options, scheme: provider.scheme, secrets: [] })
    const fetched = provider.code?.keyUrls !== undefined
    if (fetched && secrets?.length)
      throw new ReceiverConfigError(
        'option_invalid',
        `${provider.title} has no secret: its keys are fetched.`,
      )
    this.provider = provider
    this.maxBodyBytes = maxBodyBytes
    this.#options = options
    this.#plan = plan
    this.#settings = checkSettings(provider, options.settings ?? {})
    this.#keys = fetched
      ? []
      : readSecrets(provider.scheme, secrets ?? []).map((material) =>
          crypto.prepareKey(provider.scheme.algorithm, material),
        )
    this.#hash = crypto.prepareKey('sha256', { kind: 'bytes', bytes: new Uint8Array(0) })
    this.#store = fetchKey && new KeyStore({ fetchKey, crypto, clock })
    const names = [...fieldHeaders([...provider.id, ...provider.type]), ...(provider.code?.headers ?? [])]
    this.#wanted = new Set([...names, 'content-type'])
  }

  verify(request: VerifyRequest): ProviderResult | Promise<ProviderResult> {
    try {
      const { code } = this.provider
      const result = code ? this.#verifyByCode(request, code) : this.#verifyByScheme(request)
      return result instanceof Promise ? result.catch(cryptoFailed) : result
    } catch (error) {
      // A getter that throws, or the runtime's cryptography.
      return refusal('request_malformed', `reading the request failed: ${quoted(String(error))}`)
    }
  }

  #verifyByScheme(request: VerifyRequest): Later<ProviderResult> {
    const { url } = request
    const { urlVariants } = this.provider
    const urls = urlVariants && typeof url === 'string' ? urlVariants(url) : [url]
    return this.#verifyUrls(request, urls)
  }

  #verifyUrls(
    request: VerifyRequest,
    [url, ...others]: readonly (string | undefined)[],
  ): Later<ProviderResult> {
    const read = this.#plan.read({ ...request, url })
    if (!read.ok) return read
    const found = findKey(this.#keys, (key) => key.matches(read.content, read.signatures))
    return andThen(found, (index) => {
      if (index < 0 && others.length > 0) return this.#verifyUrls(request, others)
      const result = this.#plan.conclude(read, index)
      return result.ok ? this.#complete(result, request) : result
    })
  }

  #verifyByCode(request: VerifyRequest, code: ProviderCode): Later<ProviderResult> {
    const { body, headers: given, url } = request
    const { toleranceS, clock = wallClock } = this.#options
    const { scheme } = this.provider
    if (!isBytes(body)) return refusal('body_not_bytes', notBytes(body))
    if (body.length > this.maxBodyBytes)
      return refusal('body_too_large', `the body has ${body.length} bytes, the limit is ${this.maxBodyBytes}`)
    const headers = collectHeaders(given, this.#wanted)
    if (!headers) return refusal('request_malformed', 'headers must be Headers, a list or a record')
    if (scheme.signed.includes('url') && typeof url !== 'string')
      return refusal('request_malformed', `${this.provider.title} signs the url: give it to verify`)
    const contentType = headers.get('content-type')?.[0]
    const payload = lazily(() => parseJson(body, jsonType(code, contentType)))
    const reading = code.read({
      body,
      contentType,
      url: url ?? '',
      headers,
      payload,
      settings: this.#settings,
      toleranceS: toleranceS ?? scheme.timestamp?.toleranceS ?? 0,
      nowMs: clock(),
    })
    if (!reading.ok) return reading
    const keys = this.#keysOf(reading)
    return andThen(keys, (keys) => {
      if (!Array.isArray(keys)) return keys as Refusal
      const found = findKey(keys as readonly PreparedKey[], (key) =>
        holdsAll(reading.checks, key, this.#hash),
      )
      return andThen(found, (secretIndex) => {
        if (secretIndex < 0) return refusal('signature_mismatch', `tried ${reading.checks.length} check(s)`)
        const { timestampMs: timestamp, oneTimeToken } = reading
        const event = {
          ok: true as const,
          id: undefined,
          type: undefined,
          timestamp,
          secretIndex,
          contentType,
          body,
        }
        return this.#complete({ ...event, payload: payload() }, request, oneTimeToken)
      })
    })
  }

  #keysOf({ keyUrl, algorithm }: CodeReading): Later<readonly PreparedKey[] | Refusal> {
    if (keyUrl === undefined) return this.#keys
    if (!this.#store)
      return refusal('key_unavailable', `${this.provider.title} signs with keys to be fetched: give fetchKey`)
    return this.#store
      .get(keyUrl, algorithm ?? this.provider.scheme.algorithm)
      .then((found) => (found.ok ? [found.key] : found))
  }

  /** Adds the id and the type, which are not part of the scheme. */
  #complete(result: VerifiedEvent, request: VerifyRequest, oneTimeToken?: string): ProviderResult {
    const { provider } = this
    const headers: HeaderValues = collectHeaders(request.headers, this.#wanted) ?? new Map()
    const { timestamp, secretIndex, contentType, body } = result
    const payload = result.payload ?? formPayload(provider, result)
    const input = { headers, payload }
    const id = result.id ?? fieldValue(provider.id, input)
    const type = result.type ?? fieldValue(provider.type, input)
    const event = { ok: true as const, id, type, timestamp, secretIndex, contentType, body, payload }
    const whole: ProviderEvent = oneTimeToken === undefined ? event : { ...event, oneTimeToken }
    if (secretIndex > 0) this.#tellOldSecret(whole)
    return whole
  }

  #tellOldSecret(event: ProviderEvent): void {
    try {
      this.#options.onOldSecret?.(event)
    } catch {
      // A warning that fails must not turn a good request into an error.
    }
  }
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
