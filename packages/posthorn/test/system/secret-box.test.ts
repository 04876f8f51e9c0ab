import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { PosthornError } from '../../src/domain/error.ts'
import { createSecretBox } from '../../src/system/secret-box.ts'

const OLD = 'the old key, which is long enough'
const NEW = 'the new key, which is long enough'

const failsWith = (code: string, text: RegExp) => (error: unknown) => {
  assert.ok(error instanceof PosthornError)
  assert.equal(error.code, code)
  assert.match(error.message, text)
  return true
}

test('what is sealed is opened, whatever it is, and each seal is another text without the secret in it', () => {
  const box = createSecretBox([OLD])
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (secret) => {
      const [a, b] = [box.seal(secret), box.seal(secret)]
      assert.notEqual(a, b)
      assert.match(a, /^v1\.[0-9a-f]{12}\.[A-Za-z0-9_-]+$/)
      assert.equal(box.open(a), secret)
    }),
  )
})

test('rotation: the first key seals, all open; without the old key its texts are unreadable and named', () => {
  const old = createSecretBox([OLD])
  const both = createSecretBox([NEW, OLD])
  const sealed = old.seal('whsec_x')
  assert.equal(both.open(sealed), 'whsec_x')
  const fresh = both.seal('whsec_y')
  assert.ok(fresh.startsWith(`v1.${createSecretBox([NEW]).keyId}.`))
  assert.equal(createSecretBox([NEW]).open(fresh), 'whsec_y')
  assert.throws(
    () => createSecretBox([NEW]).open(sealed),
    failsWith('secret_unreadable', new RegExp(`sealed with the secret key ${old.keyId}`)),
  )
})

test('every changed character and every cut is noticed', () => {
  const box = createSecretBox([OLD])
  const sealed = box.seal('whsec_abcdefghijklmnop')
  for (let index = 0; index < sealed.length; index += 1) {
    const other = sealed[index] === 'A' ? 'B' : 'A'
    const changed = sealed.slice(0, index) + other + sealed.slice(index + 1)
    // The last character of base64url may carry bits that do not count.
    if (index < sealed.length - 1) assert.throws(() => box.open(changed), failsWith('secret_unreadable', /./))
    assert.throws(() => box.open(sealed.slice(0, index)), failsWith('secret_unreadable', /./))
  }
  for (const odd of ['', 'v1', 'v2.a.b', `${sealed}.x`, 'plain'])
    assert.throws(() => box.open(odd), PosthornError)
})

test('the key id is authenticated: a text cannot be moved to another key of the ring', () => {
  const [old, fresh] = [createSecretBox([OLD]), createSecretBox([NEW])]
  const moved = old.seal('x').replace(old.keyId, fresh.keyId)
  assert.throws(() => createSecretBox([NEW, OLD]).open(moved), failsWith('secret_unreadable', /changed/))
})

test('keys that are too short, or none, are refused', () => {
  assert.throws(() => createSecretBox([]), failsWith('config_invalid', /At least one/))
  assert.throws(
    () => createSecretBox([OLD, 'x'.repeat(23)]),
    failsWith('config_invalid', /Secret key 2 .* 24/),
  )
  createSecretBox(['x'.repeat(24)])
})

test('errors never hold a key or a secret', () => {
  const sealed = createSecretBox([OLD]).seal('whsec_hidden')
  try {
    createSecretBox([NEW]).open(sealed)
    assert.fail('it opened')
  } catch (error) {
    assert.doesNotMatch(String((error as Error).stack), /whsec_hidden|the old key|the new key/)
  }
})
