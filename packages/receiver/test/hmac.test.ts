/** Our HMAC is that of `node:crypto`, whatever the key, the content and its pieces. */
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { type HashName, Hmac } from '../src/node/hmac.ts'

const NAMES: readonly HashName[] = ['sha1', 'sha256', 'sha512']
const piece = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

function expected(name: HashName, key: Uint8Array, content: readonly (string | Uint8Array)[]): string {
  const hmac = createHmac(name, key)
  for (const one of content) hmac.update(one)
  return hmac.digest('hex')
}

test('the same as createHmac for any key and any pieces, also with half a surrogate pair', () =>
  fc.assert(
    fc.property(
      fc.constantFrom(...NAMES),
      fc.uint8Array({ minLength: 1, maxLength: 300 }),
      fc.array(piece, { maxLength: 5 }),
      (name, key, content) => {
        const hmac = new Hmac(name, key)
        const hex = expected(name, key, content)
        assert.equal(hmac.digest(content, 'hex'), hex)
        assert.equal(hmac.digest(content, 'base64'), Buffer.from(hex, 'hex').toString('base64'))
        assert.equal(Buffer.from(hmac.digest(content, 'binary'), 'binary').toString('hex'), hex)
      },
    ),
    { numRuns: 500 },
  ))

test('the same at and around every length where something changes', () => {
  const key = Buffer.alloc(32, 7)
  // Blocks of 64 and 128 bytes, and what is hashed at one blow: 16 KiB with the inner pad.
  const lengths = [0, 1, 55, 56, 63, 64, 65, 127, 128, 129, 16_255, 16_256, 16_257, 16_319, 16_320, 16_321]
  for (const name of NAMES)
    for (const length of [...lengths, 16_384, 100_000, 1_048_576]) {
      const content = ['1700000000.', Buffer.alloc(length, 'ü')]
      assert.equal(
        new Hmac(name, key).digest(content, 'hex'),
        expected(name, key, content),
        `${name} ${length}`,
      )
    }
})

test('the same at every length of the key, and of two keys in turns', () => {
  const other = new Hmac('sha256', Buffer.alloc(64, 1))
  const content = ['a', Buffer.from('b')]
  for (const name of NAMES)
    for (let length = 0; length <= 200; length += 1) {
      const key = Buffer.alloc(length, length)
      const hmac = new Hmac(name, key)
      assert.equal(
        hmac.digest(content, 'hex'),
        expected(name, key, content),
        `${name}, ${length} bytes of key`,
      )
      assert.equal(other.digest(content, 'hex'), expected('sha256', Buffer.alloc(64, 1), content))
      assert.equal(hmac.digest(content, 'hex'), expected(name, key, content))
    }
})
