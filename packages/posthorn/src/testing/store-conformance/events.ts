import assert from 'node:assert/strict'
import type { StoredEvent } from '../../domain/event.ts'
import { allPages, type Case, NOW, type World } from './world.ts'

const HOUR = 3_600_000

export const EVENT_CASES: readonly Case[] = [
  {
    name: 'an event comes back byte for byte, up to 1 MiB and down to nothing',
    async run(world) {
      const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte)
      const large = new Uint8Array(1024 * 1024).map((_, index) => index % 251)
      for (const data of [everyByte, large, new Uint8Array(0), everyByte.subarray(10, 20)]) {
        const event = world.event({
          data,
          contentType: 'text/plain; charset="x"',
          occurredAt: 0,
          requestId: 'the request',
          trace: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
          dedupeUntil: NOW + HOUR,
        })
        const key = await world.publish(event)
        assert.deepEqual(await world.store.events.get(world.tenantId, null, event.id), {
          ...event,
          data: Uint8Array.from(data),
          key,
        })
      }
    },
  },
  {
    name: 'keys grow in the order of the batch and from call to call',
    async run(world) {
      const first = await world.store.events.insert([world.newEvent({}), world.newEvent({})])
      const second = await world.publish({})
      const keys = [...first.map((result) => (result.status === 'stored' ? result.key : Number.NaN)), second]
      assert.deepEqual(
        keys,
        keys.toSorted((a, b) => a - b),
      )
      assert.equal(new Set(keys).size, 3)
    },
  },
  {
    name: 'a repeated event is a duplicate with its first result, and nothing is written',
    async run(world) {
      const event = world.event()
      const key = await world.publish(event, world.delivery(), world.delivery())
      await world.store.deliveries.add(key, world.tenantId, [world.delivery()])
      const again = await world.store.events.insert([{ event, deliveries: [world.delivery()] }])
      assert.deepEqual(again, [{ status: 'duplicate', key, deliveries: 2 }])
      assert.equal((await world.store.deliveries.list(world.deliveryQuery())).length, 3)
    },
  },
  {
    name: 'the same id with other content is a conflict, and nothing is written',
    async run(world) {
      const event = world.event()
      await world.publish(event)
      const other = { ...event, contentHash: 'other', data: new Uint8Array([1]) }
      const result = await world.store.events.insert([{ event: other, deliveries: [world.delivery()] }])
      const stored = await world.store.events.get(world.tenantId, null, event.id)
      assert.deepEqual(result, [{ status: 'conflict', key: stored?.key }])
      assert.deepEqual(stored?.data, event.data)
      assert.deepEqual(await world.store.deliveries.list(world.deliveryQuery()), [])
    },
  },
  {
    name: 'a batch finds its own duplicates and conflicts, and answers in order',
    async run(world) {
      const event = world.event()
      const results = await world.store.events.insert([
        world.newEvent(event, world.delivery()),
        world.newEvent({}),
        world.newEvent(event, world.delivery()),
        world.newEvent({ ...event, contentHash: 'other' }),
      ])
      assert.deepEqual(
        results.map(({ status }) => status),
        ['stored', 'stored', 'duplicate', 'conflict'],
      )
      assert.equal((await world.store.deliveries.list(world.deliveryQuery())).length, 1)
    },
  },
  {
    name: 'an event is one by tenant, source and id together',
    async run(world) {
      const sourceId = world.id('src')
      const otherTenant = world.id('ten')
      const id = 'order-17'
      const keys = [
        await world.publish({ id }),
        await world.publish({ id, sourceId }),
        await world.publish({ id, sourceId: world.id('src') }),
        await world.publish({ id, tenantId: otherTenant }),
      ]
      assert.equal(new Set(keys).size, 4)
      assert.equal((await world.store.events.get(world.tenantId, null, id))?.key, keys[0])
      assert.equal((await world.store.events.get(world.tenantId, sourceId, id))?.key, keys[1])
      assert.equal((await world.store.events.get(otherTenant, null, id))?.key, keys[3])
      assert.equal(await world.store.events.get(otherTenant, sourceId, id), null)
      assert.equal(await world.store.events.get(world.tenantId, null, 'order-18'), null)
    },
  },
  {
    name: 'a call that fails has written nothing, and fails alone among those made with it',
    async run(world) {
      const taken = world.delivery()
      await world.publish({}, taken)
      const [before, after, whole] = [world.event(), world.event(), world.event()]
      const [failed, stored] = await Promise.allSettled([
        world.store.events.insert([
          { event: before, deliveries: [world.delivery()] },
          { event: after, deliveries: [world.delivery(), taken] },
        ]),
        world.store.events.insert([{ event: whole, deliveries: [world.delivery()] }]),
      ])
      assert.equal(failed.status, 'rejected')
      assert.equal(stored.status, 'fulfilled')
      const ids = (await world.store.events.list(world.eventQuery())).map(({ id }) => id)
      assert.ok(ids.includes(whole.id) && !ids.includes(before.id) && !ids.includes(after.id))
      assert.equal((await world.store.deliveries.list(world.deliveryQuery())).length, 2)
    },
  },
  {
    name: 'calls made together each get their own answer',
    async run(world) {
      const events = Array.from({ length: 60 }, () => world.event())
      const results = await Promise.all(
        events.map((event) => world.store.events.insert([{ event, deliveries: [] }])),
      )
      for (const [index, [result]] of results.entries()) {
        const stored = await world.store.events.get(world.tenantId, null, events[index]?.id ?? '')
        assert.deepEqual(result, { status: 'stored', key: stored?.key })
      }
    },
  },
  {
    name: 'what was stored is there after a restart',
    needs: 'reopen',
    async run(world) {
      const event = world.event()
      const key = await world.publish(event, world.leased())
      await world.restart()
      assert.deepEqual(await world.store.events.get(world.tenantId, null, event.id), { ...event, key })
      assert.ok((await world.publish({})) > key)
    },
  },
  {
    name: 'events are listed newest first, page after page, each once',
    async run(world) {
      const keys = []
      for (let count = 0; count < 7; count += 1) keys.push(await world.publish({}))
      await world.publish({ tenantId: world.id('ten') })
      const seen = await allPages<StoredEvent>((last) =>
        world.store.events.list(world.eventQuery({ before: last?.key ?? null, limit: 3 })),
      )
      assert.deepEqual(
        seen.map(({ key }) => key),
        keys.toReversed(),
      )
    },
  },
  {
    name: 'events are filtered by type: exactly, by category, and without wildcards of SQL',
    async run(world) {
      const types = ['user', 'user.created', 'user.a.b', 'users.x', 'User.x', 'us_r.x', 'us%.x', 'user-x.y']
      for (const type of types) await world.publish({ type })
      const listed = async (eventType: string | null) =>
        (await world.store.events.list(world.eventQuery({ eventType }))).map(({ type }) => type).toReversed()
      assert.deepEqual(await listed(null), types)
      assert.deepEqual(await listed('*'), types)
      assert.deepEqual(await listed('user.*'), ['user.created', 'user.a.b'])
      assert.deepEqual(await listed('user.a.*'), ['user.a.b'])
      assert.deepEqual(await listed('user'), ['user'])
      assert.deepEqual(await listed('us_r.*'), ['us_r.x'])
      assert.deepEqual(await listed('us%.*'), ['us%.x'])
      assert.deepEqual(await listed('nothing.*'), [])
    },
  },
  {
    name: 'events are filtered by source: any, one, or published here',
    async run(world) {
      const sourceId = world.id('src')
      const [here, there] = [await world.publish({}), await world.publish({ sourceId })]
      const listed = async (query: Parameters<World['eventQuery']>[0]) =>
        (await world.store.events.list(world.eventQuery(query))).map(({ key }) => key)
      assert.deepEqual(await listed({}), [there, here])
      assert.deepEqual(await listed({ sourceId: null }), [here])
      assert.deepEqual(await listed({ sourceId }), [there])
    },
  },
  {
    name: 'events are filtered by time: since is included, until is not, also when the clock went back',
    async run(world) {
      const at = [0, 1, HOUR, -3 * HOUR, 30 * HOUR, 2]
      for (const offset of at) await world.publish({ receivedAt: NOW + offset })
      // Where the clock goes back over the end of a day, a store may have keys that follow the clock.
      const offsets = async (since: number | null, until: number | null) => {
        const events = await world.store.events.list(world.eventQuery({ since, until }))
        assert.deepEqual(
          events.map(({ key }) => key),
          events.map(({ key }) => key).sort((a, b) => b - a),
        )
        return events.map(({ receivedAt }) => receivedAt - NOW).sort((a, b) => a - b)
      }
      assert.deepEqual(await offsets(NOW, NOW + 2), [0, 1])
      assert.deepEqual(await offsets(NOW + 1, null), [1, 2, HOUR, 30 * HOUR])
      assert.deepEqual(await offsets(null, NOW), [-3 * HOUR])
      assert.deepEqual(await offsets(NOW + 3, NOW + HOUR), [])
      assert.deepEqual(await offsets(NOW + 100 * HOUR, null), [])
      assert.deepEqual(await offsets(null, 0), [])
    },
  },
]
