import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  afterAttempts,
  afterForgone,
  allowance,
  isForgotten,
  NOTHING_STARTED,
  nextAllowedAt,
} from '../../src/domain/rate-limiter.ts'

const rateOf = fc.record({
  limit: fc.integer({ min: 1, max: 20 }),
  windowS: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.double({ min: 0.001, max: 2, noNaN: true })),
})
const steps = fc.array(fc.record({ waitMs: fc.nat(3_000), wanted: fc.nat(30) }), { maxLength: 200 })

test('never more than the limit in any window, and no less than a window a little longer would allow', () => {
  fc.assert(
    fc.property(rateOf, steps, (rate, wishes) => {
      const windowMs = rate.windowS * 1000
      const starts: number[] = []
      let log = NOTHING_STARTED
      let now = 1_700_000_000_000
      for (const { waitMs, wanted } of wishes) {
        now += waitMs
        const slots = allowance(log, rate, now, wanted)
        assert.ok(slots >= 0 && slots <= wanted)
        // To the nanosecond: more than that epoch milliseconds do not carry.
        const within = (ms: number) => starts.filter((at) => now - at < ms - 1e-6).length
        assert.ok(within(windowMs) + slots <= rate.limit, 'more than the limit in one window')
        const atLeast = Math.min(wanted, rate.limit - within(windowMs * (1 + 1 / 64) + 1))
        assert.ok(slots >= atLeast, `${slots} were allowed, ${atLeast} might have been`)
        if (slots > 0) log = afterAttempts(log, rate, now, slots)
        starts.push(...Array.from({ length: slots }, () => now))
        assert.ok(log.length <= 66)
      }
    }),
    { numRuns: 300 },
  )
})

test('the next time is one at which an attempt may start, and it is later only when none may start now', () => {
  fc.assert(
    fc.property(rateOf, steps, (rate, wishes) => {
      let log = NOTHING_STARTED
      let now = 1_700_000_000_000
      for (const { waitMs, wanted } of wishes) {
        now += waitMs
        const next = nextAllowedAt(log, rate, now)
        assert.ok(Number.isInteger(next) && allowance(log, rate, next, 1) === 1)
        assert.equal(next === now, allowance(log, rate, now, 1) === 1)
        const slots = allowance(log, rate, now, wanted)
        if (slots > 0) log = afterAttempts(log, rate, now, slots)
      }
    }),
    { numRuns: 300 },
  )
})

test('what did not start after all is not counted', () => {
  const rate = { limit: 3, windowS: 10 }
  let log = afterAttempts(NOTHING_STARTED, rate, 0, 2)
  log = afterAttempts(log, rate, 5_000, 1)
  assert.equal(allowance(log, rate, 5_000, 9), 0)
  assert.equal(allowance(afterForgone(log), rate, 5_000, 9), 1)
  assert.equal(allowance(afterForgone(afterForgone(afterForgone(log))), rate, 5_000, 9), 3)
  assert.deepEqual(afterForgone(NOTHING_STARTED), NOTHING_STARTED)
})

test('after a window nothing is remembered; a clock that is set back does not close a target for long', () => {
  const rate = { limit: 1, windowS: 10 }
  const log = afterAttempts(NOTHING_STARTED, rate, 100_000, 1)
  assert.deepEqual([isForgotten(log, rate, 109_999), isForgotten(log, rate, 110_000)], [false, true])
  assert.equal(allowance(log, rate, 50_000, 1), 1)
})
