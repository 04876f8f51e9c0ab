import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ID_RANDOM_BYTES, makeId, prefixOf } from '../../src/domain/ids.ts'
import { SeededRandom } from '../../src/testing/seeded-random.ts'

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const LAST_MS = 2 ** 48 - 1
const bytes = fc.uint8Array({ minLength: ID_RANDOM_BYTES, maxLength: ID_RANDOM_BYTES })

test('an id is a prefix and a UUIDv7 that holds its time', () => {
  fc.assert(
    fc.property(fc.nat(LAST_MS), bytes, (now, random) => {
      const id = makeId('evt', now, random)
      assert.equal(id.slice(0, 4), 'evt_')
      assert.match(id.slice(4), UUID_V7)
      assert.equal(Number.parseInt(id.slice(4, 17).replace('-', ''), 16), now)
      assert.equal(prefixOf(id), 'evt')
    }),
  )
})

test('ids sort by time as texts, whatever the random bytes', () => {
  fc.assert(
    fc.property(fc.nat(LAST_MS), fc.nat(LAST_MS), bytes, bytes, (a, b, one, other) => {
      fc.pre(a < b)
      assert.ok(makeId('dlv', a, one) < makeId('dlv', b, other))
    }),
  )
})

test('every random byte counts: within a millisecond ids are as many as there are random bits', () => {
  const random = new SeededRandom(3)
  const ids = new Set(Array.from({ length: 20_000 }, () => makeId('att', 1, random.bytes(ID_RANDOM_BYTES))))
  assert.equal(ids.size, 20_000)
  const zero = new Uint8Array(ID_RANDOM_BYTES)
  for (let index = 0; index < ID_RANDOM_BYTES; index += 1) {
    const other = Uint8Array.from(zero, (byte, at) => (at === index ? 1 : byte))
    assert.notEqual(makeId('att', 1, zero), makeId('att', 1, other), `byte ${index}`)
  }
})

test('a fraction of a millisecond is cut off', () => {
  const random = new Uint8Array(ID_RANDOM_BYTES)
  assert.equal(makeId('evt', 1234.9, random), makeId('evt', 1234, random))
})

test('what is not an id of ours has no prefix', () => {
  for (const text of ['', 'evt', 'evt-1', 'xyz_1', 'EVT_1', ' evt_1', '__proto___1'])
    assert.equal(prefixOf(text), null, text)
})
