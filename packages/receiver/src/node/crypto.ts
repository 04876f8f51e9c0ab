import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { ecdsaFromDer } from '../crypto/der.ts'
import type { KeyMaterial, SignedContent, SyncPreparedKey, SyncReceiverCrypto } from '../crypto/port.ts'
import type { SignatureEncoding } from '../encoding.ts'
import { ReceiverConfigError } from '../errors.ts'
import type { Algorithm } from '../schemes/algorithm.ts'
import { type HashName, Hmac } from './hmac.ts'

type HmacAlgorithm = `hmac-${HashName}`
const HASHES: Readonly<Record<HmacAlgorithm, HashName>> = {
  'hmac-sha256': 'sha256',
  'hmac-sha512': 'sha512',
  'hmac-sha1': 'sha1',
}

/** `node:crypto`: synchronous, and for small bodies several times faster than WebCrypto. */
export function nodeCrypto(): SyncReceiverCrypto {
  return {
    prepareKey(algorithm: Algorithm, material: KeyMaterial): SyncPreparedKey {
      if (material.kind === 'ed25519') return new Ed25519Key(material.publicKey, material.seed)
      if (material.kind === 'spki') return new SpkiKey(algorithm, material.spki)
      if (algorithm === 'token') return new TokenKey(material.bytes)
      if (algorithm === 'sha256') return new HashKey(material.bytes)
      return new HmacKey(HASHES[algorithm as HmacAlgorithm], material.bytes)
    },
  }
}

class HmacKey implements SyncPreparedKey {
  readonly #hmac: Hmac
  readonly #digest: Buffer

  constructor(hash: HashName, bytes: Uint8Array) {
    this.#hmac = new Hmac(hash, bytes)
    this.#digest = Buffer.alloc(this.#hmac.digestBytes)
  }

  sign(content: SignedContent, encoding: SignatureEncoding): string {
    return this.#hmac.digest(content, encoding === 'hex' ? 'hex' : 'base64')
  }

  matches(content: SignedContent, signatures: readonly Uint8Array[]): boolean {
    this.#digest.write(this.#hmac.digest(content, 'binary'), 'binary')
    return anyEqual(this.#digest, signatures)
  }
}

class HashKey implements SyncPreparedKey {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  sign(content: SignedContent, encoding: SignatureEncoding): string {
    return this.#digest(content).toString(encoding === 'hex' ? 'hex' : 'base64')
  }

  matches(content: SignedContent, signatures: readonly Uint8Array[]): boolean {
    const digest = this.#digest(content)
    return anyEqual(digest, signatures)
  }

  #digest(content: SignedContent): Buffer {
    const hash = createHash('sha256').update(this.#bytes)
    for (const piece of content) hash.update(piece)
    return hash.digest()
  }
}

class SpkiKey implements SyncPreparedKey {
  readonly #hash: string
  readonly #key: KeyObject

  constructor(algorithm: Algorithm, spki: Uint8Array) {
    this.#hash = algorithm === 'rsa-sha1' ? 'sha1' : 'sha256'
    this.#key = importSpki(algorithm, spki)
  }

  sign(): string {
    throw new ReceiverConfigError('secret_not_private', 'A public key can verify, but not sign.')
  }

  matches(content: SignedContent, signatures: readonly Uint8Array[]): boolean {
    const bytes = joinContent(content)
    // Other DER spellings of an ECDSA signature are refused here as there: see crypto/der.ts.
    const strict = this.#key.asymmetricKeyType === 'ec' ? signatures.filter(ecdsaFromDer) : signatures
    return strict.some((signature) => verify(this.#hash, bytes, this.#key, signature))
  }
}

function importSpki(algorithm: Algorithm, spki: Uint8Array): KeyObject {
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' })
  } catch {
    throw new ReceiverConfigError('secret_malformed', 'The public key is not the DER of a public key (SPKI).')
  }
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {}
  const fits = algorithm === 'ecdsa-p256' ? namedCurve === 'prime256v1' : modulusLength >= 2048
  if (fits) return key
  throw new ReceiverConfigError(
    'secret_malformed',
    `The public key is no ${algorithm === 'ecdsa-p256' ? 'P-256' : 'RSA key of 2048 bits or more'}.`,
  )
}

class Ed25519Key implements SyncPreparedKey {
  readonly #public: KeyObject
  readonly #private: KeyObject | undefined

  constructor(publicKey: Uint8Array, seed: Uint8Array | undefined) {
    this.#public = importPublicKey(publicKey)
    if (!seed) return
    this.#private = createPrivateKey({ key: { ...jwk(publicKey), d: base64url(seed) }, format: 'jwk' })
    if (!safeEqual(publicKeyOfSeed(seed), publicKey))
      throw new ReceiverConfigError(
        'secret_malformed',
        'The two halves of the "whsk_" secret do not belong together: nobody could verify what it signs.',
      )
  }

  sign(content: SignedContent, encoding: SignatureEncoding): string {
    if (!this.#private)
      throw new ReceiverConfigError('secret_not_private', 'A public key can verify, but not sign.')
    return sign(null, joinContent(content), this.#private).toString(encoding === 'hex' ? 'hex' : 'base64')
  }

  matches(content: SignedContent, signatures: readonly Uint8Array[]): boolean {
    const bytes = joinContent(content)
    return signatures.some(
      (signature) => signature.length === 64 && verify(null, bytes, this.#public, signature),
    )
  }
}

class TokenKey implements SyncPreparedKey {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  sign(): string {
    return Buffer.from(this.#bytes).toString('utf8')
  }

  matches(_content: SignedContent, signatures: readonly Uint8Array[]): boolean {
    return signatures.some((signature) => safeEqual(this.#bytes, signature))
  }
}

function importPublicKey(publicKey: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: jwk(publicKey), format: 'jwk' })
  } catch {
    throw new ReceiverConfigError('secret_malformed', 'The public key is no point of the ed25519 curve.')
  }
}

/** The ed25519 public key of a seed of 32 bytes. */
export function publicKeyOfSeed(seed: Uint8Array): Uint8Array {
  // A JWK must name a public key; OpenSSL derives its own from the seed and ignores the one that stands here.
  const key = createPrivateKey({ key: { ...jwk(new Uint8Array(32)), d: base64url(seed) }, format: 'jwk' })
  return Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x as string, 'base64url')
}

function jwk(publicKey: Uint8Array): { kty: string; crv: string; x: string } {
  return { kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url')
}

function joinContent(content: SignedContent): Buffer {
  return Buffer.concat(content.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}

/** Every signature is compared, so that the time does not tell which one fitted. */
function anyEqual(digest: Uint8Array, signatures: readonly Uint8Array[]): boolean {
  let found = false
  for (const signature of signatures) found = safeEqual(digest, signature) || found
  return found
}

/** `timingSafeEqual` throws on different lengths; here they are simply unequal. */
function safeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
