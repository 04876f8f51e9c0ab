import assert from 'node:assert/strict'
import type { Alert, AlertRule, Notice } from '../../domain/alert.ts'
import type { InboundRequest } from '../../domain/inbound-request.ts'
import type { Measure } from '../../ports/alert-store.ts'
import { subscription } from './records.ts'
import { type Case, NOW, type World } from './world.ts'

function alert(world: World, changes: Partial<Alert> = {}): Alert {
  return {
    id: world.id('alt'),
    tenantId: world.tenantId,
    ruleId: world.id('alr'),
    name: 'a rule\u0000\ud800',
    kind: 'dead_letters',
    subject: null,
    state: 'open',
    since: NOW,
    openedAt: NOW,
    clearSince: null,
    closedAt: null,
    above: 3,
    value: 4,
    valueAt: NOW,
    cause: '4 dead deliveries',
    toldAt: NOW,
    notices: [],
    ...changes,
  }
}

const WAITING: Notice = {
  ...{ id: 'evt_1', change: 'closed', channel: 'slack', to: 'sealed', notice: 'waiting' },
  ...{ tries: 0, dueAt: NOW, madeAt: NOW, error: null },
}

const ids = (found: ReadonlyArray<{ readonly record: Alert }>) => found.map(({ record }) => record.id)

function request(world: World, at: number, changes: Partial<InboundRequest>): InboundRequest {
  return {
    ...{ id: world.id('req', at), tenantId: world.tenantId, sourceId: world.id('src'), receivedAt: at },
    ...{ method: 'POST', url: '/in', headers: [], address: null, verdict: 'refused', status: 401 },
    ...{ reason: 'signature_mismatch', secretIndex: null, eventIds: [], body: new Uint8Array() },
    ...changes,
  }
}

