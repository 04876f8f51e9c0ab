/** What can go wrong around a verification. */
export type ReceiveErrorCode =
  | 'body_already_read'
  | 'body_too_large'
  | 'body_incomplete'
  | 'handler_failed'
  | 'verification_failed'

/** Handed to `onError`. `cause` is the error that was caught, if there was one. */
export class ReceiveError extends Error {
  override readonly name = 'ReceiveError'
  readonly code: ReceiveErrorCode

  constructor(code: ReceiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** @param found what shows it, @param remedy what to change in this framework */
export function bodyAlreadyRead(found: string, remedy: string): ReceiveError {
  return new ReceiveError(
    'body_already_read',
    `The raw body is gone: ${found}. A signature is over the raw bytes, so nothing can be verified. ${remedy}`,
  )
}

export function bodyTooLarge(limit: number): ReceiveError {
  return new ReceiveError('body_too_large', `The body is larger than ${limit} bytes.`)
}

export function bodyIncomplete(cause: unknown): ReceiveError {
  return new ReceiveError('body_incomplete', 'The connection ended before the body did.', { cause })
}
