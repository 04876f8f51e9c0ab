import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readCursor, readNumberCursor, writeCursor } from '../../src/domain/cursor.ts'
import { PosthornError } from '../../src/domain/error.ts'

const scope = fc.record({
  list: fc.constantFrom('events', 'deliveries'),
  filter: fc.dictionary(
    fc.string(),
    fc.oneof(fc.string(), fc.integer(), fc.constant(null), fc.array(fc.string())),
  ),
})
const position = fc.oneof(fc.nat().map(String), fc.stringMatching(/^dlv_[0-9a-f-]{36}$/))
const invalid = (error: unknown) => error instanceof PosthornError && error.code === 'cursor_invalid'

test('what was written is read', () => {
  fc.assert(fc.property(scope, position, (of, at) => assert.equal(readCursor(of, writeCursor(of, at)), at)))
})

test('any change of a character, and any cut, is refused', () => {
  const of = { list: 'events', filter: { tenantId: 'ten_1' } }
  const good = writeCursor(of, 'dlv_0190a1b2-aaaa-7bbb-8ccc-0123456789ab')
  for (let index = 0; index < good.length; index += 1) {
    assert.throws(() => readCursor(of, good.slice(0, index)), invalid)
    for (const other of ['A', 'z', '_', '=', ' ', '~', 'é'])
      if (good[index] !== other)
        assert.throws(() => readCursor(of, good.slice(0, index) + other + good.slice(index + 1)), invalid)
  }
  assert.throws(() => readCursor(of, `${good}A`), invalid)
  assert.throws(() => readCursor(of, `${good}=`), invalid)
})

test('a cursor belongs to its list and filter', () => {
  fc.assert(
    fc.property(scope, scope, position, (a, b, at) => {
      const canonical = (of: typeof a) => JSON.stringify([of.list, Object.entries(of.filter).sort()])
      fc.pre(canonical(a) !== canonical(b))
      assert.throws(() => readCursor(b, writeCursor(a, at)), invalid)
    }),
  )
})

test('the order of a filter’s keys and missing ones make no difference', () => {
  const cursor = writeCursor({ list: 'x', filter: { a: 1, b: 'y', c: undefined } }, 5)
  assert.equal(readCursor({ list: 'x', filter: { b: 'y', a: 1 } }, cursor), '5')
})

test('number cursors are whole numbers', () => {
  const of = { list: 'x', filter: {} }
  assert.equal(readNumberCursor(of, null), null)
  assert.equal(readNumberCursor(of, writeCursor(of, 12)), 12)
  for (const odd of ['dlv_1', '-1', '1.5', '1e3', '9007199254740993'])
    assert.throws(() => readNumberCursor(of, writeCursor(of, odd)), invalid, odd)
})

test('no text makes it fail in another way', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
      assert.throws(() => readCursor({ list: 'x', filter: {} }, text), invalid)
    }),
  )
})
