import type { HeaderValues } from '../verify/headers.ts'
import type { VerifiedEvent } from '../verify/result.ts'
import { fieldValue } from './fields.ts'
import { formPayload } from './form-payload.ts'
import type { Provider } from './provider.ts'
import type { ProviderEvent } from './result.ts'

/** A verified request as its provider means it. What stands in the body is looked for when somebody asks. */
export class VerifiedRequest implements ProviderEvent {
  readonly ok = true
  readonly timestamp: number | undefined
  readonly secretIndex: number
  readonly contentType: string | undefined
  readonly body: Uint8Array
  readonly oneTimeToken: string | undefined
  readonly #provider: Provider
  readonly #verified: VerifiedEvent
  readonly #headers: HeaderValues
  #form: { readonly payload: unknown } | undefined

  constructor(
    provider: Provider,
    verified: VerifiedEvent,
    headers: HeaderValues,
    oneTimeToken: string | undefined,
  ) {
    this.timestamp = verified.timestamp
    this.secretIndex = verified.secretIndex
    this.contentType = verified.contentType
    this.body = verified.body
    this.oneTimeToken = oneTimeToken
    this.#provider = provider
    this.#verified = verified
    this.#headers = headers
  }

  get id(): string | undefined {
    return this.#verified.id ?? fieldValue(this.#provider.id, this.#headers, this)
  }

  get type(): string | undefined {
    return this.#verified.type ?? fieldValue(this.#provider.type, this.#headers, this)
  }

  get payload(): unknown {
    const { payload } = this.#verified
    if (payload !== undefined || this.#provider.formField === undefined) return payload
    this.#form ??= { payload: formPayload(this.#provider, this.#verified) }
    return this.#form.payload
  }
}
