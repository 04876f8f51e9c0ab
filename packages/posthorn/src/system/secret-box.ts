import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import { PosthornError } from '../domain/error.ts'
import type { Random } from '../ports/random.ts'
import type { SecretBox } from '../ports/secrets.ts'
import { SystemRandom } from './random.ts'

/** A key's text must have at least this many characters: with base64 that is 144 bits. */
export const SECRET_KEY_CHARS_MIN = 24

const VERSION = 'v1'
const CIPHER = 'aes-256-gcm'
/** NIST SP 800-38D §8.2.2: random 96-bit nonces, safe for 2^32 seals with one key. */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const KEY_ID_BYTES = 6

/**
 * Seals with the first key and opens with all of them: to rotate, put the new key first and keep the old one behind it
 * until nothing is sealed with it any more.
 *
 * A sealed text is `v1.KEYID.BASE64URL`: the id of the key, then nonce, cipher text and tag. Version and id are
 * authenticated too. Each text is stretched to a key by HKDF-SHA-256 (RFC 5869), which spreads entropy but adds none:
 * give random text, not a password.
 *
 * @throws PosthornError `config_invalid` without a key, or when a key has fewer than 24 characters
 */
export function createSecretBox(
  keyTexts: readonly string[],
  random: Random = new SystemRandom(),
): SecretBox & { readonly keyId: string } {
  return new AesSecretBox(
    keyTexts.map((text, index) => boxKey(text, index)),
    random,
  )
}

interface BoxKey {
  readonly id: string
  readonly key: KeyObject
}

class AesSecretBox implements SecretBox {
  readonly #current: BoxKey
  readonly #keys: ReadonlyMap<string, KeyObject>
  readonly #random: Random

  constructor(keys: readonly BoxKey[], random: Random) {
    const [current] = keys
    if (!current)
      throw new PosthornError('config_invalid', 'At least one secret key is needed to seal secrets.')
    this.#current = current
    this.#keys = new Map(keys.map(({ id, key }) => [id, key]))
    this.#random = random
  }

  /** The id of the key that seals now; what begins with another one is due for a new seal. */
  get keyId(): string {
    return this.#current.id
  }

  seal(secret: string): string {
    const nonce = this.#random.bytes(NONCE_BYTES)
    const head = `${VERSION}.${this.#current.id}`
    const cipher = createCipheriv(CIPHER, this.#current.key, nonce).setAAD(Buffer.from(head))
    const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()])
    return `${head}.${sealed.toString('base64url')}`
  }

  open(sealed: string): string {
    const [version, keyId, text, ...rest] = sealed.split('.')
    if (version !== VERSION || keyId === undefined || text === undefined || rest.length > 0)
      throw unreadable('it is not a sealed text of this version')
    const key = this.#keys.get(keyId)
    if (!key)
      throw unreadable(
        `it was sealed with the secret key ${keyId}, and the keys given here are ${[...this.#keys.keys()].join(', ')}; give that key too`,
      )
    return decrypt(key, `${version}.${keyId}`, Buffer.from(text, 'base64url'))
  }
}

function decrypt(key: KeyObject, head: string, bytes: Buffer): string {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) throw unreadable('it is cut short')
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(head))
    .setAuthTag(bytes.subarray(-TAG_BYTES))
  try {
    return Buffer.concat([
      decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)),
      decipher.final(),
    ]).toString('utf8')
  } catch (cause) {
    throw unreadable('it was changed after it was sealed', cause)
  }
}

function boxKey(text: string, index: number): BoxKey {
  if (typeof text !== 'string' || text.length < SECRET_KEY_CHARS_MIN)
    throw new PosthornError(
      'config_invalid',
      `Secret key ${index + 1} must be text of at least ${SECRET_KEY_CHARS_MIN} characters, such as 32 random bytes in base64.`,
    )
  return {
    // Derived beside the key, not from it: the id is stored in the open.
    id: Buffer.from(stretch(text, 'posthorn secret box key id', KEY_ID_BYTES)).toString('hex'),
    key: createSecretKey(Buffer.from(stretch(text, 'posthorn secret box key', 32))),
  }
}

function stretch(text: string, info: string, bytes: number): ArrayBuffer {
  return hkdfSync('sha256', text, '', info, bytes)
}

function unreadable(why: string, cause?: unknown): PosthornError {
  return new PosthornError('secret_unreadable', `A stored secret cannot be opened: ${why}.`, { cause })
}
