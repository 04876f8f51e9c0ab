import assert from 'node:assert/strict'
import type { Bulk } from '../../domain/bulk.ts'
import type { Attempt, Outcome } from '../../domain/delivery.ts'
import type { DeliveryId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import { emptyCount, type MinuteRow } from '../../domain/minutes.ts'
import type { HandChange } from '../../ports/store.ts'
import { type Case, DELIVERED, NOW, type World } from './world.ts'

const DIED = (error: string, at = NOW, statusCode: number | null = 500) =>
  ({ to: 'dead', at, statusCode, error }) as const

async function died(
  world: World,
  error: string,
  at = NOW,
  statusCode: number | null = 500,
): Promise<DeliveryId> {
  const delivery = world.leased()
  await world.publish({}, delivery)
  await world.store.deliveries.finish([world.finish(delivery, DIED(error, at, statusCode))])
  return delivery.id
}

function bulkOf(world: World, ids: readonly DeliveryId[]): Bulk {
  return {
    ...{ id: world.id('blk'), tenantId: world.tenantId, action: 'retry', ids, filter: null },
    ...{ state: 'running', matched: ids.length, done: 0, changed: 0, cursor: null },
    ...{ createdAt: NOW, finishedAt: null },
  }
}

function retry(world: World, id: DeliveryId): HandChange {
  const transition = { to: 'revived', dueAt: NOW + 5 } as const
  return { tenantId: world.tenantId, id, from: ['dead'], transition, now: NOW }
}

const row = (world: World, minute: number, runId: string, events: number): MinuteRow => ({
  ...{ tenantId: world.tenantId, minute, runId },
  count: { ...emptyCount(), events, latency: { 7: 2 }, types: { 'a.b': events } },
})

export const INSIGHT_CASES: readonly Case[] = [
  {
    name: 'events are found by the bytes of their data, of their tenant only, and told whether they have them',
    async run(world) {
      const [with1, without] = [Buffer.from('{"a":"näh\\u0000dle%"}'), Buffer.from('{"a":"N\u00c4H"}')]
      const keys = [await world.publish({ data: with1 }), await world.publish({ data: without })]
      const look = (text: string, more = {}) =>
        world.store.events.search(world.eventQuery(more), Buffer.from(text))
      const found = await look('näh\\u0000dle%')
      assert.deepEqual(
        found.map(({ key, hit }) => [key, hit]),
        [
          [keys[1], false],
          [keys[0], true],
        ],
      )
      assert.deepEqual(await look('dle%', { tenantId: world.id('ten') }), [])
      const older = await look('dle%', { before: keys[1] })
      assert.deepEqual(
        older.map(({ key, hit }) => [key, hit]),
        [[keys[0], true]],
      )
      assert.equal((await look('dle%', { limit: 1 })).length, 1)
      const all = await world.store.events.search(world.eventQuery(), new Uint8Array(0))
      assert.equal(all.length, 2)
      const byKeys = await world.store.events.byKeys(world.tenantId, [keys[0] ?? 0, 987_654], 'whole')
      assert.deepEqual(
        byKeys.map(({ data }) => Buffer.from(data).toString()),
        [with1.toString()],
      )
      assert.deepEqual(await world.store.events.byKeys(world.id('ten'), [keys[0] ?? 0], 'whole'), [])
    },
  },
  {
    name: 'among others, large data is told by its size alone; by its key it is whole',
    async run(world) {
      const sizes = [LIMITS.listedDataBytes, LIMITS.listedDataBytes + 1, LIMITS.eventDataBytes]
      const keys: number[] = []
      for (const size of sizes) keys.push(await world.publish({ data: Buffer.alloc(size, '7') }))
      const { events } = world.store
      const told = [
        (await events.list(world.eventQuery())).toReversed(),
        (await events.byKeys(world.tenantId, keys, 'listed')).toSorted((a, b) => a.key - b.key),
      ]
      for (const rows of told)
        assert.deepEqual(
          rows.map(({ data, omittedBytes }) => [data.length, omittedBytes]),
          [[sizes[0], undefined], ...sizes.slice(1).map((size) => [0, size])],
        )
      const whole = await events.byKeys(world.tenantId, keys, 'whole')
      assert.deepEqual(
        whole.map(({ data }) => data.length).toSorted((a, b) => a - b),
        sizes,
      )
      assert.ok(whole.every(({ omittedBytes }) => omittedBytes === undefined))
    },
  },
  {
    name: 'what stands now is counted up to a bound: waiting, attempted before, dead',
    async run(world) {
      const { store, tenantId } = world
      const none = { waiting: 0, retrying: 0, dead: 0, oldestDueAt: null }
      assert.deepEqual(await store.deliveries.standing(tenantId, 10), none)
      const again = world.leased()
      await world.publish({}, again, world.delivery({ dueAt: NOW + 50 }), world.leased())
      const later = { to: 'retry', dueAt: NOW + 40, statusCode: 503, error: 'status' } as const
      await store.deliveries.finish([world.finish(again, later)])
      await died(world, 'timeout')
      await died(world, 'timeout')
      const standing = await store.deliveries.standing(tenantId, 10)
      assert.deepEqual(standing, { waiting: 2, retrying: 1, dead: 2, oldestDueAt: NOW + 40 })
      const { waiting, dead } = await store.deliveries.standing(tenantId, 1)
      assert.deepEqual([waiting, dead], [1, 1])
      assert.deepEqual(await store.deliveries.standing(world.id('ten'), 10), none)
    },
  },
  {
    name: 'dead letters come by target and cause, with what was answered, the largest group first, and lists know the cause',
    async run(world) {
      const { store, tenantId, targetId } = world
      const timeouts = [
        await died(world, 'timeout', NOW + 3, null),
        await died(world, 'timeout', NOW + 9, null),
      ]
      const gone = await died(world, 'gone')
      const groups = await store.deliveries.deadLetters(tenantId, 10)
      assert.deepEqual(groups, [
        {
          ...{ targetId, cause: 'timeout', count: 2, oldestAt: NOW + 3, newestAt: NOW + 9 },
          ...{ statuses: [], sample: timeouts.toSorted()[1] },
        },
        {
          ...{ targetId, cause: 'gone', count: 1, oldestAt: NOW, newestAt: NOW, sample: gone },
          statuses: [{ statusCode: 500, count: 1 }],
        },
      ])
      await died(world, 'gone', NOW, 410)
      await died(world, 'gone', NOW, 410)
      const [gones] = await store.deliveries.deadLetters(tenantId, 10)
      assert.deepEqual(gones?.statuses, [
        { statusCode: 410, count: 2 },
        { statusCode: 500, count: 1 },
      ])
      assert.deepEqual(await store.deliveries.deadLetters(world.id('ten'), 10), [])
      const few = await store.deliveries.deadLetters(tenantId, 1)
      assert.equal(
        few.reduce((sum, { count }) => sum + count, 0),
        1,
      )
      const listed = await store.deliveries.list(world.deliveryQuery({ state: 'dead', cause: 'gone' }))
      assert.equal(listed.length, 3)
      assert.ok(listed.some(({ id }) => id === gone))
    },
  },
  {
    name: 'since when a target fails is the end of its first failure after its last success',
    async run(world) {
      const { store, tenantId, targetId } = world
      const since = async (from = 0) => store.deliveries.failingSince({ tenantId, targetId, since: from })
      const tried = async (outcome: Outcome, startedAt: number) => {
        const delivery = world.leased()
        await world.publish({}, delivery)
        const attempt = world.attempt(delivery.id, { outcome, startedAt, durationMs: 20.5 })
        const ended = outcome === 'success' ? DELIVERED : DIED('failed', startedAt)
        await store.deliveries.finish([world.finish(delivery, ended, { attempt })])
      }
      assert.equal(await since(), null)
      for (const at of [NOW + 10, NOW, NOW + 5]) await tried('retry', at)
      assert.equal(await since(), NOW + 20)
      assert.equal(await since(NOW + 1), NOW + 25)
      await tried('success', NOW + 50)
      assert.equal(await since(), null)
      // Refused for good: nothing is wrong with the target.
      await tried('fatal', NOW + 60)
      assert.equal(await since(), null)
      await tried('retry', NOW + 70)
      await tried('retry', NOW + 80)
      assert.equal(await since(), NOW + 90)
      assert.equal(
        await store.deliveries.failingSince({ tenantId: world.id('ten'), targetId, since: 0 }),
        null,
      )
    },
  },
  {
    name: 'the last failure of a target is found behind successes, and is nobody else’s',
    async run(world) {
      const { store, tenantId, targetId } = world
      const of = { tenantId, targetId, since: 0 }
      const tried = async (startedAt: number, how: Partial<Attempt>) => {
        const delivery = world.leased()
        await world.publish({}, delivery)
        const attempt = world.attempt(delivery.id, { startedAt, ...how })
        const ended = how.outcome === 'success' ? DELIVERED : DIED('failed', startedAt)
        await store.deliveries.finish([world.finish(delivery, ended, { attempt })])
      }
      assert.equal(await store.deliveries.lastFailure(of), null)
      await tried(NOW + 10, { outcome: 'retry', errorCode: 'failed', statusCode: 503 })
      await tried(NOW, { outcome: 'retry', errorCode: 'timeout', statusCode: null })
      await tried(NOW + 20, { outcome: 'success', errorCode: null, statusCode: 200 })
      assert.deepEqual(await store.deliveries.lastFailure(of), { errorCode: 'failed', statusCode: 503 })
      assert.equal(await store.deliveries.lastFailure({ ...of, since: NOW + 11 }), null)
      assert.equal(await store.deliveries.lastFailure({ ...of, tenantId: world.id('ten') }), null)
      await tried(NOW + 30, { outcome: 'fatal', errorCode: 'timeout', statusCode: null })
      assert.deepEqual(await store.deliveries.lastFailure(of), { errorCode: 'timeout', statusCode: null })
    },
  },
  {
    name: 'a step of a bulk is one commit: changes, their results and its progress, once',
    async run(world) {
      const { store, tenantId } = world
      const dead = await died(world, 'timeout')
      const delivered = world.leased()
      await world.publish({}, delivered)
      await store.deliveries.finish([world.finish(delivered, DELIVERED)])
      const ids = [dead, delivered.id, world.id('dlv')]
      const bulk = bulkOf(world, ids)
      assert.equal(await store.bulks.insert(bulk), true)
      assert.deepEqual(await store.bulks.running(), [bulk])
      const next: Bulk = { ...bulk, done: 3, state: 'done', finishedAt: NOW }
      const changes = ids.map((id) => retry(world, id))
      const results = ['changed', 'state_conflict', 'not_found']
      const items = await store.bulks.advance(next, 0, changes)
      assert.deepEqual(
        items?.map(({ result }) => result),
        results,
      )
      assert.deepEqual((await store.bulks.get(tenantId, bulk.id))?.record, { ...next, changed: 1 })
      assert.equal((await store.deliveries.get(tenantId, dead))?.state, 'pending')
      assert.equal(await store.lanes.nextDueAt(), NOW + 5)
      assert.equal(await store.bulks.advance(next, 0, changes), null, 'a step was done twice')
      assert.deepEqual(await store.bulks.running(), [])
      const kept = await store.bulks.items(bulk.id, null, 10)
      assert.deepEqual(
        kept.map(({ deliveryId }) => deliveryId),
        ids.toSorted(),
      )
      const [first] = kept
      assert.equal((await store.bulks.items(bulk.id, first?.deliveryId ?? null, 10)).length, 2)
      assert.equal(await store.bulks.prune(NOW - 1, 10), 0)
      assert.equal(await store.bulks.prune(NOW * 2, 10), 3)
      assert.equal(await store.bulks.get(tenantId, bulk.id), null)
    },
  },
  {
    name: 'a bulk that was cancelled, or of which another process has made the step, does nothing',
    async run(world) {
      const { store, tenantId } = world
      const dead = await died(world, 'timeout')
      const bulk = bulkOf(world, [dead])
      await store.bulks.insert(bulk)
      assert.equal(await store.bulks.advance({ ...bulk, done: 2 }, 1, [retry(world, dead)]), null)
      await store.bulks.update({ ...bulk, state: 'cancelled', finishedAt: NOW }, 1)
      assert.equal(await store.bulks.advance({ ...bulk, done: 1 }, 0, [retry(world, dead)]), null)
      assert.equal((await store.deliveries.get(tenantId, dead))?.state, 'dead')
      assert.deepEqual(await store.bulks.items(bulk.id, null, 10), [])
    },
  },
  {
    name: 'a dead letter that is dropped is cancelled, and revived like any other',
    async run(world) {
      const { store, tenantId } = world
      const id = await died(world, 'timeout')
      const transition = { to: 'dropped', at: NOW + 1 } as const
      const dropped = await store.deliveries.change({ tenantId, id, from: ['dead'], transition, now: NOW })
      assert.deepEqual([dropped?.changed, dropped?.delivery.state], [true, 'cancelled'])
      assert.equal((await store.deliveries.standing(tenantId, 10)).dead, 0)
      const back = await store.deliveries.change({ ...retry(world, id), from: ['cancelled'] })
      assert.equal(back?.delivery.state, 'pending')
    },
  },
  {
    name: 'counts of minutes: each process has its own row, which is written again and again',
    async run(world) {
      const { store, tenantId } = world
      await store.minutes.put([row(world, 5, 'one', 1), row(world, 6, 'one', 2)])
      await store.minutes.put([row(world, 6, 'one', 3), row(world, 6, 'two', 4)])
      await store.minutes.put([])
      const listed = async (from: number, to: number) =>
        (await store.minutes.list(tenantId, from, to))
          .map(({ minute, runId, count }) => [minute, runId, count.events])
          .sort((a, b) => String(a).localeCompare(String(b)))
      assert.deepEqual(await listed(0, 9), [
        [5, 'one', 1],
        [6, 'one', 3],
        [6, 'two', 4],
      ])
      assert.deepEqual(await listed(5, 6), [[5, 'one', 1]])
      assert.deepEqual(await store.minutes.list(world.id('ten'), 0, 9), [])
      assert.deepEqual((await store.minutes.list(tenantId, 5, 6))[0]?.count, {
        ...{ events: 1, delivered: 0, failed: 0 },
        ...{ latency: { 7: 2 }, types: { 'a.b': 1 }, failing: {} },
      })
      assert.equal(await store.minutes.prune(6, 10), 1)
      assert.equal((await listed(0, 9)).length, 2)
    },
  },
]
