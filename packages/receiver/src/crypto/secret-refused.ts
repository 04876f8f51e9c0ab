import { ReceiverConfigError, type ReceiverConfigErrorCode } from '../errors.ts'

/** @param what the end of a sentence about the secret, which must not contain it */
export function secretRefused(
  code: ReceiverConfigErrorCode,
  { name }: { readonly name: string },
  what: string,
): ReceiverConfigError {
  return new ReceiverConfigError(code, `The secret for the scheme "${name}" ${what}.`)
}
