import assert from 'node:assert/strict'
import { type Case, LEASE_MS, NOW } from './world.ts'

export const CLAIM_CASES: readonly Case[] = [
  {
    name: 'a claim takes what is due, oldest first, with its event and under the lease',
    async run(world) {
      const event = world.event()
      const [late, early, later] = [
        world.delivery({ dueAt: NOW }),
        world.delivery({ dueAt: NOW - 9 }),
        world.delivery({ dueAt: NOW + 1 }),
      ]
      const key = await world.publish(event, late, early, later)
      const claimed = await world.claim([{ targetId: world.targetId, limit: 10 }])
      assert.deepEqual(
        claimed.map(({ delivery }) => delivery.id),
        [early.id, late.id],
      )
      for (const item of claimed) {
        assert.deepEqual(item.event, { ...event, key })
        assert.deepEqual(item.delivery, await world.store.deliveries.get(world.tenantId, item.delivery.id))
        assert.deepEqual([item.delivery.leaseToken, item.delivery.leaseUntil], ['claimed', NOW + LEASE_MS])
      }
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 1)
    },
  },
  {
    name: 'each lane gives at most its share, however much waits in another',
    async run(world) {
      const [crowded, quiet] = [world.id('sub'), world.id('sub')]
      const crowd = Array.from({ length: 30 }, (_, index) =>
        world.delivery({ targetId: crowded, dueAt: NOW - 100 + index }),
      )
      await world.publish({}, ...crowd, world.delivery({ targetId: quiet }))
      const claimed = await world.claim([
        { targetId: crowded, limit: 4 },
        { targetId: quiet, limit: 4 },
      ])
      const counts = Map.groupBy(claimed, ({ delivery }) => delivery.targetId)
      assert.deepEqual([counts.get(crowded)?.length, counts.get(quiet)?.length], [4, 1])
      assert.equal(await world.store.lanes.nextDueAt(), NOW - 96)
    },
  },
  {
    name: 'nothing is claimed twice, also by claims made together',
    async run(world) {
      await world.publish({}, ...Array.from({ length: 20 }, () => world.delivery()))
      const lanes = [{ targetId: world.targetId, limit: 8 }]
      const claims = await Promise.all(['a', 'b', 'c', 'd'].map((token) => world.claim(lanes, { token })))
      const ids = claims.flat().map(({ delivery }) => delivery.id)
      assert.equal(ids.length, 20)
      assert.equal(new Set(ids).size, 20)
      assert.equal(await world.store.lanes.nextDueAt(), null)
    },
  },
  {
    name: 'what was given up is claimed again under a new token',
    async run(world) {
      const lanes = [{ targetId: world.targetId, limit: 1 }]
      const delivery = world.delivery()
      await world.publish({}, delivery)
      await world.claim(lanes, { token: 'one' })
      assert.deepEqual(await world.claim(lanes, { token: 'two' }), [])
      await world.store.lanes.expireLeases(NOW + LEASE_MS, 10)
      const [again] = await world.claim(lanes, { token: 'two', now: NOW + LEASE_MS })
      assert.deepEqual([again?.delivery.id, again?.delivery.leaseToken], [delivery.id, 'two'])
    },
  },
  {
    name: 'a claim of lanes that are unknown, empty or not due gives nothing',
    async run(world) {
      const empty = world.id('sub')
      await world.publish({}, world.delivery({ dueAt: NOW + 1 }), world.leased({ targetId: empty }))
      const claimed = await world.claim([
        { targetId: world.id('sub'), limit: 5 },
        { targetId: empty, limit: 5 },
        { targetId: world.targetId, limit: 5 },
      ])
      assert.deepEqual(claimed, [])
      assert.deepEqual(await world.claim([]), [])
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 1)
    },
  },
]
