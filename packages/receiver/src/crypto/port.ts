import type { SignatureEncoding } from '../encoding.ts'
import type { Algorithm, KeyFormat } from '../schemes/algorithm.ts'

/** Signed content in pieces, so that a body need not be copied. Strings stand for their UTF-8 bytes. */
export type SignedContent = readonly (string | Uint8Array)[]

/** A public key makes itself ready in WebCrypto, so that an application without one does not carry how. */
type InWebCrypto = (subtle: SubtleCrypto, algorithm: Algorithm) => PreparedKey

/** A key read from a secret's text. `seed` is missing where only the public half is known. */
export type KeyMaterial =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'spki'; readonly spki: Uint8Array; readonly inWebCrypto: InWebCrypto }
  | {
      readonly kind: 'ed25519'
      readonly publicKey: Uint8Array
      readonly seed?: Uint8Array | undefined
      readonly inWebCrypto: InWebCrypto
    }

/** Reads the secrets of schemes with public keys. */
export interface PublicKeys {
  /** @throws ReceiverConfigError `secret_malformed`, `secret_length` */
  read(
    scheme: { readonly name: string; readonly algorithm: Algorithm; readonly key: KeyFormat },
    secret: string,
  ): KeyMaterial
}

/** A key made ready once and used many times. */
export interface PreparedKey {
  /** The signature, encoded. Rejects when the key has no private half. */
  sign(content: SignedContent, encoding: SignatureEncoding): string | Promise<string>
  /** Whether one of the decoded signatures fits, compared in constant time. Never throws for odd signatures. */
  matches(content: SignedContent, signatures: readonly Uint8Array[]): boolean | Promise<boolean>
}

/**
 * What the receiver needs from cryptography. `webCrypto()` is the default; `@posthorn/receiver/node` has one that is
 * synchronous.
 */
export interface ReceiverCrypto {
  /** @throws ReceiverConfigError when the key cannot be used */
  prepareKey(algorithm: Algorithm, material: KeyMaterial): PreparedKey
}

/** The same with answers at once. */
export interface SyncPreparedKey extends PreparedKey {
  sign(content: SignedContent, encoding: SignatureEncoding): string
  matches(content: SignedContent, signatures: readonly Uint8Array[]): boolean
}

export interface SyncReceiverCrypto extends ReceiverCrypto {
  prepareKey(algorithm: Algorithm, material: KeyMaterial): SyncPreparedKey
}
