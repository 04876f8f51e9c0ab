/** What can be wrong with the configuration of a receiver or a signer. Stable: match on these, not on messages. */
export type ReceiverConfigErrorCode =
  | 'secrets_missing'
  | 'secret_empty'
  | 'secret_malformed'
  | 'secret_length'
  | 'secret_not_private'
  | 'scheme_unknown'
  | 'scheme_invalid'
  | 'option_invalid'
  | 'message_invalid'
  | 'crypto_missing'

const IDENTITY = Symbol.for('posthorn.receiver.ReceiverConfigError')

/**
 * A mistake of the programmer or of the configuration, thrown when a scheme, a receiver or a signer is made
 * (and by `sign` for an id or type that cannot go into a header). Never thrown by `verify`.
 * The message never contains a secret.
 */
export class ReceiverConfigError extends Error {
  override readonly name = 'ReceiverConfigError'
  readonly code: ReceiverConfigErrorCode
  readonly [IDENTITY] = true

  constructor(code: ReceiverConfigErrorCode, message: string) {
    super(message)
    this.code = code
  }

  /** Holds for errors of another copy of this package too, which plain `instanceof` would miss. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && IDENTITY in value
  }
}
