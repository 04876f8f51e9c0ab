/** What people see: counts by minute, what fails, dead letters in bulk, and news as they happen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveNews, LiveTopic } from '../../src/engine/insight/use-cases.ts'
import type { EventLook } from '../../src/ports/store.ts'
import type { Life } from './support/life.ts'
import { ANY_PAGE, HOUR, inWorld, MINUTE, SECOND, urlOf, type World } from './support/world.ts'

const EVENTS = ({ tenant }: World) => ({
  ...{ tenantId: tenant.id, eventType: null, since: null, until: null, before: null, limit: 100 },
})
const STRANGER = 'ten_other'
const FILTER = { targetId: null, eventType: null, cause: null, since: null, until: null }

async function stranger(world: World, life: Life) {
  const tenant = await life.engine.tenants.create({ slug: 'other' })
  assert.notEqual(tenant.id, world.tenant.id)
  return tenant
}

/** Dead letters of a subscription that always answers 400. */
async function dead(world: World, life: Life, count: number): Promise<void> {
  world.transport.always(urlOf('a'), 400)
  await world.subscribe(life, 'a', { onClientError: 'drop', maxInFlight: 64 })
  await world.publishMany(life, count)
  await world.clock.settle()
  assert.equal((await world.deliveries({ state: 'dead' })).length, count)
}

test(
  'the overview counts events and attempts by minute, and tells what fails, worst first',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'good')
    const bad = await world.subscribe(life, 'bad', {
      events: ['order.*'],
      retry: { baseS: 600, factor: 1, maxS: 600, attempts: 3 },
    })
    world.transport.always(urlOf('bad'), 503)
    const began = world.clock.now()
    await world.publishMany(life, 3)
    await world.publish(life, { type: 'user.made' })
    await world.clock.settle()
    await world.clock.advance(2 * MINUTE)
    await world.publish(life, { type: 'user.made' })
    await world.clock.settle()
    const other = await stranger(world, life)
    const overview = await life.engine.insight.overview(world.tenant.id, HOUR)
    assert.equal(overview.series.length, 60)
    const sums = overview.series.filter(({ events }) => events > 0)
    assert.deepEqual(
      sums.map(({ events, delivered, failed }) => [events, delivered, failed]),
      [
        [4, 4, 3],
        [1, 1, 0],
      ],
    )
    assert.equal((sums[1]?.at ?? 0) - (sums[0]?.at ?? 0), 2 * MINUTE)
    assert.equal(overview.successRate, 5 / 8)
    assert.deepEqual(overview.eventTypes, [
      { eventType: 'order.paid', events: 3 },
      { eventType: 'user.made', events: 2 },
    ])
    assert.deepEqual([overview.waiting, overview.retrying, overview.dead], [3, 3, 0])
    assert.equal(overview.oldestDueMs, 0)
    const [failing, ...more] = overview.failing
    assert.deepEqual(more, [])
    assert.deepEqual(
      [failing?.subscriptionId, failing?.failed, failing?.successRate, failing?.cause],
      [bad.id, 3, 0, 'failed'],
    )
    // Long before the run is written down.
    assert.deepEqual([failing?.statusCode, failing?.failingSince], [503, began])
    const theirs = await life.engine.insight.overview(other.id, HOUR)
    assert.deepEqual(
      [theirs.successRate, theirs.eventTypes, theirs.failing, theirs.waiting],
      [null, [], [], 0],
    )
    const [self, ...others] = life.engine.insight.processes()
    assert.deepEqual([self?.role, others], ['all', []])
  }),
)

test(
  'counts outlive a stop, are lost for five seconds at most by a kill, and add up over processes',
  inWorld(async (world) => {
    const first = await world.start()
    await world.publish(first)
    await first.engine.stop()
    const second = await world.start()
    await world.publish(second)
    await world.clock.advance(6 * SECOND)
    await world.publish(second)
    second.crash()
    const third = await world.start()
    await world.publish(third)
    const { eventTypes } = await third.engine.insight.overview(world.tenant.id, HOUR)
    assert.deepEqual(eventTypes, [{ eventType: 'order.paid', events: 3 }])
  }),
)

