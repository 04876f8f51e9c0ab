import assert from 'node:assert/strict'
import type { DeliveryId, TargetId } from '../../domain/ids.ts'
import type { Transition } from '../../domain/transition.ts'
import type { DeliveryQuery } from '../../ports/store.ts'
import { allPages, type Case, DELIVERED, NOW, type World } from './world.ts'

const DEAD: Transition = { to: 'dead', at: NOW, statusCode: 500, error: 'failed' }
const CANCELLED: Transition = { to: 'cancelled', at: NOW }

/** One delivery in each state, and a pending one under lease, for the target. */
async function oneOfEach(world: World, targetId: TargetId, type = 'user.created') {
  const made = {
    delivered: world.leased({ targetId }),
    dead: world.leased({ targetId }),
    cancelled: world.leased({ targetId }),
    waiting: world.delivery({ targetId }),
    leased: world.leased({ targetId }),
  }
  const eventKey = await world.publish({ type }, ...Object.values(made))
  await world.store.deliveries.finish([
    world.finish(made.delivered, DELIVERED),
    world.finish(made.dead, DEAD),
    world.finish(made.cancelled, CANCELLED, { attempt: null }),
  ])
  return { ...made, eventKey }
}

function newestFirst(...deliveries: ReadonlyArray<{ readonly id: DeliveryId }>): string[] {
  return deliveries.map(({ id }) => id as string).sort((a, b) => (a > b ? -1 : 1))
}

async function listed(world: World, query: Partial<DeliveryQuery>): Promise<string[]> {
  return (await world.store.deliveries.list(world.deliveryQuery(query))).map(({ id }) => id)
}

