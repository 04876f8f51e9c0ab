import assert from 'node:assert/strict'
import { type Case, DELIVERED, NOW, type World } from './world.ts'

const DAY = 86_400_000

/** An event received so many days ago, with one delivered delivery and its attempt. */
async function delivered(world: World, daysAgo: number): Promise<string> {
  const event = world.event({ receivedAt: NOW - daysAgo * DAY })
  const delivery = world.leased()
  await world.publish(event, delivery)
  await world.store.deliveries.finish([world.finish(delivery, DELIVERED)])
  return event.id
}

async function left(world: World): Promise<string[]> {
  return (await world.store.events.list(world.eventQuery())).map(({ id }) => id).toReversed()
}

/** Prunes until there is no more; a call that finds nothing to do must end it. */
async function pruneAll(world: World, before: number, limit: number): Promise<number> {
  let events = 0
  for (let calls = 0; calls < 200; calls += 1) {
    const count = await world.store.upkeep.prune({ before, now: before, limit })
    assert.ok(count.events <= limit)
    events += count.events
    if (!count.more) return events
  }
  throw new Error('prune says there is more, for ever')
}

export const UPKEEP_CASES: readonly Case[] = [
  {
    name: 'a ping is stored',
    async run(world) {
      await world.store.upkeep.ping()
      await world.store.upkeep.ping()
    },
  },
  {
    name: 'old events leave with their deliveries and attempts, newer ones stay',
    async run(world) {
      const ids = []
      for (const days of [30, 20, 10, 1]) ids.push(await delivered(world, days))
      const all = await world.store.deliveries.list(world.deliveryQuery())
      const count = await world.store.upkeep.prune({ before: NOW - 15 * DAY, now: NOW, limit: 100 })
      assert.deepEqual(count, { events: 2, deliveries: 2, attempts: 2, requests: 0, more: false })
      assert.deepEqual(await left(world), ids.slice(2))
      const kept = await world.store.deliveries.list(world.deliveryQuery())
      assert.equal(kept.length, 2)
      for (const { id } of all) {
        const attempts = await world.store.deliveries.attempts(world.tenantId, id)
        assert.equal(attempts.length, kept.some((delivery) => delivery.id === id) ? 1 : 0)
      }
    },
  },
  {
    name: 'pruning goes in batches, oldest first, and says when there may be more',
    async run(world) {
      const ids = []
      for (let days = 20; days > 10; days -= 1) ids.push(await delivered(world, days))
      const first = await world.store.upkeep.prune({ before: NOW, now: NOW, limit: 3 })
      assert.deepEqual([first.events, first.more], [3, true])
      assert.deepEqual(await left(world), ids.slice(3))
      assert.equal(await pruneAll(world, NOW, 3), 7)
      assert.deepEqual(await left(world), [])
    },
  },
  {
    name: 'events with something pending stay and do not hold up the others; later they leave too',
    async run(world) {
      const stuck = world.leased()
      const event = world.event({ receivedAt: NOW - 30 * DAY })
      await world.publish(event, stuck)
      for (let count = 0; count < 45; count += 1)
        await world.publish({ receivedAt: NOW - 29 * DAY }, world.delivery({ targetId: world.id('sub') }))
      for (let count = 0; count < 5; count += 1) await delivered(world, 20)
      assert.equal(await pruneAll(world, NOW, 2), 5)
      assert.equal((await left(world)).length, 46)
      await world.store.deliveries.finish([world.finish(stuck, DELIVERED)])
      assert.equal(await pruneAll(world, NOW, 2), 1)
      assert.equal(await world.store.events.get(world.tenantId, null, event.id), null)
    },
  },
  {
    name: 'a key is never used again, also after everything was pruned',
    async run(world) {
      const last = await world.publish({})
      await pruneAll(world, NOW + 1, 10)
      assert.ok((await world.publish({})) > last)
    },
  },
  {
    name: 'events are pruned by when they were received, not by their place',
    async run(world) {
      const fresh = await delivered(world, 1)
      await delivered(world, 40)
      assert.equal(await pruneAll(world, NOW - 30 * DAY, 10), 1)
      assert.deepEqual(await left(world), [fresh])
      assert.deepEqual(await world.store.upkeep.prune({ before: 0, now: NOW, limit: 10 }), {
        events: 0,
        deliveries: 0,
        attempts: 0,
        requests: 0,
        more: false,
      })
    },
  },
  {
    name: 'counts are of all tenants: pending, dead, and the longest waiting',
    async run(world) {
      assert.deepEqual(await world.store.upkeep.counts(), { pending: 0, dead: 0, oldestDueAt: null })
      const [dead, leased] = [world.leased(), world.leased({ dueAt: NOW - 99 })]
      await world.publish({}, dead, leased, world.delivery({ dueAt: NOW - 5 }))
      await world.publish(
        { tenantId: world.id('ten') },
        world.delivery({ dueAt: NOW - 7, targetId: world.id('sub') }),
      )
      await world.store.deliveries.finish([
        world.finish(dead, { to: 'dead', at: NOW, statusCode: null, error: 'timeout' }),
      ])
      assert.deepEqual(await world.store.upkeep.counts(), { pending: 3, dead: 1, oldestDueAt: NOW - 7 })
    },
  },
]
