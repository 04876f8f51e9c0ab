import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseInstant, toInstant } from '../../src/api/wire/instant.ts'

test('what is written is read back', () => {
  const ms = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })
  fc.assert(fc.property(ms, (instant) => assert.equal(parseInstant(toInstant(instant)), instant)))
})

test('zones, fractions and small letters are read', () => {
  const noon = Date.UTC(2026, 0, 31, 12)
  for (const text of [
    '2026-01-31T12:00:00Z',
    '2026-01-31t12:00:00z',
    '2026-01-31T13:30:00+01:30',
    '2026-01-31T07:00:00.000-05:00',
  ])
    assert.equal(parseInstant(text), noon, text)
  assert.equal(parseInstant('2026-01-31T12:00:00.123456789Z'), noon + 123)
  assert.equal(parseInstant('2028-02-29T00:00:00Z'), Date.UTC(2028, 1, 29))
})

test('what is no instant is refused', () => {
  const refused = [
    '2026-01-31',
    '2026-01-31T12:00:00',
    '2026-01-31 12:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-31T25:00:00Z',
    '2026-01-31T12:60:00Z',
    '2026-01-31T12:00:60Z',
    '2026-01-31T12:00:00+25:00',
    '2026-01-31T12:00:00.Z',
    '+02026-01-31T12:00:00Z',
    '1769860800000',
    '',
  ]
  for (const text of refused) assert.equal(parseInstant(text), null, text)
})
