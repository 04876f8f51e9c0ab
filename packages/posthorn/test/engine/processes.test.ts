// Several processes on one store: what one does in memory must be right with many.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TargetId } from '../../src/domain/ids.ts'
import { newDelivery } from '../../src/engine/publish/new-records.ts'
import { HOUR, inWorld, MINUTE, SECOND, urlOf, type World } from './support/world.ts'

const A = urlOf('a')
const HANDLER: TargetId = 'hdl_shop:order.*'

/** An API process and so many workers, which hear each other. */
async function team(world: World, count = 1, options: Parameters<World['start']>[0] = {}) {
  const company = world.share()
  const api = await world.start({ ...options, role: 'api' })
  const workers = []
  for (let made = 0; made < count; made += 1) workers.push(await world.start({ ...options, role: 'worker' }))
  return { company, api, workers, worker: workers[0]! }
}

test(
  'an API process accepts and attempts nothing; a worker hears of it and delivers at once',
  inWorld(async (world) => {
    const { api, worker } = await team(world)
    await world.subscribe(api, 'a')
    const before = world.clock.now()
    assert.equal((await world.publish(api)).deliveries, 1)
    await world.clock.settle()
    assert.equal(world.transport.to(A).length, 1)
    assert.equal(world.clock.now() - before, 0)
    assert.equal(worker.recorder.all('delivery.finished').length, 1)
    assert.equal(api.recorder.all('delivery.attempted').length, 0)
    for (const method of [
      'lanes.due',
      'lanes.claim',
      'lanes.expireLeases',
      'upkeep.prune',
      'replays.running',
    ] as const)
      assert.equal(api.count(method), 0, method)
  }),
)

test(
  'with every signal lost a worker finds what is due by its poll',
  inWorld(async (world) => {
    const { api, company } = await team(world)
    company.deaf = true
    await world.subscribe(api, 'a')
    await world.publish(api)
    await world.clock.settle()
    assert.equal(world.transport.to(A).length, 0)
    await world.clock.advance(3 * SECOND)
    assert.equal(world.transport.to(A).length, 1)
  }),
)

test(
  'without a worker what is accepted waits, and is delivered by the next one',
  inWorld(async (world) => {
    world.share()
    const api = await world.start({ role: 'api' })
    await world.subscribe(api, 'a')
    await world.publishMany(api, 20)
    await world.clock.advance(MINUTE)
    assert.equal(world.transport.to(A).length, 0)
    await world.start({ role: 'worker' })
    await world.clock.settle()
    assert.equal(world.transport.to(A).length, 20)
  }),
)

test(
  'an API process tries test events itself: somebody waits for the answer',
  inWorld(async (world) => {
    const { api } = await team(world)
    const { id } = await world.subscribe(api, 'a')
    const result = await api.engine.subscriptions.test(world.tenant, id)
    assert.equal(result.success, true)
    assert.equal(api.recorder.all('delivery.attempted').length, 1)
  }),
)

for (const deaf of [false, true])
  test(
    `a change by one process is used by the others ${deaf ? 'within 2 s, when every signal is lost' : 'at once'}`,
    inWorld(async (world) => {
      const company = world.share()
      const one = await world.start()
      const other = await world.start()
      await world.publish(other)
      const key = await one.engine.keys.create({ tenantId: world.tenant.id, name: 'k', scope: 'publish' })
      assert.ok(await other.engine.keys.authenticate(key.text))
      company.deaf = deaf
      const passes = () => (deaf ? world.clock.advance(2 * SECOND) : world.clock.settle())
      const { id } = await world.subscribe(one, 'a')
      await passes()
      assert.equal((await world.publish(other)).deliveries, 1, 'a new subscription')
      await one.engine.subscriptions.update(world.tenant.id, id, { url: urlOf('b') })
      await passes()
      await world.publish(other, { id: 'moved' })
      await world.clock.settle()
      assert.deepEqual(world.transport.sent.find(({ eventId }) => eventId === 'moved')?.url, urlOf('b'))
      await one.engine.keys.revoke(world.tenant.id, key.key.id)
      await passes()
      assert.equal(await other.engine.keys.authenticate(key.text), null, 'a revoked key')
      await one.engine.subscriptions.delete(world.tenant.id, id)
      await passes()
      assert.equal((await world.publish(other)).deliveries, 0, 'a deleted subscription')
    }),
  )

