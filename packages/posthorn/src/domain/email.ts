/** One address, without a name: narrower than RFC 5321, so that nothing in it can mean two. */
const ADDRESS = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/

export function emailFlaw(text: unknown): string | null {
  return typeof text === 'string' && text.length <= 254 && ADDRESS.test(text)
    ? null
    : 'must be an e-mail address such as ops@example.com'
}
