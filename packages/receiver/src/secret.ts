import type { KeyMaterial } from './crypto/port.ts'
import { secretRefused as refused } from './crypto/secret-refused.ts'
import { fromBase64, fromHex, utf8 } from './encoding.ts'
import { ReceiverConfigError } from './errors.ts'
import type { SignatureScheme } from './schemes/scheme.ts'

/**
 * Why a secret cannot be used with a scheme, as a sentence that does not contain it; null when it can.
 * Checks form and length; that the halves of an ed25519 secret belong together is checked by `createSyncSigner`.
 */
export function checkSecret(scheme: SignatureScheme, secret: string): string | null {
  try {
    readSecret(scheme, secret)
    return null
  } catch (error) {
    if (error instanceof ReceiverConfigError) return (error as ReceiverConfigError).message
    throw error
  }
}

/** @throws ReceiverConfigError `secret_empty`, `secret_malformed`, `secret_length` */
export function readSecret(scheme: SignatureScheme, secret: unknown): KeyMaterial {
  if (typeof secret !== 'string')
    throw refused(
      'secret_malformed',
      scheme,
      `must be a string, it is ${secret === null ? 'null' : typeof secret}`,
    )
  if (secret === '') throw refused('secret_empty', scheme, 'is empty')
  if (secret.trim() !== secret)
    throw refused('secret_malformed', scheme, 'has white space before or after it: was it read from a file?')
  if (scheme.publicKeys) return scheme.publicKeys.read(scheme, secret)
  // Written by hand: without this its public key would be taken for the key of an HMAC.
  if (/^(?:ed|ec|rsa)/.test(scheme.algorithm))
    throw refused('scheme_invalid', scheme, 'is a public key: make the scheme with customScheme')
  const bytes = decodeKey(scheme, secret)
  const { min, max } = scheme.keyBytes
  if (bytes.length < min || bytes.length > max)
    throw refused(
      'secret_length',
      scheme,
      `has ${bytes.length} bytes${scheme.key === 'text' ? '' : ' after decoding'}, it must have ${min} to ${max}`,
    )
  return { kind: 'bytes', bytes }
}

function decodeKey(scheme: SignatureScheme, secret: string): Uint8Array {
  if (scheme.key === 'text') return utf8(secret)
  if (scheme.key === 'hex') {
    const bytes = fromHex(secret)
    if (!bytes) throw refused('secret_malformed', scheme, 'must be hexadecimal digits, two for each byte')
    return bytes
  }
  const digits = scheme.key === 'whsec' && secret.startsWith('whsec_') ? secret.slice(6) : secret
  if (digits === '') throw refused('secret_empty', scheme, 'has nothing after "whsec_"')
  const bytes = fromBase64(digits, 'any')
  if (!bytes)
    throw refused(
      'secret_malformed',
      scheme,
      `must be base64${scheme.key === 'whsec' ? ' after "whsec_"' : ''}`,
    )
  return bytes
}

/** @throws ReceiverConfigError `secrets_missing`, and what `readSecret` throws */
export function readSecrets(scheme: SignatureScheme, secrets: readonly string[]): readonly KeyMaterial[] {
  if (!Array.isArray(secrets) || secrets.length === 0)
    throw new ReceiverConfigError(
      'secrets_missing',
      `The scheme "${scheme.name}" needs at least one secret; without one every request would have to be refused.`,
    )
  return secrets.map((secret) => readSecret(scheme, secret))
}