test(
  'a subscription that another process enables is delivered to at once',
  inWorld(async (world) => {
    const { api } = await team(world, 2)
    const { id } = await world.subscribe(api, 'a')
    await world.publish(api, { id: 'one' })
    await world.clock.settle()
    await api.engine.subscriptions.disable(world.tenant.id, id)
    world.transport.sent.length = 0
    const event = (await world.store.events.get(world.tenant.id, null, 'one')) ?? assert.fail()
    await world.store.deliveries.add(event.key, world.tenant.id, [
      newDelivery(world, { id, format: 'standard' }),
    ])
    await world.clock.advance(10 * SECOND)
    assert.equal(world.transport.sent.length, 0, 'it waits')
    await api.engine.subscriptions.enable(world.tenant.id, id)
    await world.clock.settle()
    assert.equal(world.transport.sent.length, 1)
  }),
)

test(
  'a lane that a worker set aside by what it knew before the subscription was enabled is looked at when it knows better',
  inWorld(async (world) => {
    const { api, company, worker } = await team(world)
    const { id } = await world.subscribe(api, 'a', { active: false })
    const b = await world.subscribe(api, 'b')
    // It knows the tenant as it is now, and hears nothing of what comes.
    await world.publish(worker, { id: 'one' })
    await world.clock.settle()
    company.deaf = true
    await world.clock.advance(SECOND / 2)
    await api.engine.subscriptions.enable(world.tenant.id, id)
    await world.publish(api)
    // A look before the next pulse finds the lane of a subscription that is not active.
    await worker.engine.events.replay(world.tenant, 'one', b.id)
    await world.clock.settle()
    assert.equal(world.transport.to(A).length, 0)
    await world.clock.advance(2 * SECOND)
    assert.equal(worker.count('lanes.postpone'), 1)
    assert.equal(world.transport.to(A).length, 1)
  }),
)

test(
  'limits of a target are shared out over the workers, and given back when one is gone',
  inWorld(async (world) => {
    const { api, workers } = await team(world, 2)
    await world.subscribe(api, 'a', { maxInFlight: 6 })
    world.transport.always(A, 'stuck')
    await world.clock.advance(2 * SECOND)
    await world.publishMany(api, 30)
    await world.clock.advance(3 * SECOND)
    assert.equal(world.transport.running(A), 6)
    assert.deepEqual(
      workers.map(({ engine }) => engine.inFlight),
      [3, 3],
    )
    workers[1]!.crash()
    world.transport.release(200)
    await world.clock.advance(15 * SECOND)
    assert.equal(workers[0]!.engine.inFlight, 6)
  }),
)

test(
  'a rate limit holds over all workers together',
  inWorld(async (world) => {
    const { api } = await team(world, 3)
    await world.subscribe(api, 'a', { rateLimit: { limit: 9, windowS: 10 } })
    await world.clock.advance(2 * SECOND)
    await world.publishMany(api, 60)
    await world.clock.advance(60 * SECOND)
    const times = world.transport.to(A).map(({ at }) => at)
    for (const at of times)
      assert.ok(times.filter((other) => other >= at && other < at + 10 * SECOND).length <= 9)
    assert.ok(times.length >= 45, `${times.length} in a minute`)
  }),
)

test(
  'a handler that only one of the processes has is not held up by the others',
  inWorld(async (world) => {
    world.share()
    const without = await world.start({ role: 'worker' })
    const having = await world.life({ role: 'worker' })
    const handled: string[] = []
    having.engine.handlers.on('shop', 'order.*', ({ id }) => void handled.push(id))
    await having.engine.start()
    await world.publish(without, { id: 'one' })
    const event = await world.store.events.get(world.tenant.id, null, 'one')
    for (let round = 0; round < 3; round += 1) {
      await world.store.deliveries.add(event!.key, world.tenant.id, [
        newDelivery(world, { id: HANDLER, format: 'standard' }),
      ])
      await world.clock.advance(3 * SECOND)
      assert.equal(handled.length, round + 1)
    }
    assert.equal(without.count('lanes.postpone'), 0)
  }),
)

test(
  'a replay begun by an API process is worked off by the workers, each step once',
  inWorld(async (world) => {
    const { api, workers } = await team(world, 3)
    for (let batch = 0; batch < 3; batch += 1) await world.publishMany(api, 700)
    const { id } = await world.subscribe(api, 'a', { maxInFlight: 1000 })
    const replay = await api.engine.replays.start(world.tenant.id, id, {
      since: 0,
      until: null,
      states: null,
      eventTypes: null,
    })
    await world.clock.advance(30 * SECOND)
    const done = await api.engine.replays.get(world.tenant.id, replay.id)
    assert.deepEqual([done.state, done.created], ['done', 2100])
    assert.equal(world.transport.to(A).length, 2100)
    assert.equal(new Set(world.transport.to(A).map(({ eventId }) => eventId)).size, 2100)
    const scans = workers.reduce((sum, worker) => sum + worker.count('replays.scan'), 0)
    assert.ok(scans <= 5 + 3, `${scans} scans for 5 steps`)
  }),
)

