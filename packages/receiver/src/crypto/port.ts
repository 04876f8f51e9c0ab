import type { SignatureEncoding } from '../encoding.ts'
import type { Algorithm } from '../schemes/scheme.ts'
import type { KeyMaterial } from '../secret.ts'

/** Signed content in pieces, so that a body need not be copied. Strings stand for their UTF-8 bytes. */
export type SignedContent = readonly (string | Uint8Array)[]

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
