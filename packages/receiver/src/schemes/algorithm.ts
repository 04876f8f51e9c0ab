/** With a public key as SPKI: these verify, Posthorn never signs with them. ECDSA signatures are DER, RSA is PKCS #1 v1.5. */
export type SpkiAlgorithm = 'ecdsa-p256' | 'rsa-sha256' | 'rsa-sha1'

/**
 * `token`: nothing is computed, the header carries the secret itself. `sha256`: the bare hash of the secret and then the
 * content, which anybody who has seen one can lengthen; only for providers' old versions.
 */
export type Algorithm =
  | 'hmac-sha256'
  | 'hmac-sha512'
  | 'hmac-sha1'
  | 'sha256'
  | 'ed25519'
  | SpkiAlgorithm
  | 'token'

export const SPKI_ALGORITHMS: readonly Algorithm[] = ['ecdsa-p256', 'rsa-sha256', 'rsa-sha1']
export const PUBLIC_KEY_ALGORITHMS: readonly Algorithm[] = ['ed25519', ...SPKI_ALGORITHMS]

/**
 * How the key is read from the secret's text.
 * - `text`: its UTF-8 bytes, as they are (Stripe's `whsec_…` too)
 * - `whsec`: base64 after an optional `whsec_`
 * - `base64`, `hex`: decoded; for ed25519 these are the 32 bytes of a public key
 * - `spki`: a public key, base64 of its DER; PEM lines round it are allowed
 * - `whsk`: ed25519 only: `whsk_` (seed and public key, 64 bytes) signs and verifies, `whpk_` (32 bytes) verifies
 */
export type KeyFormat = 'text' | 'whsec' | 'base64' | 'hex' | 'spki' | 'whsk'
