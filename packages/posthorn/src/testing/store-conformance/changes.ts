import assert from 'node:assert/strict'
import { type Case, DELIVERED, LEASE_MS, NOW } from './world.ts'

const CANCEL = { from: ['pending'], transition: { to: 'cancelled', at: NOW }, now: NOW } as const
const REVIVE = {
  from: ['dead', 'cancelled', 'delivered'],
  transition: { to: 'revived', dueAt: NOW + 1 },
  now: NOW,
} as const

export const CHANGE_CASES: readonly Case[] = [
  {
    name: 'what waits can be cancelled by hand, and is then not claimed',
    async run(world) {
      const { tenantId } = world
      const delivery = world.delivery()
      await world.publish({}, delivery)
      const done = await world.store.deliveries.change({ tenantId, id: delivery.id, ...CANCEL })
      assert.equal(done?.changed, true)
      assert.deepEqual([done?.delivery.state, done?.delivery.finishedAt], ['cancelled', NOW])
      assert.deepEqual(await world.store.deliveries.get(tenantId, delivery.id), done?.delivery)
      assert.deepEqual(await world.claim([{ targetId: world.targetId, limit: 9 }]), [])
      assert.equal(await world.store.lanes.nextDueAt(), null)
    },
  },
  {
    name: 'a lease that is in force stands in the way of a change, one that has ended does not',
    async run(world) {
      const { tenantId } = world
      const delivery = world.leased()
      await world.publish({}, delivery)
      const early = await world.store.deliveries.change({
        tenantId,
        id: delivery.id,
        ...CANCEL,
        now: NOW + LEASE_MS - 1,
      })
      assert.deepEqual([early?.changed, early?.delivery.state], [false, 'pending'])
      const late = await world.store.deliveries.change({
        tenantId,
        id: delivery.id,
        ...CANCEL,
        now: NOW + LEASE_MS,
      })
      assert.deepEqual([late?.changed, late?.delivery.leaseToken], [true, null])
      assert.deepEqual(await world.store.deliveries.finish([world.finish(delivery, DELIVERED)]), [false])
    },
  },
  {
    name: 'a state that is not asked for is not changed',
    async run(world) {
      const { tenantId } = world
      const delivery = world.leased()
      await world.publish({}, delivery)
      await world.store.deliveries.finish([world.finish(delivery, DELIVERED)])
      const cancel = await world.store.deliveries.change({ tenantId, id: delivery.id, ...CANCEL })
      assert.deepEqual([cancel?.changed, cancel?.delivery.state], [false, 'delivered'])
    },
  },
  {
    name: 'a finished delivery is revived: pending, the schedule from its start, its attempts kept',
    async run(world) {
      const { tenantId } = world
      const delivery = world.leased()
      await world.publish({}, delivery)
      await world.store.deliveries.finish([
        world.finish(delivery, { to: 'dead', at: NOW, statusCode: 500, error: 'failed' }),
      ])
      const done = await world.store.deliveries.change({ tenantId, id: delivery.id, ...REVIVE })
      assert.equal(done?.changed, true)
      const { state, attempts, scheduleStart, finishedAt, dueAt } = done?.delivery ?? {}
      assert.deepEqual([state, attempts, scheduleStart, finishedAt, dueAt], ['pending', 1, 1, null, NOW + 1])
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 1)
      const claimed = await world.claim([{ targetId: world.targetId, limit: 9 }], { now: NOW + 1 })
      assert.deepEqual(
        claimed.map((item) => item.delivery.id),
        [delivery.id],
      )
      assert.equal((await world.store.deliveries.attempts(tenantId, delivery.id)).length, 1)
    },
  },
  {
    name: 'a change of an unknown delivery, or of one of another tenant, is null',
    async run(world) {
      const delivery = world.delivery()
      await world.publish({}, delivery)
      const other = await world.store.deliveries.change({
        tenantId: world.id('ten'),
        id: delivery.id,
        ...CANCEL,
      })
      assert.equal(other, null)
      const unknown = await world.store.deliveries.change({
        tenantId: world.tenantId,
        id: world.id('dlv'),
        ...CANCEL,
      })
      assert.equal(unknown, null)
      assert.equal((await world.store.deliveries.get(world.tenantId, delivery.id))?.state, 'pending')
    },
  },
  {
    name: 'an event that is there gets more deliveries; one that is not, or is not ours, gets none',
    async run(world) {
      const key = await world.publish({})
      const [own, foreign, lost] = [world.delivery(), world.delivery(), world.delivery()]
      assert.equal(await world.store.deliveries.add(key, world.tenantId, [own]), true)
      assert.equal(await world.store.deliveries.add(key, world.id('ten'), [foreign]), false)
      assert.equal(await world.store.deliveries.add(key + 1, world.tenantId, [lost]), false)
      const listed = await world.store.deliveries.list(world.deliveryQuery({ eventKey: key }))
      assert.deepEqual(
        listed.map(({ id }) => id),
        [own.id],
      )
      assert.equal(await world.store.lanes.nextDueAt(), NOW)
    },
  },
]