export const ALERT_CASES: readonly Case[] = [
  {
    name: 'alerts: of a rule and its subject one is not closed; lists are by tenant and state, newest first',
    async run(world) {
      const { alerts } = world.store
      const [first, other] = [alert(world), alert(world, { state: 'pending' })]
      const operators = alert(world, { tenantId: null })
      for (const one of [first, other, operators]) assert.equal(await alerts.insert(one), true)
      assert.equal(await alerts.insert({ ...first, id: world.id('alt') }), false)
      assert.deepEqual((await alerts.live())[0], { ...(await alerts.live())[0], record: first, version: 1 })
      assert.deepEqual(ids(await alerts.live()), [first.id, other.id, operators.id])
      const closed: Alert = { ...first, state: 'closed', closedAt: NOW + 5, notices: [WAITING] }
      assert.equal(await alerts.update(closed, 1), true)
      assert.equal(await alerts.update(closed, 1), false)
      assert.deepEqual(ids(await alerts.live()), [first.id, other.id, operators.id])
      assert.equal(await alerts.update({ ...closed, notices: [{ ...WAITING, notice: 'sent' }] }, 2), true)
      assert.deepEqual(ids(await alerts.live()), [other.id, operators.id])
      const again = { ...first, id: world.id('alt') }
      assert.equal(await alerts.insert(again), true)
      const find = async (query: object) =>
        ids(await alerts.find({ tenantId: null, state: null, before: null, limit: 9, ...query }))
      assert.deepEqual(await find({}), [again.id, operators.id, first.id])
      assert.deepEqual(await find({ tenantId: world.tenantId }), [again.id, first.id])
      assert.deepEqual(await find({ state: 'closed' }), [first.id])
      assert.deepEqual(await find({ state: 'open' }), [again.id, operators.id])
      assert.deepEqual(await find({ state: 'open', tenantId: world.tenantId }), [again.id])
      const [newest] = await alerts.find({ tenantId: null, state: null, before: null, limit: 1 })
      assert.deepEqual(await find({ before: newest?.cursor }), [operators.id, first.id])
      assert.equal(await alerts.prune(NOW + 5, 9), 0)
      assert.equal(await alerts.prune(NOW + 6, 9), 1)
      assert.deepEqual(await find({}), [again.id, operators.id])
    },
  },
  {
    name: 'alerts: what rules ask for is counted, of one tenant and of all',
    async run(world) {
      const { alerts, subscriptions, deliveries } = world.store
      const own = subscription(world, { id: world.targetId as `sub_${string}` })
      await subscriptions.insert(own)
      const made = [1, 2, 3].map(() => world.leased())
      for (const delivery of made) await world.publish({}, delivery)
      const failed = { outcome: 'fatal', startedAt: NOW } as const
      await deliveries.finish([
        world.finish(made[0] as never, { to: 'delivered', at: NOW, statusCode: 200 }),
        world.finish(
          made[1] as never,
          { to: 'dead', at: NOW, statusCode: 410, error: 'status: 410' },
          { attempt: world.attempt((made[1] as never as { id: 'dlv_x' }).id, failed) },
        ),
      ])
      await world.publish({}, world.delivery({ dueAt: NOW + 7 }), world.delivery({ dueAt: NOW + 3 }))
      const measure = async (of: Measure['of'], changes: Partial<Measure> = {}) => {
        const all = { of, tenantId: null, subscriptionId: null, sourceId: null, since: NOW }
        return await alerts.measure({ ...all, ...changes })
      }
      const mine = { tenantId: world.tenantId, subscriptionId: own.id }
      for (const which of [{}, mine]) {
        assert.deepEqual(await measure('attempts', which), { value: 2, failed: 1 })
        assert.equal((await measure('dead', which)).value, 1)
        assert.equal((await measure('oldestDue', which)).value, NOW + 3)
      }
      assert.equal((await measure('attempts', { since: NOW + 1 })).value, 0)
      for (const which of [{ tenantId: world.id('ten') }, { subscriptionId: world.id('sub') }]) {
        assert.equal((await measure('attempts', which)).value, 0)
        assert.equal((await measure('dead', which)).value, 0)
        assert.equal((await measure('oldestDue', which)).value, null)
      }
      await world.store.lanes.postpone([{ targetId: world.targetId, until: null }])
      assert.equal((await measure('oldestDue')).value, null)
    },
  },
  {
    name: 'alerts: the last event of a source, and refused signatures since a time',
    async run(world) {
      const { alerts, requests } = world.store
      const sourceId = world.id('src')
      await requests.note(
        [
          request(world, NOW, { sourceId }),
          request(world, NOW + 1_000, { sourceId, reason: 'timestamp_too_old' }),
          request(world, NOW + 1_000, { sourceId, reason: 'address_refused' }),
          request(world, NOW + 1_000, {}),
        ],
        10,
      )
      const measure = async (of: Measure['of'], tenantId: Measure['tenantId'], since = NOW) =>
        (await alerts.measure({ of, tenantId, subscriptionId: null, sourceId, since })).value
      assert.equal(await measure('refused', null), 2)
      assert.equal(await measure('refused', world.tenantId, NOW + 1_000), 1)
      assert.equal(await measure('refused', world.id('ten')), 0)
      assert.equal(await measure('lastEvent', null), null)
      for (const at of [NOW + 10, NOW + 20])
        await requests.receive([
          {
            request: request(world, at, { sourceId, reason: null, status: 200, verdict: 'accepted' }),
            events: [world.newEvent({ sourceId })],
            ...{ onceToken: null, onDuplicate: 'skip' },
          },
        ])
      assert.equal(await measure('lastEvent', world.tenantId), NOW + 20)
      assert.equal(await measure('lastEvent', world.id('ten')), null)
    },
  },
  {
    name: 'alerts: subscriptions in trouble are found, those paused by hand are not',
    async run(world) {
      const { alerts, subscriptions } = world.store
      const fine = subscription(world, { name: '"failingSince":5' })
      const failing = subscription(world, { id: world.id('sub'), failingSince: NOW })
      const gone = subscription(world, { id: world.id('sub'), active: false, disabledReason: 'gone' })
      const paused = subscription(world, { id: world.id('sub'), active: false, disabledReason: 'user' })
      for (const one of [fine, failing, gone, paused]) await subscriptions.insert(one)
      assert.deepEqual(
        (await alerts.troubled(9)).map(({ id }) => id).toSorted(),
        [failing.id, gone.id].toSorted(),
      )
      assert.deepEqual(
        (await alerts.troubled(1)).map(({ id }) => id),
        [failing.id],
        'not the oldest',
      )
    },
  },
  {
    name: 'alert rules come back as they were, also the operator’s',
    async run(world) {
      const { alertRules } = world.store
      const rule: AlertRule = {
        ...{ id: world.id('alr'), tenantId: null, name: 'all', emails: ['a@b.c'], active: true },
        slack: [{ sealed: 'x', host: 'hooks.example' }],
        when: {
          ...{ kind: 'dead_letters', above: 3, windowS: null, attemptsMin: null },
          ...{ subscriptionId: null, sourceId: null },
        },
        ...{ holdMs: 0, clearMs: 0, remindMs: null, createdAt: NOW, updatedAt: NOW },
      }
      assert.equal(await alertRules.insert(rule), true)
      assert.deepEqual((await alertRules.get(null, rule.id))?.record, rule)
      assert.equal(await alertRules.get(world.tenantId, rule.id), null)
      assert.equal(await alertRules.delete(null, rule.id), true)
    },
  },
]