test(
  'while the store is away counts wait in memory and are written later; quiet processes write nothing',
  inWorld(async (world) => {
    const life = await world.start()
    life.break('minutes.put')
    await world.publish(life)
    await world.clock.advance(30 * SECOND)
    assert.ok(life.count('minutes.put') > 1)
    life.unhook('minutes.put')
    await world.clock.advance(10 * SECOND)
    const written = life.count('minutes.put')
    const rows = await world.store.minutes.list(world.tenant.id, 0, Number.MAX_SAFE_INTEGER)
    assert.deepEqual(
      rows.map(({ count }) => count.events),
      [1],
    )
    await world.clock.advance(5 * MINUTE)
    assert.equal(life.count('minutes.put'), written)
  }),
)

test(
  'a clock that is put right by some seconds loses no counts',
  inWorld(async (world) => {
    const life = await world.start()
    await world.clock.advance(MINUTE - (world.clock.now() % MINUTE) - 10 * SECOND)
    await world.publish(life)
    await world.clock.advance(20 * SECOND)
    await world.publish(life)
    await world.clock.advance(10 * SECOND)
    // All is written. Now it is the minute before once more.
    world.clock.setWall(world.clock.now() - 25 * SECOND)
    await world.publish(life)
    await world.clock.advance(10 * SECOND)
    const rows = await world.store.minutes.list(world.tenant.id, 0, Number.MAX_SAFE_INTEGER)
    assert.deepEqual(
      rows.map(({ count }) => count.events),
      [2, 1],
    )
  }),
)

test(
  'an overview of many that fail asks no full statistics of each',
  inWorld(async (world) => {
    const life = await world.start()
    world.transport.always(urlOf('bad'), 503)
    for (let count = 0; count < 25; count += 1) await world.subscribe(life, 'bad')
    await world.publish(life)
    await world.clock.settle()
    const { failing } = await life.engine.insight.overview(world.tenant.id, HOUR)
    assert.equal(failing.length, 20)
    assert.ok(
      failing.every(({ failed, successRate, dead }) => failed === 1 && successRate === 0 && dead === 0),
    )
    assert.equal(life.count('deliveries.stats'), 0)
  }),
)

test(
  'a bulk retries all dead letters of a filter, each once, and tells what came of each',
  inWorld(async (world) => {
    const life = await world.start()
    await dead(world, life, 120)
    world.transport.always(urlOf('a'), 200)
    const { bulks } = life.engine
    const bulk = await bulks.start(world.tenant.id, { action: 'retry', ids: null, filter: FILTER })
    assert.equal(bulk.matched, 120)
    await world.clock.advance(10 * SECOND)
    const end = await bulks.get(world.tenant.id, bulk.id)
    assert.deepEqual([end.state, end.done, end.changed], ['done', 120, 120])
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 120)
    const items = await bulks.items(world.tenant.id, bulk.id, ANY_PAGE)
    assert.equal(items.items.filter(({ result }) => result === 'changed').length, 120)
    const other = await stranger(world, life)
    for (const asked of [
      bulks.get(other.id, bulk.id),
      bulks.items(other.id, bulk.id, ANY_PAGE),
      bulks.cancel(other.id, bulk.id),
    ])
      await assert.rejects(asked, { code: 'not_found' })
    await assert.rejects(bulks.cancel(world.tenant.id, bulk.id), { code: 'state_conflict' })
  }),
)

test(
  'a bulk goes on after a kill, and never touches what is not the tenant’s',
  inWorld(async (world) => {
    const life = await world.start()
    await dead(world, life, 120)
    const other = await stranger(world, life)
    const ids = (await world.deliveries()).map(({ id }) => id)
    const theirs = await life.engine.bulks.start(other.id, { action: 'drop', ids, filter: null })
    await world.clock.advance(SECOND)
    const result = await life.engine.bulks.get(other.id, theirs.id)
    assert.deepEqual([result.state, result.done, result.changed], ['done', 120, 0])
    let steps = 0
    life.hook('bulks.advance', async (next) => {
      steps += 1
      if (steps === 2) life.crash()
      return next()
    })
    const own = await life.engine.bulks.start(world.tenant.id, { action: 'drop', ids: null, filter: FILTER })
    await world.clock.advance(SECOND)
    assert.equal((await world.deliveries({ state: 'cancelled' })).length, 50)
    const again = await world.start()
    await world.clock.advance(10 * SECOND)
    const end = await again.engine.bulks.get(world.tenant.id, own.id)
    assert.deepEqual([end.state, end.done, end.changed], ['done', 120, 120])
    assert.equal((await world.deliveries({ state: 'cancelled' })).length, 120)
  }),
)

