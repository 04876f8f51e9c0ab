import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { afterFailure, afterSuccess, type Breaker, CLOSED_BREAKER } from '../../src/domain/breaker.ts'

/** Fails at each of the times. */
function failing(times: readonly number[], from: Breaker = CLOSED_BREAKER): Breaker {
  return times.reduce((breaker, now) => afterFailure(breaker, now), from)
}

const every = (stepMs: number, count: number) => Array.from({ length: count }, (_, index) => index * stepMs)

test('it opens after ten failures over at least ten seconds, not by one of the two alone', () => {
  assert.equal(failing(every(10, 100)).openUntil, null, 'a burst of failures within a second')
  assert.equal(failing(every(5_000, 9)).openUntil, null, 'nine failures in forty seconds')
  assert.equal(failing(every(1_111, 10)).openUntil, null, 'ten failures just under ten seconds')
  assert.equal(failing(every(1_112, 10)).openUntil, 9 * 1_112 + 5_000)
})

test('a success closes it and forgets everything', () => {
  const open = failing(every(2_000, 10))
  assert.notEqual(open.openUntil, null)
  assert.deepEqual(afterSuccess(), CLOSED_BREAKER)
  assert.equal(failing([100_000], afterSuccess()).openUntil, null)
})

test('each probe that fails doubles the wait, up to five minutes', () => {
  let breaker = failing(every(2_000, 10))
  let now = 18_000
  const waits: number[] = []
  for (let probe = 0; probe < 10; probe += 1) {
    waits.push((breaker.openUntil ?? 0) - now)
    now = breaker.openUntil ?? 0
    breaker = afterFailure(breaker, now)
  }
  assert.deepEqual(
    waits.map((ms) => ms / 1000),
    [5, 10, 20, 40, 80, 160, 300, 300, 300, 300],
  )
})

test('attempts that were under way when it opened do not prolong the wait', () => {
  const open = failing(every(2_000, 10))
  const later = failing([18_001, 18_002, 22_999], open)
  assert.deepEqual([later.openUntil, later.trips], [open.openUntil, open.trips])
})

test('whatever happens: open only after enough failures, never for longer than five minutes', () => {
  const step = fc.record({ after: fc.nat(20_000), success: fc.boolean() })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let [breaker, now, run] = [CLOSED_BREAKER, 0, 0]
      for (const { after, success } of steps) {
        now += after
        breaker = success ? afterSuccess() : afterFailure(breaker, now)
        run = success ? 0 : run + 1
        assert.equal(breaker.failures, run)
        if (run < 10) assert.equal(breaker.openUntil, null)
        assert.ok((breaker.openUntil ?? 0) - now <= 300_000)
      }
    }),
  )
})
