/** Connections that break, a server that goes away, answers that are lost: what the store says, and what it has kept. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { OwnPostgres } from '../../../../../test/servers/own-postgres.ts'
import { isPosthornError } from '../../../src/domain/error.ts'
import type { Replay } from '../../../src/domain/records.ts'
import type { ReceivedRequest } from '../../../src/ports/request-store.ts'
import { openPostgresStore } from '../../../src/storage/postgres/open.ts'
import { DELIVERED, LEASE_MS, NOW, World } from '../../../src/testing/store-conformance/world.ts'
import { Line } from './line.ts'
import { type Base, Bases } from './support.ts'

let server: OwnPostgres
const bases = Bases.use(async () => {
  server = await OwnPostgres.start()
  return server
})

function unavailable(error: unknown): true {
  assert.ok(isPosthornError(error), String(error))
  assert.equal(error.code, 'store_unavailable', error.message)
  assert.ok((error.retryAfterS ?? 0) > 0)
  return true
}

function received(world: World): ReceivedRequest {
  const event = world.event()
  return {
    request: {
      ...{ id: world.id('req'), tenantId: world.tenantId, sourceId: world.id('src'), receivedAt: NOW },
      ...{ method: 'POST', url: '/', address: null, verdict: 'accepted', reason: null, status: 202 },
      ...{ secretIndex: 0, eventIds: [event.id], headers: [], body: null },
    },
    events: [{ event, deliveries: [world.delivery()] }],
    onceToken: 'once',
    onDuplicate: 'skip',
  }
}

/** What stands in all tables that a call could have written half of. */
async function contents(base: Base): Promise<unknown> {
  const tables = [
    'events',
    'event_ids',
    'ended',
    'attempts',
    'lanes',
    'requests',
    'used_tokens',
    'replays',
    'tenants',
  ]
  const counts = await Promise.all(
    tables.map((table) => base.sql(`select count(*)::integer as "${table}" from $s.${table}`)),
  )
  const pending = await base.sql(
    'select id, due_at, lease_token from $s.pending where event_key >= 0 order by id',
  )
  const lanes = await base.sql('select target_id, due_at, held_until from $s.lanes order by 1')
  return { counts, pending, lanes }
}