test(
  'a bulk refuses what makes no sense, and filters by cause',
  inWorld(async (world) => {
    const life = await world.start()
    await dead(world, life, 2)
    const { bulks } = life.engine
    for (const input of [
      { ids: null, filter: null },
      { ids: ['dlv_1'] as const, filter: FILTER },
      { ids: [], filter: null },
      { ids: null, filter: { ...FILTER, since: world.clock.now() + HOUR } },
    ])
      await assert.rejects(bulks.start(world.tenant.id, { action: 'drop', ...input }), {
        code: 'invalid_request',
      })
    const none = { ...FILTER, cause: 'timeout' }
    assert.equal((await bulks.start(world.tenant.id, { action: 'drop', ids: null, filter: none })).matched, 0)
    const { groups, complete } = await life.engine.insight.deadLetters(world.tenant.id)
    assert.deepEqual([groups.length, groups[0]?.count, complete], [1, 2, true])
    const cause = groups[0]?.cause ?? ''
    const all = { ...FILTER, cause }
    assert.equal((await bulks.start(world.tenant.id, { action: 'drop', ids: null, filter: all })).matched, 2)
    await world.clock.advance(SECOND)
  }),
)

function listen(
  world: World,
  life: Life,
  more: { topics?: LiveTopic[]; after?: number; tenantId?: 'ten_other' } = {},
) {
  const news: LiveNews[] = []
  const { topics = ['deliveries', 'events', 'changes'], after = null, tenantId = world.tenant.id } = more
  const watch = { tenantId, topics: new Set(topics), subscriptionId: null, after }
  const close = life.engine.insight.live.open(watch, (told) => news.push(...told))
  return { news, close, kinds: () => news.map(({ kind }) => kind) }
}

test(
  'news: events and deliveries as they happen, also those of another process; nothing while nobody listens',
  inWorld(async (world) => {
    const worker = await world.start()
    const api = await world.start({ role: 'api' })
    await world.subscribe(worker, 'a')
    await world.publish(worker)
    await world.clock.advance(5 * SECOND)
    const asked = api.count('deliveries.list')
    await world.clock.advance(MINUTE)
    assert.equal(api.count('deliveries.list'), asked, 'the store was asked though nobody listens')
    const one = listen(world, api)
    const other = listen(world, api, { tenantId: STRANGER })
    await world.clock.advance(2 * SECOND)
    assert.equal(one.news.length, 0, 'old rows were told as news')
    await world.publish(worker)
    await world.clock.advance(2 * SECOND)
    assert.ok(one.kinds().includes('event'))
    const states = one.news.flatMap((told) => (told.kind === 'delivery' ? [told.row.state] : []))
    assert.equal(states.at(-1), 'delivered')
    assert.deepEqual(other.news, [], 'another tenant was told')
    const told = one.news.length
    await world.clock.advance(5 * SECOND)
    assert.equal(one.news.length, told, 'the same was told twice')
    one.close()
    other.close()
    const closed = api.count('deliveries.list')
    await world.clock.advance(MINUTE)
    assert.equal(api.count('deliveries.list'), closed)
  }),
)

test(
  'news: many listeners of one tenant cost one look a second, and who comes back is told what it missed',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    const listeners = Array.from({ length: 20 }, () => listen(world, life, { topics: ['deliveries'] }))
    await world.clock.advance(SECOND)
    const before = life.count('deliveries.list')
    await world.clock.advance(10 * SECOND)
    const looks = life.count('deliveries.list') - before
    assert.ok(looks >= 9 && looks <= 11, `${looks} looks in 10 s`)
    const left = world.clock.now()
    await world.publish(life)
    await world.clock.advance(2 * SECOND)
    const back = listen(world, life, { after: left })
    await world.clock.advance(2 * SECOND)
    assert.deepEqual(back.kinds().sort(), ['delivery', 'event'])
    for (const { close } of [...listeners, back]) close()
  }),
)

test(
  'news: while many come they are looked for once a second; the first one after a quiet time sooner',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    const { news, close } = listen(world, life)
    await world.clock.advance(5 * SECOND)
    await world.publish(life)
    await world.clock.advance(300)
    assert.ok(news.length > 0, 'the first one was told late')
    const asked = life.count('deliveries.list')
    for (let step = 0; step < 100; step += 1) {
      for (let event = 0; event < 10; event += 1) await world.publish(life)
      await world.clock.advance(100)
    }
    const looks = life.count('deliveries.list') - asked
    assert.ok(looks >= 9 && looks <= 14, `${looks} looks in 10 s`)
    close()
  }),
)

