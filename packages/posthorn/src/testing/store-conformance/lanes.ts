import assert from 'node:assert/strict'
import type { TargetId } from '../../domain/ids.ts'
import { type Case, DELIVERED, LEASE_MS, NOW, type World } from './world.ts'

async function due(world: World, now = NOW, limit = 100): Promise<TargetId[]> {
  return (await world.store.lanes.due(now, limit)).map(({ targetId }) => targetId)
}

export const LANE_CASES: readonly Case[] = [
  {
    name: 'lanes fall due with their earliest delivery, longest waiting first, with their tenant',
    async run(world) {
      const [a, b, c] = [world.id('sub'), world.id('sub'), world.id('sub')]
      await world.publish(
        {},
        world.delivery({ targetId: a, dueAt: NOW }),
        world.delivery({ targetId: b, dueAt: NOW - 5 }),
        world.delivery({ targetId: b, dueAt: NOW + 5 }),
        world.delivery({ targetId: c, dueAt: NOW + 1 }),
      )
      const { tenantId } = world
      assert.deepEqual(await world.store.lanes.due(NOW, 10), [
        { targetId: b, tenantId, at: NOW - 5 },
        { targetId: a, tenantId, at: NOW },
      ])
      assert.deepEqual(await due(world, NOW, 1), [b])
      assert.deepEqual(await due(world, NOW + 1), [b, a, c])
      assert.deepEqual(await due(world, NOW - 6), [])
      assert.equal(await world.store.lanes.nextDueAt(), NOW - 5)
      assert.equal(await world.store.lanes.nextDueAt(NOW - 5), NOW)
      assert.equal(await world.store.lanes.nextDueAt(NOW), NOW + 1)
      assert.equal(await world.store.lanes.nextDueAt(NOW + 1), null)
    },
  },
  {
    name: 'a delivery that is stored with its lease does not wait',
    async run(world) {
      await world.publish({}, world.leased())
      assert.deepEqual(await due(world), [])
      assert.equal(await world.store.lanes.nextDueAt(), null)
      assert.deepEqual(await world.claim([{ targetId: world.targetId, limit: 5 }]), [])
    },
  },
  {
    name: 'a new delivery pulls its lane forward, a later one does not push it back',
    async run(world) {
      await world.publish({}, world.delivery({ dueAt: NOW + 50 }))
      await world.publish({}, world.delivery({ dueAt: NOW + 20 }))
      await world.publish({}, world.delivery({ dueAt: NOW + 70 }))
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 20)
    },
  },
  {
    name: 'a retry and an ended lease pull their lane forward',
    async run(world) {
      const [retried, slept] = [world.leased(), world.leased({ dueAt: NOW - 3 })]
      await world.publish({}, retried, slept)
      const again = { to: 'retry', dueAt: NOW + 9, statusCode: 500, error: 'failed' } as const
      await world.store.deliveries.finish([world.finish(retried, again)])
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 9)
      assert.equal(await world.store.lanes.expireLeases(NOW + LEASE_MS, 10), 1)
      assert.equal(await world.store.lanes.nextDueAt(), NOW - 3)
    },
  },
  {
    name: 'a postponed lane is not due before its time, whatever comes to wait in it',
    async run(world) {
      const { targetId } = world
      await world.publish({}, world.delivery())
      await world.store.lanes.postpone([{ targetId, until: NOW + 100 }])
      await world.publish({}, world.delivery({ dueAt: NOW - 50 }))
      assert.deepEqual(await due(world, NOW + 99), [])
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 100)
      assert.deepEqual(await due(world, NOW + 100), [targetId])
    },
  },
  {
    name: 'a postponement ends with the first claim after it',
    async run(world) {
      const lanes = [{ targetId: world.targetId, limit: 1 }]
      await world.publish({}, world.delivery(), world.delivery({ dueAt: NOW + 1 }))
      await world.store.lanes.postpone([{ targetId: world.targetId, until: NOW + 100 }])
      assert.deepEqual(await world.claim(lanes, { now: NOW + 99 }), [])
      assert.equal((await world.claim(lanes, { now: NOW + 100 })).length, 1)
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 1)
    },
  },
  {
    name: 'a lane that is postponed without end waits for resume, also when it was empty',
    async run(world) {
      const { targetId } = world
      await world.store.lanes.postpone([{ targetId, until: null }])
      await world.publish({}, world.delivery({ dueAt: NOW - 5 }))
      assert.deepEqual(await due(world, NOW * 2), [])
      assert.deepEqual(await world.claim([{ targetId, limit: 5 }], { now: NOW * 2 }), [])
      assert.equal(await world.store.lanes.nextDueAt(), null)
      await world.store.lanes.resume(targetId)
      assert.deepEqual(await world.store.lanes.due(NOW, 5), [
        { targetId, tenantId: world.tenantId, at: NOW - 5 },
      ])
      await world.store.lanes.resume(world.id('sub'))
    },
  },
  {
    name: 'one postponement takes the place of another',
    async run(world) {
      const { targetId } = world
      await world.publish({}, world.delivery())
      for (const until of [NOW + 9, null, NOW + 3]) await world.store.lanes.postpone([{ targetId, until }])
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 3)
    },
  },
  {
    name: 'lanes and their postponements are as they were after a restart',
    needs: 'reopen',
    async run(world) {
      const [waiting, held] = [world.id('sub'), world.id('sub')]
      await world.publish(
        {},
        world.delivery({ targetId: waiting, dueAt: NOW + 4 }),
        world.delivery({ targetId: held }),
      )
      await world.store.lanes.postpone([{ targetId: held, until: null }])
      await world.restart()
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 4)
      await world.store.lanes.resume(held)
      assert.equal(await world.store.lanes.nextDueAt(), NOW)
    },
  },
  {
    name: 'leases that have ended are given up, the longest ended first, so many at a time',
    async run(world) {
      const ends = [NOW + 3, NOW + 1, NOW + 2, NOW + 4]
      const made = ends.map((until) => world.delivery({ lease: { token: 'first', until } }))
      await world.publish({}, ...made)
      assert.equal(await world.store.lanes.expireLeases(NOW, 10), 0)
      assert.equal(await world.store.lanes.expireLeases(NOW + 3, 2), 2)
      const held = []
      for (const { id } of made)
        held.push((await world.store.deliveries.get(world.tenantId, id))?.leaseUntil ?? null)
      assert.deepEqual(held, [NOW + 3, null, null, NOW + 4])
      assert.equal(await world.store.lanes.expireLeases(NOW + 3, 2), 1)
      assert.equal(await world.store.lanes.expireLeases(NOW + 3, 2), 0)
    },
  },
  {
    name: 'what waits for a deleted target is cancelled, what is being attempted goes on',
    async run(world) {
      const { tenantId, targetId } = world
      const other = world.delivery({ targetId: world.id('sub'), dueAt: NOW + 77 })
      const leased = world.leased()
      await world.publish({}, other, leased, world.delivery(), world.delivery(), world.delivery())
      const { lanes } = world.store
      assert.equal(await lanes.cancelWaiting(world.id('ten'), targetId, NOW, 10), 0)
      assert.equal(await lanes.cancelWaiting(tenantId, targetId, NOW + 6, 2), 2)
      assert.equal(await lanes.cancelWaiting(tenantId, targetId, NOW + 6, 2), 1)
      assert.equal(await lanes.cancelWaiting(tenantId, targetId, NOW + 6, 2), 0)
      const cancelled = await world.store.deliveries.list(world.deliveryQuery({ state: 'cancelled' }))
      assert.deepEqual(
        cancelled.map(({ finishedAt }) => finishedAt),
        [NOW + 6, NOW + 6, NOW + 6],
      )
      assert.equal(await lanes.nextDueAt(), NOW + 77)
      assert.deepEqual(await world.store.deliveries.finish([world.finish(leased, DELIVERED)]), [true])
    },
  },
]