export const LIST_CASES: readonly Case[] = [
  {
    name: 'deliveries are filtered by state, of the tenant, of a target and of an event, newest first',
    async run(world) {
      const [one, two] = [world.id('sub'), world.id('sub')]
      const [a, b] = [await oneOfEach(world, one), await oneOfEach(world, two)]
      const STATES = ['delivered', 'dead', 'cancelled'] as const
      for (const state of STATES) {
        assert.deepEqual(await listed(world, { state }), newestFirst(a[state], b[state]))
        assert.deepEqual(await listed(world, { state, targetId: two }), newestFirst(b[state]))
        assert.deepEqual(await listed(world, { state, eventKey: a.eventKey }), newestFirst(a[state]))
      }
      const pendingOfA = newestFirst(a.waiting, a.leased)
      assert.deepEqual(await listed(world, { state: 'pending', targetId: one }), pendingOfA)
      assert.deepEqual(await listed(world, { state: 'pending', eventKey: a.eventKey }), pendingOfA)
      assert.deepEqual(
        await listed(world, { state: 'pending' }),
        newestFirst(a.waiting, a.leased, b.waiting, b.leased),
      )
      assert.equal((await listed(world, {})).length, 10)
      assert.equal((await listed(world, { targetId: one })).length, 5)
      assert.equal((await listed(world, { targetId: one, eventKey: b.eventKey })).length, 0)
    },
  },
  {
    name: 'no list of deliveries shows those of another tenant',
    async run(world) {
      const { eventKey } = await oneOfEach(world, world.targetId)
      const tenantId = world.id('ten')
      for (const state of [null, 'pending', 'delivered', 'dead', 'cancelled'] as const)
        for (const targetId of [null, world.targetId])
          for (const key of [null, eventKey])
            assert.deepEqual(await listed(world, { tenantId, state, targetId, eventKey: key }), [])
    },
  },
  {
    name: 'deliveries are listed page after page, each once, in every state',
    async run(world) {
      for (let count = 0; count < 3; count += 1) await oneOfEach(world, world.targetId)
      for (const state of [null, 'pending', 'dead'] as const)
        for (const targetId of [null, world.targetId]) {
          const whole = await listed(world, { state, targetId })
          const seen = await allPages<string>((last) =>
            listed(world, { state, targetId, before: last as DeliveryId | null, limit: 2 }),
          )
          assert.deepEqual(seen, whole)
          assert.ok(whole.length > 2)
        }
    },
  },
  {
    name: 'deliveries are filtered by event type, in every state',
    async run(world) {
      const a = await oneOfEach(world, world.targetId, 'user.created')
      const b = await oneOfEach(world, world.targetId, 'order.paid')
      assert.deepEqual(await listed(world, { eventType: 'user.*', state: 'dead' }), newestFirst(a.dead))
      assert.deepEqual(
        await listed(world, { eventType: 'order.paid', state: 'pending' }),
        newestFirst(b.waiting, b.leased),
      )
      assert.equal((await listed(world, { eventType: '*' })).length, 10)
      assert.equal((await listed(world, { eventType: 'order.*', targetId: world.targetId })).length, 5)
    },
  },
  {
    name: 'deliveries are filtered by time: since is included, until is not',
    async run(world) {
      const at = [0, 1, 2, 3_600_000, 90_000_000]
      const made = at.map((offset) => world.delivery({ createdAt: NOW + offset, dueAt: NOW + offset }))
      await world.publish({}, ...made)
      for (const state of [null, 'pending'] as const) {
        const between = async (since: number | null, until: number | null) => {
          const rows = await world.store.deliveries.list(world.deliveryQuery({ since, until, state }))
          return rows.map(({ createdAt }) => createdAt - NOW)
        }
        assert.deepEqual(await between(NOW + 1, NOW + 3_600_000), [2, 1])
        assert.deepEqual(await between(NOW + 2, null), [90_000_000, 3_600_000, 2])
        assert.deepEqual(await between(null, NOW + 1), [0])
        assert.deepEqual(await between(null, 0), [])
      }
    },
  },
  {
    name: 'statistics count attempts of one target in a window, and what stands open now',
    async run(world) {
      const { tenantId, targetId } = world
      const made = Array.from({ length: 100 }, () => world.leased())
      await world.publish({}, ...made, world.delivery({ dueAt: NOW - 7 }), world.leased({ dueAt: NOW - 9 }))
      await oneOfEach(world, world.id('sub'))
      await world.store.deliveries.finish(
        made.map((delivery, index) =>
          world.finish(delivery, index < 90 ? DELIVERED : DEAD, {
            attempt: world.attempt(delivery.id, {
              startedAt: NOW + index,
              durationMs: index + 1,
              outcome: index < 90 ? 'success' : 'fatal',
            }),
          }),
        ),
      )
      const stats = await world.store.deliveries.stats({ tenantId, targetId, since: NOW, until: NOW + 100 })
      assert.deepEqual(stats, {
        attempts: 100,
        succeeded: 90,
        failed: 10,
        p50Ms: 50,
        p90Ms: 90,
        p99Ms: 99,
        pending: 2,
        dead: 10,
        oldestDueAt: NOW - 9,
      })
      const part = await world.store.deliveries.stats({
        tenantId,
        targetId,
        since: NOW + 89,
        until: NOW + 91,
      })
      assert.deepEqual(
        [part.attempts, part.succeeded, part.p50Ms, part.p90Ms, part.p99Ms],
        [2, 1, 90, 91, 91],
      )
    },
  },
  {
    name: 'statistics of nothing are zeros and nulls, also for a target of another tenant',
    async run(world) {
      await oneOfEach(world, world.targetId)
      const stats = await world.store.deliveries.stats({
        tenantId: world.id('ten'),
        targetId: world.targetId,
        since: 0,
        until: NOW * 2,
      })
      const zeros = { attempts: 0, succeeded: 0, failed: 0, pending: 0, dead: 0 }
      assert.deepEqual(stats, { ...zeros, p50Ms: null, p90Ms: null, p99Ms: null, oldestDueAt: null })
    },
  },
]