test(
  'what a worker hands back at its stop is taken up by another one at once',
  inWorld(async (world) => {
    const { api, workers } = await team(world, 1)
    await world.subscribe(api, 'a')
    world.transport.queue(A, 'hang')
    await world.publish(api)
    await world.clock.settle()
    assert.equal(world.transport.running(A), 1)
    const other = await world.start({ role: 'worker' })
    const stopping = workers[0]!.engine.stop()
    await world.clock.advance(SECOND)
    await stopping
    await world.clock.settle()
    const { state, attempts } = await world.delivery()
    assert.deepEqual([state, attempts], ['delivered', 1])
    assert.equal(other.recorder.all('delivery.finished').length, 1)
    workers[0]!.crash()
  }),
)

test(
  'a process that ends is not counted any more, one that dies after ten seconds',
  inWorld(async (world) => {
    const { company, workers } = await team(world, 2)
    const roles = () => company.alive.map(({ role }) => role).sort()
    assert.deepEqual(roles(), ['api', 'worker', 'worker'])
    await workers[0]!.engine.stop()
    assert.deepEqual(roles(), ['api', 'worker'])
    workers[1]!.crash()
    await world.clock.advance(11 * SECOND)
    assert.deepEqual(roles(), ['api'])
  }),
)

test(
  'failures here and successes there are no run of failures',
  inWorld(async (world) => {
    const { api, workers } = await team(world, 2)
    const { id } = await world.subscribe(api, 'a', { retry: [] })
    const [failing, succeeding] = workers
    for (let quarter = 0; quarter < 4 * 7; quarter += 1) {
      for (const [worker, status] of [
        [failing!, 500],
        [succeeding!, 200],
      ] as const) {
        world.transport.always(A, status)
        await world.publish(worker)
        await world.clock.settle()
      }
      await world.leap(6 * HOUR)
    }
    assert.equal((await api.engine.subscriptions.get(world.tenant.id, id)).active, true)
  }),
)

test(
  'health: a worker is red while what it could attempt waits for a slot for long, an API process is not',
  inWorld(
    async (world) => {
      const { api, worker } = await team(world)
      await world.subscribe(api, 'a')
      await world.subscribe(api, 'b')
      world.transport.always(A, 'stuck')
      world.transport.always(urlOf('b'), 'stuck')
      const ready = async () => [
        (await api.engine.health.ready()).ready,
        (await worker.engine.health.ready()).ready,
      ]
      assert.deepEqual(await ready(), [true, true])
      await world.publishMany(api, 5)
      for (let waited = 0; waited < 3; waited += 1) {
        await world.clock.advance(8 * SECOND)
        world.transport.release(200, 1)
      }
      await world.clock.settle()
      assert.deepEqual(await ready(), [true, false])
      world.transport.always(A, 200)
      world.transport.always(urlOf('b'), 200)
      world.transport.release(200)
      await world.clock.advance(3 * SECOND)
      assert.deepEqual(await ready(), [true, true])
    },
    { slots: 1 },
  ),
)

test(
  'health: a target with a backlog of its own making turns nobody red',
  inWorld(async (world) => {
    const { api, worker } = await team(world)
    await world.subscribe(api, 'a', { maxInFlight: 1 })
    world.transport.always(A, 'stuck')
    await world.publishMany(api, 5)
    await world.clock.advance(MINUTE)
    assert.equal((await worker.engine.health.ready()).ready, true)
    world.transport.always(A, 200)
    world.transport.release(200)
  }),
)

test(
  'health: a store that does not answer is red after seconds, and green when it answers again',
  inWorld(async (world) => {
    const { api } = await team(world)
    const hanging = Promise.withResolvers<void>()
    api.hook('upkeep.ping', () => hanging.promise)
    const asked = api.engine.health.ready()
    await world.clock.advance(5 * SECOND)
    const { ready, reasons } = await asked
    assert.equal(ready, false)
    assert.match(reasons.join(), /has not answered/)
    hanging.resolve()
    await world.clock.settle()
    assert.equal((await api.engine.health.ready()).ready, true)
  }),
)
