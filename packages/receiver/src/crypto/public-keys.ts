/** ed25519, ECDSA and RSA: reading their keys, and using them in WebCrypto. */
import { encodeSignature, fromBase64, fromHex, type SignatureEncoding, toBase64 } from '../encoding.ts'
import { ReceiverConfigError } from '../errors.ts'
import type { Algorithm, SpkiAlgorithm } from '../schemes/algorithm.ts'
import { ecdsaFromDer } from './der.ts'
import type { KeyMaterial, PreparedKey, PublicKeys, SignedContent } from './port.ts'
import { secretRefused as refused } from './secret-refused.ts'
import { joinContent, once, own } from './web-bytes.ts'

type PublicScheme = Parameters<PublicKeys['read']>[0]

export const publicKeys: PublicKeys = {
  read: (scheme, secret) =>
    scheme.algorithm === 'ed25519' ? readEd25519(scheme, secret) : spkiMaterial(readSpki(scheme, secret)),
}

/** A public key of ECDSA or RSA, as DER. */
export function spkiMaterial(spki: Uint8Array): KeyMaterial {
  const inWebCrypto = (subtle: SubtleCrypto, algorithm: Algorithm): PreparedKey =>
    new SpkiKey(subtle, SPKI[algorithm as SpkiAlgorithm], spki)
  return { kind: 'spki', spki, inWebCrypto }
}

/** 32 bytes each. */
export function ed25519Material(publicKey: Uint8Array, seed?: Uint8Array): KeyMaterial {
  const inWebCrypto = (subtle: SubtleCrypto): PreparedKey => new Ed25519Key(subtle, publicKey, seed)
  return { kind: 'ed25519', publicKey, seed, inWebCrypto }
}

const PEM = /^-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----$/

function readSpki(scheme: PublicScheme, secret: string): Uint8Array {
  const bytes = fromBase64((PEM.exec(secret)?.[1] ?? secret).replaceAll(/\s/g, ''))
  // A P-256 key has 91 bytes, an RSA key of 4096 bits 550.
  if (bytes?.[0] !== 0x30 || bytes.length < 80 || bytes.length > 1100)
    throw refused('secret_malformed', scheme, 'must be a public key: base64 of its DER (SPKI), or PEM')
  return bytes
}

function readEd25519(scheme: PublicScheme, secret: string): KeyMaterial {
  if (scheme.key !== 'whsk') {
    const publicKey = scheme.key === 'hex' ? fromHex(secret) : fromBase64(secret, 'any')
    if (publicKey?.length !== 32)
      throw refused('secret_malformed', scheme, `must be a public key: 32 bytes as ${scheme.key}`)
    return ed25519Material(publicKey)
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
  if (!isPrivate) return ed25519Material(bytes)
  return ed25519Material(bytes.slice(32), bytes.slice(0, 32))
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

const SPKI = {
  'ecdsa-p256': { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  'rsa-sha256': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  'rsa-sha1': { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' },
} as const

class SpkiKey implements PreparedKey {
  readonly #subtle: SubtleCrypto
  readonly #algorithm: (typeof SPKI)[SpkiAlgorithm]
  readonly #key: () => Promise<CryptoKey>

  constructor(subtle: SubtleCrypto, algorithm: (typeof SPKI)[SpkiAlgorithm], spki: Uint8Array) {
    this.#subtle = subtle
    this.#algorithm = algorithm
    this.#key = once(() => subtle.importKey('spki', own(spki), algorithm, false, ['verify']))
  }

  async sign(): Promise<string> {
    throw publicKeyOnly()
  }

  async matches(content: SignedContent, signatures: readonly Uint8Array[]): Promise<boolean> {
    const bytes = joinContent(content)
    for (const given of signatures) {
      // WebCrypto takes the two numbers side by side, not as DER.
      const signature = this.#algorithm.name === 'ECDSA' ? ecdsaFromDer(given) : given
      if (!signature) continue
      if (await this.#subtle.verify(this.#algorithm, await this.#key(), own(signature), bytes)) return true
    }
    return false
  }
}

// RFC 8410: the DER of a PKCS #8 private key for Ed25519 is these 16 bytes and the seed.
const PKCS8_ED25519 = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]

class Ed25519Key implements PreparedKey {
  readonly #subtle: SubtleCrypto
  readonly #public: () => Promise<CryptoKey>
  readonly #private: (() => Promise<CryptoKey>) | undefined

  constructor(subtle: SubtleCrypto, publicKey: Uint8Array, seed: Uint8Array | undefined) {
    this.#subtle = subtle
    this.#public = once(() => subtle.importKey('raw', own(publicKey), 'Ed25519', false, ['verify']))
    if (!seed) return
    const pkcs8 = Uint8Array.from([...PKCS8_ED25519, ...seed])
    this.#private = once(() => subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']))
  }

  async sign(content: SignedContent, encoding: SignatureEncoding): Promise<string> {
    if (!this.#private) throw publicKeyOnly()
    const signature = await this.#subtle.sign('Ed25519', await this.#private(), joinContent(content))
    return encodeSignature(new Uint8Array(signature), encoding)
  }

  async matches(content: SignedContent, signatures: readonly Uint8Array[]): Promise<boolean> {
    const bytes = joinContent(content)
    for (const signature of signatures) {
      if (signature.length !== 64) continue
      if (await this.#subtle.verify('Ed25519', await this.#public(), own(signature), bytes)) return true
    }
    return false
  }
}

export function publicKeyOnly(): ReceiverConfigError {
  return new ReceiverConfigError(
    'secret_not_private',
    'A public key can verify, but not sign: signing needs a private "whsk_" secret.',
  )
}
