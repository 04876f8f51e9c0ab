import assert from 'node:assert/strict'
import { isPosthornError } from '../../domain/error.ts'
import { DAY, Inbound, keyOf, pruneAll } from './inbound.ts'
import { type Case, NOW, type World } from './world.ts'

const LONG_AGO = NOW - 20 * DAY

/** Everything that was received before this moment leaves. */
function prune(world: World, now = NOW): Promise<unknown> {
  return pruneAll(world, { before: NOW - DAY, now, limit: 10 })
}

export const REMEMBERED_CASES: readonly Case[] = [
  {
    name: 'an id is remembered beyond its event, and its time ends it',
    async run(world) {
      const inbound = new Inbound(world)
      const times = { receivedAt: LONG_AGO, dedupeUntil: NOW + 10 * DAY }
      await inbound.receive([inbound.event('one', 'a', times)], times)
      await prune(world)
      assert.equal(await world.store.events.get(world.tenantId, inbound.sourceId, 'one'), null)
      for (const receivedAt of [NOW, NOW + 10 * DAY - 1]) {
        const again = await inbound.receive([
          inbound.with(inbound.event('one', 'a', { receivedAt }), world.delivery()),
        ])
        assert.equal(again.verdict, 'duplicate')
        assert.deepEqual(again.results, [{ status: 'duplicate', key: null, deliveries: 0 }])
        assert.equal(await inbound.bodyOf(again.id), 'a')
      }
      const other = await inbound.receive([inbound.event('one', 'b')])
      assert.deepEqual([other.verdict, other.results], ['duplicate', [{ status: 'conflict', key: null }]])
      assert.equal(await inbound.bodyOf(other.id), 'b')
      const late = await inbound.receive([inbound.event('one', 'a', { receivedAt: NOW + 10 * DAY })])
      assert.equal(late.verdict, 'accepted')
      assert.deepEqual(await world.store.deliveries.list(world.deliveryQuery()), [])
    },
  },
  {
    name: 'an id that was received again is remembered until its new time',
    async run(world) {
      const inbound = new Inbound(world)
      for (const until of [LONG_AGO + 5, NOW + 10 * DAY]) {
        const times = { receivedAt: LONG_AGO + 10, dedupeUntil: until }
        assert.equal((await inbound.receive([inbound.event('one', 'a', times)])).verdict, 'accepted')
        await pruneAll(world, { before: NOW - DAY, now: LONG_AGO, limit: 10 })
      }
      await prune(world, NOW + 9 * DAY)
      const again = await inbound.receive([inbound.event('one', 'a', { receivedAt: NOW + 9 * DAY })])
      assert.equal(again.verdict, 'duplicate')
    },
  },
  {
    name: 'without such a time, or after it, nothing is remembered of an event that is gone',
    async run(world) {
      const inbound = new Inbound(world)
      for (const dedupeUntil of [null, NOW]) {
        const event = inbound.event(`until ${dedupeUntil}`, 'a', { receivedAt: LONG_AGO, dedupeUntil })
        await inbound.receive([event])
        assert.equal((await inbound.receive([event])).verdict, 'duplicate')
        await prune(world)
        assert.equal((await inbound.receive([{ ...event, receivedAt: NOW }])).verdict, 'accepted')
      }
    },
  },
  {
    name: 'remembered ids leave at their time, in batches, and the others stay',
    async run(world) {
      const inbound = new Inbound(world)
      for (let index = 0; index < 12; index += 1) {
        const dedupeUntil = NOW + (index % 2 === 0 ? 1 : 10) * DAY
        await inbound.receive([inbound.event(`event ${index}`, 'a', { receivedAt: LONG_AGO, dedupeUntil })])
      }
      await prune(world)
      await pruneAll(world, { before: 0, now: NOW + DAY, limit: 2 })
      // By a clock that was set back: only what was really removed is new.
      for (let index = 0; index < 12; index += 1) {
        const again = await inbound.receive([inbound.event(`event ${index}`)])
        assert.equal(again.verdict, index % 2 === 0 ? 'accepted' : 'duplicate', `event ${index}`)
      }
    },
  },
  {
    name: 'where it is asked for, an id that is only remembered is stored again and then known as before',
    async run(world) {
      const inbound = new Inbound(world)
      await inbound.receive([inbound.event('one', 'a', { receivedAt: LONG_AGO })])
      await prune(world)
      const delivery = world.delivery()
      const again = await inbound.receive([inbound.with(inbound.event('one', 'b'), delivery)], {
        onDuplicate: 'deliver',
      })
      assert.deepEqual([again.verdict, again.results[0]?.status], ['accepted', 'stored'])
      assert.deepEqual(await inbound.deliveriesOf(keyOf(again)), [delivery.id])
      const third = await inbound.receive([inbound.event('one', 'b')])
      assert.deepEqual(third.results, [{ status: 'duplicate', key: keyOf(again), deliveries: 1 }])
    },
  },
  {
    name: 'a remembered id is one by tenant and source',
    async run(world) {
      const [one, two, three] = [new Inbound(world), new Inbound(world), new Inbound(world, world.id('ten'))]
      await one.receive([one.event('same', 'a', { receivedAt: LONG_AGO })])
      await prune(world)
      assert.equal((await two.receive([two.event('same')])).verdict, 'accepted')
      assert.equal((await three.receive([three.event('same')])).verdict, 'accepted')
      assert.equal((await one.receive([one.event('same')])).verdict, 'duplicate')
    },
  },
  {
    name: 'a token holds for one request, whatever its events, until its time',
    async run(world) {
      const [inbound, other] = [new Inbound(world), new Inbound(world)]
      const until = NOW + 2 * DAY
      const event = (id: string, receivedAt = NOW) =>
        inbound.event(id, id, { receivedAt, dedupeUntil: until })
      const onceToken = 'token'
      assert.equal((await inbound.receive([event('one')], { onceToken })).verdict, 'accepted')
      for (const onDuplicate of ['skip', 'deliver'] as const) {
        const items = [inbound.with(event('two'), world.delivery()), event('one')]
        const used = await inbound.receive(items, { onceToken, onDuplicate })
        assert.equal(used.verdict, 'duplicate')
        const unseen = { status: 'duplicate', key: null, deliveries: 0 }
        assert.deepEqual(used.results, [unseen, unseen])
      }
      const alone = await inbound.receive([event('three')], { onceToken })
      assert.equal(await inbound.bodyOf(alone.id), 'three')
      assert.equal(await world.store.events.get(world.tenantId, inbound.sourceId, 'two'), null)
      assert.deepEqual(await world.store.deliveries.list(world.deliveryQuery()), [])
      assert.equal((await other.receive([other.event('two')], { onceToken })).verdict, 'accepted')
      assert.equal((await inbound.receive([event('late', until)], { onceToken })).verdict, 'accepted')
    },
  },
  {
    name: 'a token outlives its event, and leaves at its time; without a time it holds for good',
    async run(world) {
      const inbound = new Inbound(world)
      for (const dedupeUntil of [NOW + DAY, null]) {
        const onceToken = `until ${dedupeUntil}`
        const times = { receivedAt: LONG_AGO, dedupeUntil }
        await inbound.receive([inbound.event(onceToken, 'a', times)], { onceToken })
        await prune(world)
        const early = await inbound.receive([inbound.event(`early ${onceToken}`)], { onceToken })
        assert.equal(early.verdict, 'duplicate')
        await prune(world, NOW + DAY)
        const late = await inbound.receive([inbound.event(`late ${onceToken}`)], { onceToken })
        assert.equal(late.verdict, dedupeUntil === null ? 'duplicate' : 'accepted')
      }
    },
  },
  {
    name: 'a request that could not be stored has used neither its token nor its ids',
    async run(world) {
      const inbound = new Inbound(world)
      const taken = world.delivery()
      await world.publish({}, taken)
      const onceToken = 'token'
      const failing = inbound.receive([inbound.with(inbound.event('one'), taken)], { onceToken })
      await assert.rejects(failing, (error) => isPosthornError(error))
      assert.equal((await inbound.receive([inbound.event('one')], { onceToken })).verdict, 'accepted')
    },
  },
  {
    name: 'what is remembered is so after a restart',
    needs: 'reopen',
    async run(world) {
      const inbound = new Inbound(world)
      await inbound.receive([inbound.event('one', 'a', { receivedAt: LONG_AGO })], { onceToken: 'token' })
      await prune(world)
      await world.restart()
      assert.equal((await inbound.receive([inbound.event('one')])).verdict, 'duplicate')
      assert.equal((await inbound.receive([inbound.event('x')], { onceToken: 'token' })).verdict, 'duplicate')
    },
  },
]
