import assert from 'node:assert/strict'
import { isPosthornError } from '../../domain/error.ts'
import { DAY, Inbound, pruneAll } from './inbound.ts'
import { type Case, DELIVERED, NOW } from './world.ts'

const HALF = 'a\ud800b'

export const ODD_TEXT_CASES: readonly Case[] = [
  {
    name: 'text of every script survives',
    async run(world) {
      const text = 'Grüße, 世界, 👩‍👩‍👧 e\u0301 \u{10ffff} \ufffd \u2028 \'"; drop table events; --'
      const event = world.event({ id: text, type: text, contentType: text, contentHash: text })
      const key = await world.publish(event)
      assert.deepEqual(await world.store.events.get(world.tenantId, null, text), { ...event, key })
      const listed = await world.store.events.list(world.eventQuery({ eventType: text }))
      assert.equal(listed.length, 1)
    },
  },
  {
    name: 'a NUL in text survives, and is no end of it',
    needs: 'nulInText',
    async run(world) {
      const ids = ['a', 'a\0', 'a\0b', 'a\0c', '\0']
      for (const id of ids) await world.publish({ id, type: `x.${id}` })
      for (const id of ids)
        assert.equal((await world.store.events.get(world.tenantId, null, id))?.type, `x.${id}`)
      const listed = await world.store.events.list(world.eventQuery({ eventType: 'x.a\0b' }))
      assert.deepEqual(
        listed.map(({ id }) => id),
        ['a\0b'],
      )
    },
  },
  {
    name: 'half of a surrogate pair is refused where it identifies, and the rest of that call with it',
    async run(world) {
      for (const odd of [{ id: HALF }, { type: HALF }, { contentType: HALF }])
        await assert.rejects(
          world.store.events.insert([world.newEvent({}), world.newEvent(odd)]),
          (error) => isPosthornError(error) && error.code === 'invalid_request',
        )
      assert.deepEqual(await world.store.events.list(world.eventQuery()), [])
      assert.equal(await world.store.events.get(world.tenantId, null, HALF), null)
    },
  },
  {
    name: 'an id with half of a surrogate pair never finds the one with U+FFFD',
    async run(world) {
      const id = 'a\ufffdb'
      await world.publish({ id, type: id })
      assert.equal(await world.store.events.get(world.tenantId, null, HALF), null)
      assert.deepEqual(await world.store.events.list(world.eventQuery({ eventType: HALF })), [])
      await world.store.tenants.insert({ id: world.tenantId, slug: id, name: id, createdAt: 1 })
      assert.equal(await world.store.tenants.getByName(null, HALF), null)
    },
  },
  {
    name: 'no odd text loses an inbound request: headers come back as they were, what else explains is repaired',
    async run(world) {
      const inbound = new Inbound(world)
      const headers = [
        ['x-half', HALF],
        ['x-nul', 'a\0b'],
        ['x-latin', 'gr\u00fc\u00df'],
      ] as const
      const odd = { method: HALF, url: `/in/${HALF}`, address: HALF, reason: HALF, headers }
      const noted = inbound.request({ ...odd, verdict: 'refused' })
      await world.store.requests.note([noted], 9)
      const event = inbound.event('one', 'a', { trace: HALF })
      const { id, verdict } = await inbound.receive([event], odd)
      assert.equal(verdict, 'accepted')
      for (const requestId of [noted.id, id]) {
        const { method, url, address, reason, ...rest } =
          (await inbound.get(requestId)) ?? assert.fail('lost')
        assert.deepEqual([method, url, address, reason], ['a\ufffdb', '/in/a\ufffdb', 'a\ufffdb', 'a\ufffdb'])
        assert.deepEqual(rest.headers, headers)
      }
      const stored = await world.store.events.get(world.tenantId, inbound.sourceId, 'one')
      assert.equal(stored?.trace, 'a\ufffdb')
    },
  },
  {
    name: 'an id or a token with half of a surrogate pair is refused and never taken for that with U+FFFD',
    async run(world) {
      const inbound = new Inbound(world)
      const old = { receivedAt: NOW - 2 * DAY }
      await inbound.receive([inbound.event('a\ufffdb', 'a', old)], { onceToken: 'a\ufffdb' })
      const refused = (error: unknown) => isPosthornError(error) && error.code === 'invalid_request'
      await assert.rejects(inbound.receive([inbound.event(HALF)]), refused)
      await assert.rejects(inbound.receive([inbound.event('two')], { onceToken: HALF }), refused)
      assert.equal((await inbound.listed()).length, 1)
      await pruneAll(world, { before: NOW - DAY, now: NOW, limit: 9 })
      assert.equal((await inbound.receive([inbound.event('a\ufffdb')])).verdict, 'duplicate')
      await assert.rejects(inbound.receive([inbound.event(HALF)]), refused)
    },
  },
  {
    name: "an answer's bytes come back as they are, and odd text in an error does not lose the result",
    async run(world) {
      const [bytes, words] = [world.leased(), world.leased()]
      await world.publish({}, bytes, words)
      const responseBody = new Uint8Array([0, 0xff, 0xfe, 0xc3, 0x28, 0, 10])
      const fitted = await world.store.deliveries.finish([
        world.finish(bytes, DELIVERED, { attempt: world.attempt(bytes.id, { responseBody }) }),
        world.finish(
          words,
          { to: 'dead', at: 5, statusCode: null, error: HALF },
          { attempt: world.attempt(words.id, { errorDetail: HALF, outcome: 'fatal' }) },
        ),
      ])
      assert.deepEqual(fitted, [true, true])
      const [kept] = await world.store.deliveries.attempts(world.tenantId, bytes.id)
      assert.deepEqual(kept?.responseBody, responseBody)
      const [repaired] = await world.store.deliveries.attempts(world.tenantId, words.id)
      assert.equal(repaired?.errorDetail, 'a\ufffdb')
      assert.equal((await world.store.deliveries.get(world.tenantId, words.id))?.lastError, 'a\ufffdb')
    },
  },
]
