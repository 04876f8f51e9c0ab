import type { PreparedKey, ReceiverCrypto } from '../crypto/port.ts'
import { webCrypto } from '../crypto/web.ts'
import { ReceiverConfigError } from '../errors.ts'
import { cryptoFailed, makePlan, type ReceiverOptions, wallClock } from '../receiver.ts'
import { readSecrets } from '../secret.ts'
import type { HeaderValues } from '../verify/headers.ts'
import type { VerificationPlan } from '../verify/plan.ts'
import { quoted, refusal } from '../verify/refusal.ts'
import type { VerifiedEvent, VerifyRequest } from '../verify/result.ts'
import type { CodeVerifier } from './code/code.ts'
import { fieldHeaders } from './fields.ts'
import type { FetchKey } from './keys/key-source.ts'
import { andThen, findKey, type Later } from './later.ts'
import type { Provider } from './provider.ts'
import type { ProviderEvent, ProviderResult } from './result.ts'
import { checkSettings, type ProviderSettings } from './settings.ts'
import { VerifiedRequest } from './verified-request.ts'

export interface ProviderReceiverOptions extends Omit<ReceiverOptions, 'scheme' | 'secrets' | 'onOldSecret'> {
  readonly provider: Provider
  /** At least one, the current one first; none for providers whose keys are fetched (PayPal, SNS, fal). */
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
  readonly #code: CodeVerifier | undefined

  constructor(options: ProviderReceiverOptions) {
    const { provider, secrets, fetchKey, crypto = webCrypto(), clock = wallClock } = options
    const { scheme, code, title } = provider
    const also = fieldHeaders([...provider.id, ...provider.type])
    const { plan, maxBodyBytes } = makePlan({ ...options, scheme }, also)
    const fetched = code?.keyUrls !== undefined
    if (fetched && secrets?.length)
      throw new ReceiverConfigError('option_invalid', `${title} has no secret: its keys are fetched.`)
    const settings = checkSettings(provider, options.settings ?? {})
    const materials = fetched ? [] : readSecrets(scheme, secrets ?? [])
    const keys = materials.map((material) => crypto.prepareKey(scheme.algorithm, material))
    const toleranceS = options.toleranceS ?? scheme.timestamp?.toleranceS ?? 0
    this.provider = provider
    this.maxBodyBytes = maxBodyBytes
    this.#options = options
    this.#plan = plan
    this.#keys = keys
    this.#code = code?.verifier({
      ...{ code, title, scheme, keys, settings, toleranceS, maxBodyBytes, crypto, fetchKey, clock, also },
    })
  }

  verify(request: VerifyRequest): ProviderResult | Promise<ProviderResult> {
    try {
      const result = this.#code ? this.#verifyByCode(request, this.#code) : this.#verifyByScheme(request)
      return result instanceof Promise ? result.catch(cryptoFailed) : result
    } catch (error) {
      // A getter that throws, or the runtime's cryptography.
      return refusal('request_malformed', `reading the request failed: ${quoted(String(error))}`)
    }
  }

  #verifyByScheme(request: VerifyRequest): Later<ProviderResult> {
    const { url } = request
    const { urlVariants } = this.provider
    if (!urlVariants || typeof url !== 'string') return this.#verifyUrl(request, [])
    const [first, ...others] = urlVariants(url)
    return this.#verifyUrl({ ...request, url: first }, others)
  }

  #verifyUrl(request: VerifyRequest, others: readonly string[]): Later<ProviderResult> {
    const read = this.#plan.read(request)
    if (!read.ok) return read
    const found = findKey(this.#keys, (key) => key.matches(read.content, read.signatures))
    return andThen(found, (index) => {
      const [url, ...rest] = others
      if (index < 0 && url !== undefined) return this.#verifyUrl({ ...request, url }, rest)
      const result = this.#plan.conclude(read, index)
      return result.ok ? this.#complete(result, read.headers) : result
    })
  }

  #verifyByCode(request: VerifyRequest, code: CodeVerifier): Later<ProviderResult> {
    return andThen(code.verify(request), (result) => {
      if (!result.ok) return result
      const { headers, oneTimeToken, ...verified } = result
      return this.#complete({ ...verified, id: undefined, type: undefined }, headers, oneTimeToken)
    })
  }

  /** Adds the id and the type, which are not part of the scheme. */
  #complete(verified: VerifiedEvent, headers: HeaderValues, oneTimeToken?: string): ProviderResult {
    const event = new VerifiedRequest(this.provider, verified, headers, oneTimeToken)
    if (verified.secretIndex > 0) this.#tellOldSecret(event)
    return event
  }

  #tellOldSecret(event: ProviderEvent): void {
    try {
      this.#options.onOldSecret?.(event)
    } catch {
      // A warning that fails must not turn a good request into an error.
    }
  }
}
