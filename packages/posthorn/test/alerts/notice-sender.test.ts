/** How many notices are under way at once, whoever they are for. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Alert, Notice } from '../../src/domain/alert.ts'
import type { TenantId } from '../../src/domain/ids.ts'
import { NoticeSender } from '../../src/engine/alerts/notice-sender.ts'
import { openSqliteStore } from '../../src/storage/sqlite/open.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'

interface UnderWay {
  readonly to: string
  readonly end: (error?: Error) => void
}

async function open(t: TestContext) {
  const clock = new FakeClock()
  const store = await openSqliteStore({
    ...{ dataDir: ':memory:', thread: false },
    nextTurn: (run) => clock.nextTurn(run),
  })
  t.after(() => store.close())
  const mails: UnderWay[] = []
  const announced: string[] = []
  const seen = { more: 0 }
  const sender = new NoticeSender({
    ...{ store, clock, publicUrl: null, userAgent: 'test', leads: () => true },
    logger: { info: () => undefined, warn: () => undefined, error: () => undefined },
    secretBox: { seal: (text) => text, open: (text) => text },
    transport: { send: () => assert.fail('nothing goes to Slack') },
    mailer: {
      send: ({ to }) =>
        new Promise((resolve, reject) => {
          mails.push({ to, end: (error) => (error === undefined ? resolve() : reject(error)) })
        }),
      close: () => undefined,
    },
    announce: async (tenantId) => void announced.push(tenantId),
    more: () => (seen.more += 1),
  })
  const alert = async (tenantId: TenantId, number: number, channel: Notice['channel']) => {
    const now = clock.now()
    const notice: Notice = {
      ...{ id: `evt_${tenantId}${number}`, change: 'opened', channel, to: `${tenantId}@example.com` },
      ...{ notice: 'waiting', tries: 0, dueAt: now, madeAt: now, error: null },
    }
    const made: Alert = {
      ...{ id: `alt_${tenantId}${number}`, tenantId, ruleId: `alr_${tenantId}${number}`, name: 'n' },
      ...{ kind: 'dead_letters', subject: null, state: 'open', since: now, openedAt: now, clearSince: null },
      ...{ closedAt: null, above: 1, value: 2, valueAt: now, cause: 'c', toldAt: now, notices: [notice] },
    }
    assert.equal(await store.alerts.insert(made), true)
  }
  const waiting = async () =>
    (await store.alerts.live()).filter(({ record }) => record.notices.some(({ tries }) => tries === 0)).length
  return { clock, sender, mails, announced, seen, alert, waiting }
}

test('of a thousand mails some are under way at once, half of them of one tenant; events pass by', async (t) => {
  const { clock, sender, mails, announced, seen, alert, waiting } = await open(t)
  for (let number = 0; number < 30; number += 1) await alert('ten_a', number, 'email')
  await sender.round()
  assert.equal(mails.length, 5, 'one tenant has more than half')
  for (let number = 0; number < 30; number += 1) await alert('ten_b', number, 'email')
  await alert('ten_c', 0, 'event')
  await sender.round()
  const of = (tenant: string) => mails.filter(({ to }) => to.startsWith(tenant)).length
  assert.deepEqual([of('ten_a'), of('ten_b'), announced], [5, 5, ['ten_c@example.com']])
  // What has not begun is not claimed: a stop or a crash would hold it up for minutes.
  assert.equal(await waiting(), 50)
  await sender.round()
  assert.equal(mails.length, 10)
  const asked = seen.more
  mails[0]?.end()
  mails[5]?.end(new Error('full'))
  await clock.settle()
  assert.ok(seen.more > asked, 'nobody was told that there is room')
  await sender.round()
  assert.deepEqual([of('ten_a'), of('ten_b')], [6, 6])
  for (let at = 0; at < mails.length; at += 1) {
    mails[at]?.end()
    await clock.settle()
    await sender.round()
  }
  assert.equal(await waiting(), 0)
  const before = seen.more
  await sender.round()
  assert.equal(seen.more, before, 'it goes on asking though nothing waits')
})
