import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRule } from '../../src/domain/alert.ts'
import { look } from '../../src/engine/alerts/readings.ts'

const RULE: AlertRule = {
  ...{ id: 'alr_1', tenantId: 'ten_1', name: 'r', emails: [], slack: [], active: true },
  ...{ holdMs: 0, clearMs: 0, remindMs: null, createdAt: 0, updatedAt: 0 },
  when: {
    ...{ kind: 'failure_rate', above: 50, windowS: 300, attemptsMin: 10 },
    ...{ subscriptionId: null, sourceId: null },
  },
}

async function verdict(value: number, failed: number): Promise<string | undefined> {
  const alerts = { measure: async () => ({ value, failed }) }
  const store = { alerts, subscriptions: null as never, sources: null as never }
  const [found] = await look(RULE, { store, now: 0, troubled: [] })
  return found?.reading.verdict
}

test('a failure rate: few attempts begin no alert, and are no recovery while they fail', async () => {
  assert.equal(await verdict(10, 6), 'broken')
  assert.equal(await verdict(10, 5), 'fine')
  assert.equal(await verdict(9, 9), 'unknown')
  assert.equal(await verdict(9, 4), 'fine')
  assert.equal(await verdict(0, 0), 'fine')
})
