import { fromBase64, fromHex, toBase64, utf8 } from './encoding.ts'
import { ReceiverConfigError, type ReceiverConfigErrorCode } from './errors.ts'
import type { SignatureScheme } from './schemes/scheme.ts'

/** A key read from a secret's text. `seed` is missing where only the public half is known. */
export type KeyMaterial =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'spki'; readonly spki: Uint8Array }
  | { readonly kind: 'ed25519'; readonly publicKey: Uint8Array; readonly seed?: Uint8Array | undefined }

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
  if (scheme.algorithm === 'ed25519') return readEd25519(scheme, secret)
  if (scheme.key === 'spki') return { kind: 'spki', spki: readSpki(scheme, secret) }
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

const PEM = /^-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----$/

function readSpki(scheme: SignatureScheme, secret: string): Uint8Array {
  const bytes = fromBase64((PEM.exec(secret)?.[1] ?? secret).replaceAll(/\s/g, ''))
  // A P-256 key has 91 bytes, an RSA key of 4096 bits 550.
  if (bytes?.[0] !== 0x30 || bytes.length < 80 || bytes.length > 1100)
    throw refused('secret_malformed', scheme, 'must be a public key: base64 of its DER (SPKI), or PEM')
  return bytes
}

function readEd25519(scheme: SignatureScheme, secret: string): KeyMaterial {
  if (scheme.key !== 'whsk') {
    const publicKey = scheme.key === 'hex' ? fromHex(secret) : fromBase64(secret, 'any')
    if (publicKey?.length !== 32)
      throw refused('secret_malformed', scheme, `must be a public key: 32 bytes as ${scheme.key}`)
    return { kind: 'ed25519', publicKey }
  }
  const isPrivate = secret.startsWith('whsk_')
  if (!isPrivate && !secret.startsWith('whpk_'))
    throw refused('secret_malformed', scheme, 'must begin with "whsk_" (private key) or "whpk_" (public key)')
  const bytes = fromBase64(secret.slice(5), 'any')
  if (!bytes) throw refused('secret_malformed', scheme, 'must be base64 after its prefix')
  const wanted = isPrivate ? 64 : 32
  if (bytes.length !== wanted)
    throw refused(
      'secret_length',
      scheme,
      `has ${bytes.length} bytes after its prefix, it must have ${wanted}`,
    )
  if (!isPrivate) return { kind: 'ed25519', publicKey: bytes }
  return { kind: 'ed25519', seed: bytes.slice(0, 32), publicKey: bytes.slice(32) }
}

/**
 * The `whpk_…` public key of a `whsk_…` secret: what a subscriber is given.
 * @throws ReceiverConfigError `secret_malformed` when it is not a `whsk_` secret of 64 bytes
 */
export function publicKeyOf(secret: string): string {
  const bytes = secret.startsWith('whsk_') ? fromBase64(secret.slice(5), 'any') : undefined
  if (bytes?.length !== 64)
    throw new ReceiverConfigError('secret_malformed', 'The secret must be "whsk_" and base64 of 64 bytes.')
  return `whpk_${toBase64(bytes.subarray(32))}`
}

function refused(code: ReceiverConfigErrorCode, scheme: SignatureScheme, what: string): ReceiverConfigError {
  return new ReceiverConfigError(code, `The secret for the scheme "${scheme.name}" ${what}.`)
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
