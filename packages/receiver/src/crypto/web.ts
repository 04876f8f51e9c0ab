import { constantTimeEqual, encodeSignature, type SignatureEncoding } from '../encoding.ts'
import { ReceiverConfigError } from '../errors.ts'
import type { Algorithm } from '../schemes/algorithm.ts'
import type { KeyMaterial, PreparedKey, ReceiverCrypto, SignedContent } from './port.ts'
import { joinContent, once, own } from './web-bytes.ts'

const HASHES = { 'hmac-sha256': 'SHA-256', 'hmac-sha512': 'SHA-512', 'hmac-sha1': 'SHA-1' } as const

/** WebCrypto: on every runtime, asynchronous. Keys are imported at their first use, once. */
export function webCrypto(subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle): ReceiverCrypto {
  if (!subtle)
    throw new ReceiverConfigError(
      'crypto_missing',
      'This runtime has no globalThis.crypto.subtle (browsers have it in secure contexts only); pass { crypto }.',
    )
  return {
    prepareKey(algorithm: Algorithm, material: KeyMaterial): PreparedKey {
      if (material.kind !== 'bytes') return material.inWebCrypto(subtle, algorithm)
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