test('a connection that is cut in the middle of any call: nothing is half written, and the next call works', async () => {
  const base = await bases.open()
  const { world, store } = base
  const { tenantId, targetId } = world
  const [leased, waiting, other] = [world.leased(), world.delivery(), world.leased()]
  const key = await world.publish({}, leased, waiting, other)
  const tenant = { id: tenantId, slug: 'a', name: 'a', createdAt: NOW }
  const replay = {
    ...{ id: world.id('rpl'), tenantId, subscriptionId: targetId, since: 0, until: NOW, states: null },
    ...{
      eventTypes: null,
      state: 'running',
      cursor: 0,
      created: 0,
      scanned: 0,
      createdAt: NOW,
      finishedAt: null,
    },
  } as Replay
  await store.replays.insert(replay)
  const cancelled = { to: 'cancelled', at: NOW } as const
  const calls: Record<string, () => Promise<unknown>> = {
    insert: () => store.events.insert([world.newEvent({}, world.delivery())]),
    receive: () => store.requests.receive([received(world)]),
    finish: () => store.deliveries.finish([world.finish(leased, DELIVERED), world.finish(other, DELIVERED)]),
    add: () => store.deliveries.add(key, tenantId, [world.delivery()]),
    change: () =>
      store.deliveries.change({
        tenantId,
        id: waiting.id,
        from: ['pending'],
        transition: cancelled,
        now: NOW,
      }),
    claim: () => world.claim([{ targetId, limit: 9 }]),
    postpone: () => store.lanes.postpone([{ targetId, until: NOW + 9 }]),
    expire: () => store.lanes.expireLeases(NOW + LEASE_MS, 9),
    cancel: () => store.lanes.cancelWaiting(tenantId, targetId, NOW, 9),
    advance: () =>
      store.replays.advance({ ...replay, cursor: key }, 0, [{ eventKey: key, delivery: world.delivery() }]),
    tenant: () => store.tenants.insert(tenant),
    list: () => store.deliveries.list(world.deliveryQuery()),
    due: () => store.lanes.due(NOW, 9),
    ping: () => store.upkeep.ping(),
    prune: () => store.upkeep.prune({ before: NOW + 1, now: NOW, limit: 9 }),
  }
  // The day's tables are there: the making of them is another matter.
  await store.upkeep.prune({ before: 0, now: NOW, limit: 1 })
  const before = await contents(base)
  for (const [name, call] of Object.entries(calls)) {
    // What a call writes last is what it waits for, so that all the rest of it is under way.
    const last = name === 'insert' || name === 'receive' || name === 'add' ? ['lanes', 'requests'] : []
    const locked = ['pending', 'lanes', 'requests', 'tenants', 'replays', 'facts', 'events']
    const tables = (last.length > 0 ? last : locked).map((table) => `$s.${table}`).join(', ')
    await base.holding([`lock table ${tables} in access exclusive mode`], async () => {
      const rejected = assert.rejects(call(), unavailable, name)
      await base.untilWaiting()
      await base.sql(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'posthorn' and query like '%$s%'`,
      )
      await rejected
    })
    assert.deepEqual(await contents(base), before, name)
    await store.lanes.nextDueAt()
  }
  assert.deepEqual(await store.deliveries.finish([world.finish(leased, DELIVERED)]), [true])
})

test('connections that are cut while nobody uses them are not noticed', async () => {
  const base = await bases.open()
  const { world, store } = base
  await Promise.all(Array.from({ length: 5 }, () => world.publish({})))
  await base.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'posthorn'")
  // The socket's end may be read only with the first use: that one may fail, once.
  for (;;) {
    const [outcome] = await Promise.allSettled([store.upkeep.ping()])
    if (outcome.status === 'fulfilled') break
    unavailable(outcome.reason)
  }
  await world.publish({})
})

for (const how of ['fast', 'kill'] as const)
  test(`a server that is stopped (${how}) and comes back: what was accepted is there, once`, async () => {
    const base = await bases.open()
    const { world, store } = base
    const accepted = new Set<string>()
    let failures = 0
    let stopped = false
    /** As a publisher that does not give up. */
    const publish = async () => {
      for (let count = 0; count < 15 || !stopped; count += 1) {
        const item = world.newEvent({}, world.delivery())
        for (;;) {
          const [outcome] = await Promise.allSettled([store.events.insert([item])])
          if (outcome.status === 'fulfilled') break
          unavailable(outcome.reason)
          failures += 1
        }
        accepted.add(item.event.id)
      }
    }
    const publishing = Promise.all(Array.from({ length: 4 }, publish))
    while (accepted.size < 20) await store.upkeep.ping()
    await server.halt(how)
    await server.resume()
    stopped = true
    await publishing
    assert.ok(failures > 0)
    const ids = await base.sql<{ id: string }>('select id from $s.events')
    assert.deepEqual(ids.map(({ id }) => id).sort(), [...accepted].sort())
    const [row] = await base.sql<{ waiting: number }>(
      'select count(*)::integer as waiting from $s.pending where event_key >= 0',
    )
    assert.equal(row?.waiting, accepted.size)
    assert.deepEqual(
      (await store.lanes.due(NOW, 9)).map(({ targetId }) => targetId),
      [world.targetId],
    )
  })

/** A store behind a line that can be cut, and the tables seen past it. */
async function behindLine(timeoutMs = 30_000) {
  const base = await bases.open()
  const line = await Line.start(bases.url)
  const store = await openPostgresStore({ database: line.url, schema: base.schema, timeoutMs })
  after(async () => {
    await store.close()
    await line.stop()
  })
  return { base, line, store, world: new World(store, 7) }
}

test('a commit whose answer is lost: the caller is told that nobody knows, and may repeat it', async () => {
  const { line, store, world, base } = await behindLine()
  const item = world.newEvent({}, world.delivery())
  await store.events.insert([world.newEvent({})])
  line.loseAnswerTo(/./s)
  await assert.rejects(store.events.insert([item]), unavailable)
  while (!(await base.store.events.get(world.tenantId, null, item.event.id)));
  const [again] = await store.events.insert([item])
  assert.deepEqual([again?.status, again?.status === 'duplicate' && again.deliveries], ['duplicate', 1])
  const request = received(world)
  line.loseAnswerTo(/commit/)
  await assert.rejects(store.requests.receive([request]), unavailable)
  const [repeated] = await store.requests.receive([
    { ...request, request: { ...request.request, id: world.id('req') } },
  ])
  assert.equal(repeated?.verdict, 'duplicate')
  assert.equal((await store.upkeep.counts()).pending, 2)
})

test('an end whose answer is lost is recorded; told again it fits no more', async () => {
  const { line, store, world } = await behindLine()
  const delivery = world.leased()
  await world.publish({}, delivery)
  line.loseAnswerTo(/with f as/)
  await assert.rejects(store.deliveries.finish([world.finish(delivery, DELIVERED)]), unavailable)
  let state: string | undefined
  while (state !== 'delivered') state = (await store.deliveries.get(world.tenantId, delivery.id))?.state
  assert.deepEqual(await store.deliveries.finish([world.finish(delivery, DELIVERED)]), [false])
  assert.equal((await store.deliveries.attempts(world.tenantId, delivery.id)).length, 1)
})

test('a network that swallows everything: calls end with their time, and work again after', async () => {
  const { line, store, world } = await behindLine(300)
  await world.publish({})
  line.hang()
  const calls = [
    store.events.insert([world.newEvent({})]),
    store.lanes.due(NOW, 1),
    world.claim([{ targetId: world.targetId, limit: 1 }]),
  ]
  for (const outcome of await Promise.allSettled(calls)) {
    assert.equal(outcome.status, 'rejected')
    unavailable(outcome.reason)
  }
  line.heal()
  await world.publish({})
})
