import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimeLimitError } from '../../src/ports/time-limit.ts'
import { createTimeLimit } from '../../src/system/time-limit.ts'

test('what is quick gives its value or its error as it is', () => {
  const limit = createTimeLimit()
  const value = { a: 1 }
  assert.equal(
    limit(1000, () => value),
    value,
  )
  const error = new RangeError('mine')
  assert.throws(
    () =>
      limit(1000, () => {
        throw error
      }),
    (thrown) => thrown === error,
  )
  assert.equal(
    limit(1000, () => limit(1000, () => 'inner')),
    'inner',
  )
})

test('a loop and a backtracking regular expression are ended, and the next call works', () => {
  const limit = createTimeLimit()
  assert.throws(
    () =>
      limit(20, () => {
        for (;;);
      }),
    TimeLimitError,
  )
  assert.throws(() => limit(20, () => /^(a+)+$/.test(`${'a'.repeat(60)}b`)), /longer than 20 ms/)
  assert.equal(
    limit(1000, () => 3),
    3,
  )
})
