import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Alert, nextTryAt, type Reading, stepAlert } from '../../src/domain/alert.ts'
import { emailFlaw } from '../../src/domain/email.ts'

const START = 1_000_000
const PENDING: Alert = {
  ...{ id: 'alt_1', tenantId: 'ten_1', ruleId: 'alr_1', name: 'r', kind: 'dead_letters', subject: null },
  ...{ state: 'pending', since: START, openedAt: null, clearSince: null, closedAt: null },
  ...{ above: 3, value: 4, valueAt: START, cause: '', toldAt: null, notices: [] },
}
const reading = (verdict: Reading['verdict'], value = 5): Reading => ({ verdict, value, cause: 'why' })
const TIMING = { holdMs: 60_000, clearMs: 120_000, remindMs: null }

/** What is told of a run of verdicts, one every 15 seconds, with its second. */
function told(verdicts: string, timing = TIMING as Parameters<typeof stepAlert>[2]): string[] {
  let alert: Alert | null = null
  const changes: string[] = []
  for (const [index, verdict] of [...verdicts].entries()) {
    const now = START + index * 15_000
    const found = reading(({ x: 'broken', o: 'fine', '?': 'unknown' } as const)[verdict as 'x'])
    if (alert === null && found.verdict !== 'broken') continue
    const step = stepAlert(alert ?? { ...PENDING, since: now }, found, timing, now)
    alert = step.alert?.state === 'closed' ? null : step.alert
    if (step.change !== null) changes.push(`${step.change} ${(now - START) / 1000}`)
  }
  return changes
}

test('an alert opens when it has held for long enough, and closes when it was over for long enough', () => {
  assert.deepEqual(told('xxxx'), [])
  assert.deepEqual(told('xxxxx'), ['opened 60'])
  assert.deepEqual(told('xxxoxxxx'), [])
  assert.deepEqual(told(`xxxxx${'o'.repeat(8)}`), ['opened 60'])
  assert.deepEqual(told(`xxxxx${'o'.repeat(9)}`), ['opened 60', 'closed 195'])
  // Unknown neither begins nor ends it.
  assert.deepEqual(told('xx?xx??ooooo?oooo'), ['opened 60', 'closed 225'])
  assert.deepEqual(told('xo', { holdMs: 0, clearMs: 0, remindMs: null }), ['opened 0', 'closed 15'])
})

test('what goes up and down is told once, and again only by a reminder', () => {
  assert.deepEqual(told(`xxxxx${'oxoxxo'.repeat(50)}`), ['opened 60'])
  assert.deepEqual(told('ox'.repeat(200)), [])
  assert.deepEqual(told('x'.repeat(30), { ...TIMING, remindMs: 150_000 }), [
    'opened 60',
    'reminder 210',
    'reminder 360',
  ])
})

test('whatever comes, opened and closed take turns', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('x', 'o', '?'), { maxLength: 200 }), (verdicts) => {
      const changes = told(verdicts.join('')).map((change) => change.split(' ')[0])
      assert.ok(changes.every((change, index) => change === (index % 2 === 0 ? 'opened' : 'closed')))
    }),
  )
})

test('tries grow apart, and end after a day', () => {
  const waits: number[] = []
  let now = START
  for (let tries = 1; ; tries += 1) {
    const at = nextTryAt(tries, START, now)
    if (at === null) break
    waits.push((at - now) / 1000)
    now = at
  }
  assert.deepEqual(waits.slice(0, 8), [30, 60, 120, 240, 480, 960, 1920, 3600])
  assert.ok(now - START > 80_000_000 && now - START <= 86_400_000)
})

test('an e-mail address is one address and nothing else', () => {
  for (const good of ['a@b', 'ops+x@example.com', "o'neil@mail.example.co"])
    assert.equal(emailFlaw(good), null)
  const wrong = ['', 'a', 'a@', '@b', 'a@b,c@d', 'A <a@b.c>', 'a@b\r\nBcc: x@y', 'a b@c.d', 'ä@b.c', 'a@b.c>']
  for (const bad of [...wrong, `${'a'.repeat(65)}@b.c`, `a@${'b'.repeat(254)}`, 7, null])
    assert.notEqual(emailFlaw(bad), null, String(bad))
})
