import assert from 'node:assert/strict'
import type { Replay } from '../../domain/records.ts'
import { type Case, DELIVERED, NOW, type World } from './world.ts'

function replay(world: World, changes: Partial<Replay> = {}): Replay {
  return {
    id: world.id('rpl'),
    tenantId: world.tenantId,
    subscriptionId: world.targetId as Replay['subscriptionId'],
    since: NOW,
    until: NOW + 1000,
    states: ['dead'],
    eventTypes: null,
    state: 'running',
    cursor: 0,
    created: 0,
    scanned: 0,
    createdAt: NOW,
    finishedAt: null,
    ...changes,
  }
}

export const REPLAY_CASES: readonly Case[] = [
  {
    name: 'a scan gives the events of the span after the cursor, oldest first, with their last state',
    async run(world) {
      const [first, second] = [world.leased({ createdAt: NOW }), world.delivery({ createdAt: NOW + 5 })]
      const sourceId = world.id('src')
      await world.publish({ receivedAt: NOW - 1 })
      const keys = [
        await world.publish({ receivedAt: NOW, type: 'a' }, first),
        await world.publish(
          { receivedAt: NOW + 999, sourceId },
          world.delivery({ targetId: world.id('sub') }),
        ),
      ]
      await world.publish({ receivedAt: NOW + 1000 })
      await world.publish({ receivedAt: NOW, tenantId: world.id('ten') })
      await world.store.deliveries.finish([world.finish(first, DELIVERED)])
      const scan = (cursor: number, limit = 10) => world.store.replays.scan(replay(world, { cursor }), limit)
      const [a, b] = await scan(0)
      assert.deepEqual(a, { eventKey: keys[0], eventType: 'a', sourceId: null, lastState: 'delivered' })
      assert.deepEqual(b, { eventKey: keys[1], eventType: 'user.created', sourceId, lastState: null })
      assert.equal((await scan(0)).length, 2)
      assert.deepEqual(await scan(0, 1), [a])
      assert.deepEqual(await scan(keys[0] as number), [b])
      assert.deepEqual(await scan(keys[1] as number), [])
      await world.store.deliveries.add(keys[0] as number, world.tenantId, [second])
      assert.equal((await scan(0))[0]?.lastState, 'pending')
    },
  },
  {
    name: 'a step stores its deliveries and its progress together, and only once',
    async run(world) {
      const key = await world.publish({})
      const start = replay(world)
      await world.store.replays.insert(start)
      const next = { ...start, cursor: key, created: 1, scanned: 1 }
      const step = () =>
        world.store.replays.advance(next, 0, [
          { eventKey: key, delivery: world.delivery({ replayId: start.id, dueAt: NOW + 3 }) },
        ])
      assert.deepEqual(await Promise.all([step(), step()]), [true, false])
      assert.deepEqual(await world.store.replays.get(world.tenantId, start.id), { record: next, version: 2 })
      const [made, ...more] = await world.store.deliveries.list(world.deliveryQuery())
      assert.deepEqual([made?.replayId, made?.eventKey, more.length], [start.id, key, 0])
      assert.equal(await world.store.lanes.nextDueAt(), NOW + 3)
    },
  },
  {
    name: 'a step that fails has moved nothing',
    async run(world) {
      const taken = world.delivery()
      const key = await world.publish({}, taken)
      const start = replay(world)
      await world.store.replays.insert(start)
      const next = { ...start, cursor: key }
      const deliveries = [world.delivery(), taken].map((delivery) => ({ eventKey: key, delivery }))
      await assert.rejects(world.store.replays.advance(next, 0, deliveries))
      assert.equal((await world.store.replays.get(world.tenantId, start.id))?.record.cursor, 0)
      assert.equal((await world.store.deliveries.list(world.deliveryQuery())).length, 1)
    },
  },
  {
    name: 'a replay that was cancelled, or is unknown, goes no step further',
    async run(world) {
      const key = await world.publish({})
      const start = replay(world)
      await world.store.replays.insert(start)
      await world.store.replays.update({ ...start, state: 'cancelled' }, 1)
      const deliveries = [{ eventKey: key, delivery: world.delivery() }]
      assert.equal(await world.store.replays.advance({ ...start, cursor: key }, 0, deliveries), false)
      assert.equal(await world.store.replays.advance(replay(world, { cursor: key }), 0, deliveries), false)
      assert.deepEqual(await world.store.deliveries.list(world.deliveryQuery()), [])
    },
  },
  {
    name: 'a step leaves out events that were pruned since the scan',
    async run(world) {
      const key = await world.publish({})
      const start = replay(world)
      await world.store.replays.insert(start)
      const deliveries = [key, key + 1].map((eventKey) => ({ eventKey, delivery: world.delivery() }))
      assert.equal(await world.store.replays.advance({ ...start, cursor: key + 1 }, 0, deliveries), true)
      const made = await world.store.deliveries.list(world.deliveryQuery())
      assert.deepEqual(
        made.map(({ eventKey }) => eventKey),
        [key],
      )
    },
  },
  {
    name: 'running replays are found, over all tenants, until they are done',
    async run(world) {
      const [one, two] = [replay(world), replay(world, { tenantId: world.id('ten') })]
      for (const each of [one, two, replay(world, { state: 'done', finishedAt: NOW })])
        await world.store.replays.insert(each)
      assert.deepEqual(await world.store.replays.running(), [one, two])
      await world.store.replays.advance({ ...one, state: 'done', finishedAt: NOW }, 0, [])
      assert.deepEqual(await world.store.replays.running(), [two])
    },
  },
  {
    name: 'a replay goes on where it stood after a restart',
    needs: 'reopen',
    async run(world) {
      const key = await world.publish({})
      const start = replay(world)
      await world.store.replays.insert(start)
      const next = { ...start, cursor: key, created: 1 }
      await world.store.replays.advance(next, 0, [{ eventKey: key, delivery: world.delivery() }])
      await world.restart()
      assert.deepEqual(await world.store.replays.running(), [next])
      assert.equal(await world.store.replays.advance(next, 0, []), false)
    },
  },
]
