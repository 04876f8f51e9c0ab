import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  baseDelayMs,
  MAX_RETRY_AFTER_MS,
  nextDelayMs,
  RETRY_PRESETS,
  type RetryPolicy,
} from '../../src/domain/retry-policy.ts'

const [S, M, H] = [1_000, 60_000, 3_600_000]

const TABLE: ReadonlyArray<[policy: RetryPolicy, delays: readonly number[]]> = [
  ['standard', [5 * S, 5 * M, 30 * M, 2 * H, 5 * H, 10 * H, 14 * H, 20 * H, 24 * H]],
  ['fast', [5 * S, 25 * S, 2 * M, 10 * M, H]],
  ['patient', [M, 5 * M, 25 * M, 2 * H, 10 * H]],
  [{ baseS: 1, factor: 2, maxS: 60, attempts: 5 }, [1 * S, 2 * S, 4 * S, 8 * S]],
  [{ baseS: 20, factor: 2, maxS: 60, attempts: 6 }, [20 * S, 40 * S, 60 * S, 60 * S, 60 * S]],
  [{ baseS: 1, factor: 2, maxS: 60, attempts: 1 }, []],
  [
    [0.25, 3],
    [250, 3 * S],
  ],
  [[], []],
]

for (const [policy, delays] of TABLE)
  test(`the delays of ${JSON.stringify(policy)}, then no more`, () => {
    const question = { policy, retryAfterMs: null, jitter: 0 }
    const found = delays.map((_, index) => nextDelayMs({ ...question, attempt: index + 1 }))
    assert.deepEqual(found, delays)
    assert.equal(nextDelayMs({ ...question, attempt: delays.length + 1 }), null)
  })

const policy = fc.oneof(
  fc.constantFrom(...(Object.keys(RETRY_PRESETS) as Array<keyof typeof RETRY_PRESETS>)),
  fc.array(fc.double({ min: 0, max: 86_400, noNaN: true }), { maxLength: 50 }),
  fc.record({
    baseS: fc.double({ min: 0.1, max: 3600, noNaN: true }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxS: fc.double({ min: 1, max: 86_400, noNaN: true }),
    attempts: fc.integer({ min: 1, max: 50 }),
  }),
)
const attempt = fc.integer({ min: 1, max: 60 })
const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('jitter only adds, at most a tenth; what a target asks for only adds, at most up to 24 hours', () => {
  const retryAfterMs = fc.option(fc.nat(MAX_RETRY_AFTER_MS * 3))
  fc.assert(
    fc.property(fc.record({ policy, attempt, jitter, retryAfterMs }), (question) => {
      const base = baseDelayMs(question.policy, question.attempt)
      const delay = nextDelayMs(question)
      if (base === null || delay === null) return assert.equal(delay, base)
      assert.ok(Number.isSafeInteger(delay))
      assert.ok(delay >= Math.round(base), 'shorter than the schedule')
      const asked = Math.min(question.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
      assert.ok(delay >= asked, 'earlier than the target asked for')
      assert.ok(delay <= Math.max(Math.round(base * 1.1) + 1, asked))
    }),
    { numRuns: 1000 },
  )
})
