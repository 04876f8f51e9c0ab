import assert from 'node:assert/strict'
import type { InboundRequest } from '../../domain/inbound-request.ts'
import { DAY, Inbound, keyOf, pruneAll } from './inbound.ts'
import { allPages, type Case, DELIVERED, NOW } from './world.ts'

export const REQUEST_CASES: readonly Case[] = [
  {
    name: 'a request comes back as it was, its body from its only event, and the event knows it',
    async run(world) {
      const inbound = new Inbound(world)
      const leased = world.leased()
      const event = inbound.event('one', 'the body', { trace: '00-ab-cd-01', occurredAt: NOW - 9 })
      const received = inbound.received([inbound.with(event, leased)])
      const [result] = await world.store.requests.receive([received])
      assert.equal(result?.verdict, 'accepted')
      assert.deepEqual(await inbound.get(received.request.id), { ...received.request, body: event.data })
      const stored = await world.store.events.get(world.tenantId, inbound.sourceId, 'one')
      assert.deepEqual(stored, { ...event, requestId: received.request.id, key: keyOf(result) })
      assert.deepEqual(await world.store.events.list(world.eventQuery()), [stored])
      assert.equal((await world.store.deliveries.get(world.tenantId, leased.id))?.leaseToken, 'first')
      assert.equal(await world.store.lanes.nextDueAt(), null)
    },
  },
  {
    name: 'a claim gives an inbound event with its request, trace and dedupe time',
    async run(world) {
      const inbound = new Inbound(world)
      const event = inbound.event('one', 'a', { trace: '00-ab-cd-01' })
      const { id } = await inbound.receive([inbound.with(event, world.delivery())])
      const [claimed] = await world.claim([{ targetId: world.targetId, limit: 1 }])
      assert.ok(claimed)
      const { key: _, ...rest } = claimed.event
      assert.deepEqual(rest, { ...event, requestId: id })
    },
  },
  {
    name: 'a batch is stored with all its events and its own body',
    async run(world) {
      const inbound = new Inbound(world)
      const items = ['a', 'b', 'c'].map((id) => inbound.with(inbound.event(id, id), world.delivery()))
      const result = await inbound.receive(items)
      assert.deepEqual(
        result.results.map(({ status }) => status),
        ['stored', 'stored', 'stored'],
      )
      assert.equal(await inbound.bodyOf(result.id), 'abc')
      assert.deepEqual((await inbound.get(result.id))?.eventIds, ['a', 'b', 'c'])
      assert.equal((await world.store.deliveries.list(world.deliveryQuery())).length, 3)
      const bodiless = await inbound.receive([inbound.event('d'), inbound.event('e')], { body: null })
      assert.equal(await inbound.bodyOf(bodiless.id), null)
    },
  },
  {
    name: 'a request with one event that cannot be stored leaves nothing, and fails alone',
    async run(world) {
      const inbound = new Inbound(world)
      const taken = world.delivery()
      await world.publish({}, taken)
      const bad = inbound.received([inbound.event('a'), inbound.with(inbound.event('b'), taken)])
      const good = inbound.received([inbound.event('c')])
      const [failed, stored] = await Promise.allSettled([
        world.store.requests.receive([bad]),
        world.store.requests.receive([good]),
      ])
      assert.deepEqual([failed.status, stored.status], ['rejected', 'fulfilled'])
      assert.deepEqual(await inbound.listed(), [good.request.id])
      for (const id of ['a', 'b'])
        assert.equal(await world.store.events.get(world.tenantId, inbound.sourceId, id), null)
      assert.equal((await inbound.receive([inbound.event('a'), inbound.event('b')])).verdict, 'accepted')
    },
  },
  {
    name: 'what comes again is a duplicate, with the bytes of the first, also within one call',
    async run(world) {
      const inbound = new Inbound(world)
      const first = inbound.received([inbound.with(inbound.event('one'), world.delivery())])
      const again = inbound.received([inbound.with(inbound.event('one'), world.delivery())])
      const [stored, duplicate] = await world.store.requests.receive([first, again])
      assert.deepEqual([stored?.verdict, duplicate?.verdict], ['accepted', 'duplicate'])
      assert.ok(stored)
      const key = keyOf(stored)
      assert.deepEqual(duplicate?.results, [{ status: 'duplicate', key, deliveries: 1 }])
      assert.equal((await inbound.deliveriesOf(key)).length, 1)
      assert.equal((await inbound.get(again.request.id))?.verdict, 'duplicate')
      assert.equal(await inbound.bodyOf(again.request.id), 'a')
    },
  },
  {
    name: 'other bytes under a known id change nothing, and are kept with their request',
    async run(world) {
      const inbound = new Inbound(world)
      const first = await inbound.receive([inbound.event('one', 'a')])
      const other = await inbound.receive([inbound.with(inbound.event('one', 'b'), world.delivery())])
      assert.equal(other.verdict, 'duplicate')
      assert.deepEqual(other.results, [{ status: 'conflict', key: keyOf(first) }])
      assert.equal(await inbound.bodyOf(other.id), 'b')
      assert.equal(await inbound.bodyOf(first.id), 'a')
      assert.deepEqual(await inbound.deliveriesOf(keyOf(first)), [])
    },
  },
  {
    name: 'of a batch the new is stored and the old is not',
    async run(world) {
      const inbound = new Inbound(world)
      await inbound.receive([inbound.event('old')])
      const result = await inbound.receive([
        inbound.event('old'),
        inbound.event('new'),
        inbound.event('new'),
        inbound.event('old', 'b'),
      ])
      assert.equal(result.verdict, 'accepted')
      assert.deepEqual(
        result.results.map(({ status }) => status),
        ['duplicate', 'stored', 'duplicate', 'conflict'],
      )
    },
  },
  {
    name: 'where it is asked for, an event that is there is delivered again, with its own bytes and type',
    async run(world) {
      const inbound = new Inbound(world)
      const first = await inbound.receive([inbound.event('one', 'a')])
      const key = keyOf(first)
      for (const content of ['a', 'b']) {
        const [leased, waiting] = [world.leased(), world.delivery()]
        const event = inbound.event('one', content, { type: `type.of.${content}` })
        const twice = [inbound.with(event, leased, waiting), inbound.with(event, world.delivery())]
        const again = await inbound.receive(twice, { onDuplicate: 'deliver' })
        assert.equal(again.verdict, 'redelivered')
        assert.deepEqual(again.results[0], { status: 'redelivered', key })
        assert.deepEqual(again.results[1]?.status, content === 'a' ? 'duplicate' : 'conflict')
        const made = await world.store.deliveries.get(world.tenantId, waiting.id)
        assert.deepEqual([made?.eventKey, made?.eventType], [key, 'user.created'])
        const [claimed] = await world.claim([{ targetId: world.targetId, limit: 9 }])
        assert.equal(claimed?.delivery.id, waiting.id)
        assert.equal(new TextDecoder().decode(claimed?.event.data), 'a')
        assert.deepEqual(await world.store.deliveries.finish([world.finish(leased, DELIVERED)]), [true])
      }
      assert.equal((await inbound.deliveriesOf(key)).length, 4)
      const alone = await inbound.receive([inbound.event('one', 'c')], { onDuplicate: 'deliver' })
      assert.equal(await inbound.bodyOf(alone.id), 'c')
    },
  },
  {
    name: 'leases of what is delivered again end like others',
    async run(world) {
      const inbound = new Inbound(world)
      await inbound.receive([inbound.event('one')])
      const leased = world.leased()
      await inbound.receive([inbound.with(inbound.event('one'), leased)], { onDuplicate: 'deliver' })
      assert.equal(await world.store.lanes.expireLeases(NOW + DAY, 10), 1)
      const claimed = await world.claim([{ targetId: world.targetId, limit: 9 }], { now: NOW + DAY })
      assert.deepEqual(
        claimed.map(({ delivery }) => delivery.id),
        [leased.id],
      )
    },
  },
  {
    name: 'requests are listed newest first, by verdict, page after page, without bodies',
    async run(world) {
      const inbound = new Inbound(world)
      const made: InboundRequest[] = []
      for (let minute = 0; minute < 9; minute += 1) {
        const verdict = (['refused', 'handshake', 'accepted'] as const)[minute % 3] ?? 'accepted'
        const at = { receivedAt: NOW + minute * 60_000 }
        if (verdict === 'accepted') {
          const received = inbound.received([inbound.event(`event ${minute}`)], at)
          await world.store.requests.receive([received])
          made.unshift(received.request)
        } else {
          const noted = inbound.request({ verdict, reason: 'because', body: new Uint8Array([1]), ...at })
          await world.store.requests.note([noted], 10)
          made.unshift({ ...noted, body: null })
        }
      }
      const read = (verdict: InboundRequest['verdict'] | null, limit: number) =>
        allPages<InboundRequest>((last) => {
          const { tenantId, sourceId } = inbound
          return world.store.requests.list({ tenantId, sourceId, verdict, before: last?.id ?? null, limit })
        })
      assert.deepEqual(await read(null, 2), made)
      for (const verdict of ['accepted', 'refused', 'handshake', 'duplicate', 'redelivered'] as const)
        assert.deepEqual(
          await read(verdict, 2),
          made.filter((request) => request.verdict === verdict),
        )
    },
  },
  {
    name: 'of refused requests and handshakes the newest of each source stay, and nothing else is touched',
    async run(world) {
      const [one, two] = [new Inbound(world), new Inbound(world)]
      const kept = await one.receive([one.event('x')], { receivedAt: NOW - DAY })
      const note = async (inbound: Inbound, verdict: 'refused' | 'handshake', minute: number) => {
        const request = inbound.request({ verdict, receivedAt: NOW + minute * 60_000 })
        await world.store.requests.note([request], 3)
        return request.id
      }
      const others = [await note(two, 'refused', 0), await note(one, 'handshake', 0)]
      const refused = []
      for (const minute of [1, 5, 2, 4, 3, 6])
        refused.push([minute, await note(one, 'refused', minute)] as const)
      const newest = refused.toSorted(([a], [b]) => b - a).map(([, id]) => id)
      assert.deepEqual(await one.listed({ verdict: 'refused' }), newest.slice(0, 3))
      assert.deepEqual(await two.listed(), [others[0]])
      assert.deepEqual(await one.listed({ verdict: 'handshake' }), [others[1]])
      for (let minute = 10; minute < 20; minute += 1) await note(one, 'handshake', minute)
      assert.equal((await one.listed({ verdict: 'handshake' })).length, 3)
      assert.ok(await one.get(kept.id))
      await world.store.requests.note([one.request({ verdict: 'refused' })], 0)
      assert.deepEqual(await one.listed({ verdict: 'refused' }), [])
    },
  },
  {
    name: 'a tenant and a source reach only what is theirs',
    async run(world) {
      const mine = new Inbound(world)
      const theirs = new Inbound(world, world.id('ten'))
      const [own, foreign] = [
        await mine.receive([mine.event('same')]),
        await theirs.receive([theirs.event('same')]),
      ]
      assert.deepEqual([own.verdict, foreign.verdict], ['accepted', 'accepted'])
      const { requests } = world.store
      assert.equal(await requests.get(theirs.tenantId, mine.sourceId, own.id), null)
      assert.equal(await requests.get(mine.tenantId, theirs.sourceId, own.id), null)
      const query = { sourceId: mine.sourceId, verdict: null, before: null, limit: 9 }
      assert.deepEqual(await requests.list({ ...query, tenantId: theirs.tenantId }), [])
      assert.deepEqual(await mine.listed(), [own.id])
    },
  },
  {
    name: 'requests leave by age, but not before their events, and none holds up the others',
    async run(world) {
      const inbound = new Inbound(world)
      const old = { receivedAt: NOW - 9 * DAY }
      const busy = []
      for (let count = 0; count < 45; count += 1) {
        const lane = { targetId: world.id('sub') }
        const items = [inbound.event(`a${count}`, 'a', old), inbound.event(`b${count}`, 'b', old)]
        const last = inbound.with(items[1] as (typeof items)[0], world.delivery(lane))
        busy.push(await inbound.receive([items[0] as (typeof items)[0], last], old))
      }
      await world.store.requests.note([inbound.request({ ...old, verdict: 'refused' })], 9)
      for (let count = 0; count < 5; count += 1)
        await inbound.receive([inbound.event(`c${count}`, 'c', old)], old)
      const young = await inbound.receive([inbound.event('young')])
      const gone = await pruneAll(world, { before: NOW - DAY, now: NOW, limit: 2 })
      assert.deepEqual(gone, { events: 50, requests: 6 })
      assert.deepEqual(new Set(await inbound.listed()), new Set([young, ...busy].map(({ id }) => id)))
      for (const { targetId } of await world.store.lanes.due(NOW, 100))
        await world.store.lanes.cancelWaiting(world.tenantId, targetId, NOW, 10)
      assert.deepEqual(await pruneAll(world, { before: NOW - DAY, now: NOW, limit: 7 }), {
        events: 45,
        requests: 45,
      })
      assert.deepEqual(await inbound.listed(), [young.id])
    },
  },
  {
    name: 'requests are pruned by when they were received, also when the clock was ahead for a while',
    async run(world) {
      const inbound = new Inbound(world)
      const note = async (receivedAt: number) => {
        const request = inbound.request({ verdict: 'refused', receivedAt })
        await world.store.requests.note([request], 99)
        return request.id
      }
      const ahead = []
      for (let count = 0; count < 30; count += 1) ahead.push(await note(NOW + 365 * DAY + count))
      for (let count = 0; count < 30; count += 1) await note(NOW - 9 * DAY + count)
      const [last, first] = [await note(NOW - DAY - 1), await note(NOW - DAY)]
      assert.equal((await pruneAll(world, { before: NOW - DAY, now: NOW, limit: 2 })).requests, 31)
      const left = await inbound.listed()
      assert.deepEqual(left, [...ahead.toReversed(), first])
      assert.ok(!left.includes(last))
    },
  },
]