test(
  'news: the first delivery of a tenant is told, and to who watches nothing but deliveries',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    const { news, close } = listen(world, life, { topics: ['deliveries'] })
    await world.clock.advance(5 * SECOND)
    await world.publish(life)
    await world.clock.advance(2 * SECOND)
    assert.deepEqual(
      news.map((told) => told.kind === 'delivery' && told.row.state),
      ['delivered'],
    )
    close()
  }),
)

test(
  'news: what came while the store was away for a part of the look is told once it is back',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    await world.publish(life)
    const { news, kinds, close } = listen(world, life)
    await world.clock.advance(5 * SECOND)
    news.length = 0
    life.break('events.byKeys')
    const { eventId } = await world.publish(life)
    await world.subscribe(life, 'b')
    await world.clock.advance(5 * SECOND)
    assert.equal(news.length, 0)
    life.unhook('events.byKeys')
    await world.clock.advance(2 * SECOND)
    assert.deepEqual(kinds().sort(), ['changed', 'delivery', 'event'])
    const [event] = news.flatMap((told) => (told.kind === 'event' ? [told.row.id] : []))
    assert.equal(event, eventId)
    close()
  }),
)

test(
  'news: a stop waits for the look that is under way',
  inWorld(async (world) => {
    const life = await world.start()
    const gate = Promise.withResolvers<void>()
    life.hook('deliveries.list', async (next) => {
      await gate.promise
      return await next()
    })
    listen(world, life)
    await world.clock.advance(SECOND)
    let stopped = false
    const stop = life.engine.stop().then(() => {
      stopped = true
    })
    await world.clock.advance(MINUTE)
    assert.equal(stopped, false)
    gate.resolve()
    await stop
  }),
)

test(
  'news: an event that another process commits later than a younger one is told, too',
  inWorld(async (world) => {
    const life = await world.start()
    await world.publish(life)
    await world.clock.advance(SECOND)
    const { news, close } = listen(world, life, { topics: ['events'] })
    await world.clock.advance(5 * SECOND)
    const { eventId: late } = await world.publish(life)
    const key = Math.max(...(await world.store.events.list(EVENTS(world))).map((event) => event.key))
    life.hook('events.search', async (next) =>
      ((await next()) as EventLook[]).filter((one) => one.key !== key),
    )
    const { eventId: early } = await world.publish(life)
    await world.clock.advance(2 * SECOND)
    life.unhook('events.search')
    await world.clock.advance(2 * SECOND)
    assert.deepEqual(
      news.map((told) => told.kind === 'event' && told.row.id),
      [early, late],
    )
    close()
  }),
)

test(
  'text in the data is found, page by page, and the end of the search is told',
  inWorld(async (world) => {
    const life = await world.start()
    for (let index = 0; index < 600; index += 1)
      await world.publish(life, { data: Buffer.from(`{"n":"${index % 100 === 7 ? 'needle' : 'hay'}"}`) })
    const { events } = life.engine
    const any = { eventType: null, since: null, until: null }
    const first = await events.search(world.tenant.id, any, 'needle', { limit: 4, cursor: null })
    assert.equal(first.items.length, 4)
    assert.ok(first.next !== null && first.searchedUntil !== null)
    const second = await events.search(world.tenant.id, any, 'needle', { limit: 4, cursor: first.next })
    assert.deepEqual([second.items.length, second.next, second.searchedUntil], [2, null, null])
    const cursor = { limit: 4, cursor: first.next }
    await assert.rejects(events.search(world.tenant.id, any, 'other', cursor), { code: 'cursor_invalid' })
    const none = await events.search(STRANGER, any, 'needle', { limit: 4, cursor: null })
    assert.deepEqual([none.items.length, none.next], [0, null])
  }),
)

test(
  'things are found by id and by the beginning of a name, the tenant’s own only',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'Billing')
    const { eventId } = await world.publish(life)
    const delivery = await world.delivery()
    const { insight } = life.engine
    const kinds = async (text: string, tenantId = world.tenant.id) =>
      (await insight.find(tenantId, text)).map((found) => [found.kind, found.id])
    assert.deepEqual(await kinds('bill'), [['subscription', id]])
    assert.deepEqual(await kinds(id), [['subscription', id]])
    assert.deepEqual(await kinds(eventId), [['event', eventId]])
    assert.deepEqual(await kinds(delivery.id), [['delivery', delivery.id]])
    assert.deepEqual(await kinds('nothing'), [])
    const other = await stranger(world, life)
    for (const text of ['bill', id, eventId, delivery.id]) assert.deepEqual(await kinds(text, other.id), [])
  }),
)
