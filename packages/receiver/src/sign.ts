import type { PreparedKey, ReceiverCrypto, SignedContent } from './crypto/port.ts'
import { webCrypto } from './crypto/web.ts'
import { ReceiverConfigError } from './errors.ts'
import { idForbidden, signedContent, tokenProblem } from './schemes/content.ts'
import { formatSignatures } from './schemes/form.ts'
import { type SignatureScheme, sourceHeader, timestampHeader } from './schemes/scheme.ts'
import { readSecrets } from './secret.ts'

/** What is signed and told in headers. `body` is sent as it is; it is neither copied nor kept. */
export interface OutboundMessage {
  /** Event id: the same in every attempt. */
  readonly id: string
  /** Instant of the attempt, epoch milliseconds. */
  readonly timestampMs: number
  /** Event type. */
  readonly type: string
  readonly deliveryId: string
  readonly body: Uint8Array
}

export type SignedHeaders = [name: string, value: string][]

export interface Signer {
  /**
   * Headers of the signed request. Where the scheme has room for several signatures there is one for each secret, in
   * their order; else the first secret signs.
   * @throws ReceiverConfigError `message_invalid` for an id, type or delivery id that cannot go into these headers
   */
  sign(message: OutboundMessage): Promise<SignedHeaders>
}

export interface SignerOptions {
  readonly scheme: SignatureScheme
  /** Newest first. */
  readonly secrets: readonly string[]
}

/** A signer on WebCrypto. On Node, `createSyncSigner` of `@posthorn/receiver/node` is synchronous and faster. */
export function createSigner(
  options: SignerOptions & { readonly crypto?: ReceiverCrypto | undefined },
): Signer {
  const plan = new SigningPlan(options.scheme)
  const keys = signingKeys(options, options.crypto ?? webCrypto())
  return {
    async sign(message) {
      const content = plan.content(message)
      const signatures = keys.map((key) => key.sign(content, options.scheme.encoding))
      return plan.headers(message, await Promise.all(signatures))
    },
  }
}

/** Prepared keys of the secrets that will sign. All secrets are checked, also those that find no room. */
export function signingKeys<Key extends PreparedKey>(
  { scheme, secrets }: SignerOptions,
  crypto: { prepareKey(...given: Parameters<ReceiverCrypto['prepareKey']>): Key },
): readonly Key[] {
  const keys = readSecrets(scheme, secrets).map((material) => {
    if (material.kind === 'spki' || (material.kind === 'ed25519' && !material.seed))
      throw new ReceiverConfigError(
        'secret_not_private',
        `The scheme "${scheme.name}" cannot sign with a public key: signing needs a private "whsk_" secret.`,
      )
    return crypto.prepareKey(scheme.algorithm, material)
  })
  return scheme.signatures === 'many' ? keys : keys.slice(0, 1)
}

/** What a scheme writes, worked out once: everything about signing but the cryptography. */
export class SigningPlan {
  readonly #scheme: SignatureScheme
  readonly #divisor: number
  readonly #idForbidden: string
  readonly #timestampHeader: string | undefined
  readonly #idHeader: string | undefined
  readonly #typeHeader: string | undefined

  constructor(scheme: SignatureScheme) {
    const lacking = scheme.signed.find((part) => part === 'method' || part === 'url')
    if (lacking || (typeof scheme.timestamp?.in === 'object' && 'body' in scheme.timestamp.in))
      throw new ReceiverConfigError(
        'scheme_invalid',
        `The scheme "${scheme.name}" can only be verified: it signs the ${lacking ?? 'body with a time stamp in it'}.`,
      )
    this.#scheme = scheme
    this.#divisor = scheme.timestamp?.unit === 'ms' ? 1 : 1000
    this.#idForbidden = idForbidden(scheme.signed)
    this.#timestampHeader = timestampHeader(scheme)
    this.#idHeader = sourceHeader(scheme.id)
    this.#typeHeader = sourceHeader(scheme.type)
  }

  content(message: OutboundMessage): SignedContent {
    const { id, body } = message
    const timestamp = this.#timestamp(message)
    return signedContent(this.#scheme.signed, { id, body, timestamp, method: '', url: '' })
  }

  headers(message: OutboundMessage, signatures: readonly string[]): SignedHeaders {
    const timestamp = this.#timestamp(message)
    const headers: SignedHeaders = []
    if (this.#idHeader) headers.push([this.#idHeader, checked('id', message.id, this.#idForbidden)])
    if (this.#timestampHeader) headers.push([this.#timestampHeader, timestamp])
    headers.push([this.#scheme.header, formatSignatures(this.#scheme.form, timestamp, signatures)])
    if (this.#typeHeader) headers.push([this.#typeHeader, checked('type', message.type)])
    const { deliveryHeader } = this.#scheme
    if (deliveryHeader) headers.push([deliveryHeader, checked('deliveryId', message.deliveryId)])
    return headers
  }

  #timestamp({ timestampMs }: OutboundMessage): string {
    if (!Number.isSafeInteger(timestampMs) || timestampMs < 0)
      throw new ReceiverConfigError(
        'message_invalid',
        `timestampMs must be epoch milliseconds: ${timestampMs}.`,
      )
    return String(Math.floor(timestampMs / this.#divisor))
  }
}

function checked(what: 'id' | 'type' | 'deliveryId', value: string, forbidden = ''): string {
  const problem = tokenProblem(value, forbidden)
  if (problem)
    throw new ReceiverConfigError('message_invalid', `${what} ${JSON.stringify(value)} ${problem}.`)
  return value
}
