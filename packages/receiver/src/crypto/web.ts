import { constantTimeEqual, encodeSignature, type SignatureEncoding, utf8 } from '../encoding.ts'
import { ReceiverConfigError } from '../errors.ts'
import type { Algorithm, SpkiAlgorithm } from '../schemes/scheme.ts'
import type { KeyMaterial } from '../secret.ts'
import { ecdsaFromDer } from './der.ts'
import type { PreparedKey, ReceiverCrypto, SignedContent } from './port.ts'

const HASHES = { 'hmac-sha256': 'SHA-256', 'hmac-sha512': 'SHA-512', 'hmac-sha1': 'SHA-1' } as const
// RFC 8410: the DER of a PKCS #8 private key for Ed25519 is these 16 bytes and the seed.
const PKCS8_ED25519 = [
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]

/** WebCrypto: on every runtime, asynchronous. Keys are imported at their first use, once. */
export function webCrypto(subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle): ReceiverCrypto {
  if (!subtle)
    throw new ReceiverConfigError(
      'crypto_missing',
      'This runtime has no globalThis.crypto.subtle (browsers have it in secure contexts only); pass { crypto }.',
    )
  return {
    prepareKey(algorithm: Algorithm, material: KeyMaterial): PreparedKey {
      if (material.kind === 'ed25519') return new Ed25519Key(subtle, material.publicKey, material.seed)
      if (material.kind === 'spki')
        return new SpkiKey(subtle, SPKI[algorithm as SpkiAlgorithm], material.spki)
      if (algorithm === 'token') return new TokenKey(material.bytes)
      if (algorithm === 'sha256') return new HashKey(subtle, material.bytes)
      return new HmacKey(subtle, HASHES[algorithm as keyof typeof HASHES], material.bytes)
    },
  }
}

class HmacKey implements PreparedKey {
  readonly #subtle: SubtleCrypto
  readonly #key: () => Promise<CryptoKey>

  constructor(subtle: SubtleCrypto, hash: string, bytes: Uint8Array) {
    this.#subtle = subtle
    this.#key = once(() => subtle.importKey('raw', own(bytes), { name: 'HMAC', hash }, false, ['sign']))
  }

  async sign(content: SignedContent, encoding: SignatureEncoding): Promise<string> {
    return encodeSignature(await this.#digest(content), encoding)
  }

  async matches(content: SignedContent, signatures: readonly Uint8Array[]): Promise<boolean> {
    const digest = await this.#digest(content)
    // Every signature is compared, so that the time does not tell which one fitted.
    return signatures.reduce((found, signature) => constantTimeEqual(digest, signature) || found, false)
  }

  async #digest(content: SignedContent): Promise<Uint8Array> {
    return new Uint8Array(await this.#subtle.sign('HMAC', await this.#key(), joinContent(content)))
  }
}

class HashKey implements PreparedKey {
  readonly #subtle: SubtleCrypto
  readonly #bytes: Uint8Array

  constructor(subtle: SubtleCrypto, bytes: Uint8Array) {
    this.#subtle = subtle
    this.#bytes = bytes
  }

  async sign(content: SignedContent, encoding: SignatureEncoding): Promise<string> {
    return encodeSignature(await this.#digest(content), encoding)
  }

  async matches(content: SignedContent, signatures: readonly Uint8Array[]): Promise<boolean> {
    const digest = await this.#digest(content)
    return signatures.reduce((found, signature) => constantTimeEqual(digest, signature) || found, false)
  }

  async #digest(content: SignedContent): Promise<Uint8Array> {
    return new Uint8Array(await this.#subtle.digest('SHA-256', joinContent([this.#bytes, ...content])))
  }
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

class TokenKey implements PreparedKey {
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  async sign(_content: SignedContent, encoding: SignatureEncoding): Promise<string> {
    return encodeSignature(this.#bytes, encoding)
  }

  async matches(_content: SignedContent, signatures: readonly Uint8Array[]): Promise<boolean> {
    return signatures.some((signature) => constantTimeEqual(this.#bytes, signature))
  }
}

export function publicKeyOnly(): ReceiverConfigError {
  return new ReceiverConfigError(
    'secret_not_private',
    'A public key can verify, but not sign: signing needs a private "whsk_" secret.',
  )
}

function joinContent(content: SignedContent): Uint8Array<ArrayBuffer> {
  const pieces = content.map((piece) => (typeof piece === 'string' ? utf8(piece) : piece))
  const joined = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    joined.set(piece, at)
    at += piece.length
  }
  return joined
}

/** A copy on a plain ArrayBuffer, which is what WebCrypto's types ask for. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
