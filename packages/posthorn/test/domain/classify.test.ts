import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ANSWER_ERRORS, classifyStatus, retryAfterMs } from '../../src/domain/classify.ts'
import { OUTCOMES } from '../../src/domain/delivery.ts'

test('every status from 100 to 599 has a verdict, by the table of the documentation', () => {
  const expected = (status: number, policy: 'retry' | 'drop') => {
    if (status >= 200 && status < 300) return 'success null'
    if (status >= 300 && status < 400) return 'retry redirected'
    if ([408, 425, 429].includes(status)) return 'retry busy'
    if (status === 410) return 'fatal gone'
    if (status >= 400 && status < 500) return `${policy === 'drop' ? 'fatal' : 'retry'} rejected`
    return 'retry failed'
  }
  for (const policy of ['retry', 'drop'] as const)
    for (let status = 100; status <= 599; status += 1) {
      const { outcome, error, gone } = classifyStatus(status, policy)
      assert.equal(`${outcome} ${error}`, expected(status, policy), `${status} ${policy}`)
      assert.equal(gone, status === 410)
    }
})

test('statuses that no standard knows are failures, never successes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 600 }), fc.integer({ max: 99 })), (status) => {
      const { outcome, error } = classifyStatus(status, 'drop')
      assert.equal(outcome, 'retry')
      assert.ok(OUTCOMES.includes(outcome) && error !== null && error in ANSWER_ERRORS)
    }),
  )
})

const NOW = Date.UTC(2026, 0, 1)

const RETRY_AFTER: ReadonlyArray<[header: string | null, ms: number | null]> = [
  [null, null],
  ['', null],
  ['120', 120_000],
  [' 120 ', 120_000],
  ['0', 0],
  ['999999999', 999_999_999_000],
  ['9999999999', null],
  ['-5', null],
  ['1.5', null],
  ['1e3', null],
  ['soon', null],
  ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
  ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', null],
  ['Thu, 01 Jan 2026 00:00:00 GMT', null],
  ['Thu, 99 Foo 2026', null],
  ['2026-01-01T00:01:00Z', null],
]

for (const [header, ms] of RETRY_AFTER)
  test(`Retry-After ${JSON.stringify(header)} is ${ms}`, () => assert.equal(retryAfterMs(header, NOW), ms))

test('no header whatever makes a time that is negative or not a number', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.date().map((date) => date.toUTCString()),
      ),
      (header) => {
        const ms = retryAfterMs(header, NOW)
        assert.ok(ms === null || (Number.isFinite(ms) && ms >= 0))
      },
    ),
  )
})
