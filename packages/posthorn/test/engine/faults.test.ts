import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY, HOUR, inWorld, MINUTE, SECOND, urlOf } from './support/world.ts'

const A = urlOf('a')

test(
  'insert fails: the publish is refused, nothing is stored, its slots are free again',
  inWorld(
    async (world) => {
      const life = await world.start()
      await world.subscribe(life, 'a')
      life.break('events.insert')
      const refused = await Promise.allSettled([world.publish(life, { id: 'one' }), world.publish(life)])
      assert.deepEqual(
        refused.map(({ status }) => status),
        ['rejected', 'rejected'],
      )
      assert.equal(life.engine.inFlight, 0)
      assert.equal(life.recorder.all('store.failed')[0]?.operation, 'insert')
      life.unhook('events.insert')
      assert.equal((await world.publish(life, { id: 'one' })).duplicate, false)
      await world.clock.settle()
      assert.equal(world.transport.to(A).length, 1)
    },
    { slots: 2 },
  ),
)

test(
  'one event that the store refuses does not take along those that were gathered with it',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    life.hook('events.insert', (next, args) => {
      const [batch] = args as unknown as [Array<{ event: { id: string } }>]
      return batch.some(({ event }) => event.id === 'poison')
        ? Promise.reject(new Error('a bad row'))
        : next()
    })
    const ids = ['one', 'poison', 'two']
    const results = await Promise.allSettled(ids.map((id) => world.publish(life, { id })))
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    await world.clock.settle()
    assert.deepEqual(world.transport.sent.map(({ eventId }) => eventId).sort(), ['one', 'two'])
  }),
)

test(
  'finish fails: the result is kept until it is stored, and the event is not sent again meanwhile',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    life.break('deliveries.finish')
    await world.publish(life)
    await world.clock.advance(20 * SECOND)
    assert.equal((await world.delivery()).state, 'pending')
    assert.ok(life.count('deliveries.finish') < 60, 'it tries again now and then, it does not spin')
    life.unhook('deliveries.finish')
    await world.clock.advance(SECOND)
    const delivery = await world.delivery()
    assert.deepEqual([delivery.state, delivery.attempts], ['delivered', 1])
    assert.equal(world.transport.sent.length, 1)
  }),
)

test(
  'finish fails until the lease has run out: the event is sent once more and never lost',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    life.break('deliveries.finish')
    await world.publish(life)
    await world.clock.settle()
    const until = (await world.delivery()).leaseUntil ?? 0
    await world.clock.advance(until - world.clock.now() - 1)
    assert.equal(world.transport.sent.length, 1, 'never twice within the lease')
    life.unhook('deliveries.finish')
    await world.clock.advance(10 * SECOND)
    assert.equal(world.transport.sent.length, 2)
    const delivery = await world.delivery()
    assert.deepEqual([delivery.state, delivery.attempts], ['delivered', 1])
  }),
)

test(
  'one result that the store refuses does not hold up those that were gathered with it',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    await world.subscribe(life, 'b')
    const poison = (await life.engine.subscriptions.list(world.tenant.id, { limit: 1, cursor: null }))
      .items[0]
    const { published } = { published: await world.publish(life, { deliverAt: world.clock.now() + SECOND }) }
    const bad = (await world.deliveries({ eventId: published.eventId })).find(
      ({ targetId }) => targetId === poison?.id,
    )
    life.hook('deliveries.finish', (next, args) => {
      const [batch] = args as unknown as [Array<{ deliveryId: string }>]
      return batch.some(({ deliveryId }) => deliveryId === bad?.id)
        ? Promise.reject(new Error('a bad row'))
        : next()
    })
    await world.clock.advance(2 * SECOND)
    const states = (await world.deliveries()).map(({ id, state }) => `${id === bad?.id} ${state}`)
    assert.deepEqual(states.sort(), ['false delivered', 'true pending'])
    life.unhook('deliveries.finish')
    await world.clock.advance(SECOND)
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 2)
  }),
)

for (const method of ['lanes.due', 'lanes.claim', 'lanes.nextDueAt', 'lanes.postpone'] as const)
  test(
    `${method} fails: claims come back by themselves, no slot is lost, nothing spins`,
    inWorld(
      async (world) => {
        const life = await world.start()
        await world.subscribe(life, 'a', { maxInFlight: 1, rateLimit: { limit: 2, windowS: 60 } })
        await world.subscribe(life, 'b', { maxInFlight: 1 })
        life.break(method)
        await world.publishMany(life, 4)
        await world.clock.advance(30 * SECOND)
        assert.ok(life.count(method) > 0, 'it was not even asked')
        assert.ok(life.count(method) < 100, `${life.count(method)} calls in 30 s`)
        assert.equal(life.engine.inFlight, 0)
        life.unhook(method)
        await world.clock.advance(2 * MINUTE)
        assert.equal((await world.deliveries({ state: 'delivered' })).length, 8)
      },
      { slots: 4 },
    ),
  )

test(
  'the sweeper, retention and replays survive a store that is away',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a')
    await world.publish(life)
    await world.clock.settle()
    const broken = ['lanes.expireLeases', 'upkeep.prune', 'replays.running'] as const
    life.break('replays.scan')
    // To begin one asks how many run already.
    const replay = await life.engine.replays.start(world.tenant.id, id, {
      ...{ since: 0, until: null, states: null, eventTypes: null },
    })
    for (const method of broken) life.break(method)
    life.unhook('replays.scan')
    await world.clock.advance(3 * MINUTE)
    assert.equal((await life.engine.replays.get(world.tenant.id, replay.id)).state, 'running')
    assert.ok(life.recorder.all('service.failed').length >= 3)
    for (const method of broken) life.unhook(method)
    await world.clock.advance(2 * MINUTE)
    assert.equal((await life.engine.replays.get(world.tenant.id, replay.id)).state, 'done')
  }),
)

test(
  'telemetry that throws costs nothing',
  inWorld(async (world) => {
    const life = await world.life()
    life.recorder.record = () => {
      throw new Error('a broken observer')
    }
    await life.engine.start()
    await world.subscribe(life, 'a', { retry: [5] })
    world.transport.queue(A, 500)
    assert.equal((await world.publish(life)).deliveries, 1)
    await world.clock.advance(10 * SECOND)
    assert.equal((await world.delivery()).state, 'delivered')
    assert.equal(life.engine.inFlight, 0)
  }),
)

test(
  'an answer of the store that comes after the lease has run out begins no attempt',
  inWorld(async (world) => {
    const slow = await world.start()
    await world.start()
    await world.subscribe(slow, 'a')
    slow.hook('events.insert', async (next) => {
      const stored = await next()
      await new Promise<void>((resolve) => world.clock.after(2 * MINUTE, resolve))
      return stored
    })
    const published = world.publish(slow)
    await world.clock.advance(MINUTE)
    assert.equal((await world.delivery()).state, 'delivered', 'somebody took it over')
    await world.clock.advance(2 * MINUTE)
    assert.equal((await published).deliveries, 1)
    assert.equal(world.transport.sent.length, 1, 'its success was recorded, and it was attempted again')
    assert.equal(slow.recorder.all('delivery.stale').length, 1)
  }),
)

test(
  'a fault on this side of the wire is a failed attempt: retried by its schedule, dead at its end',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { retry: [10] })
    world.transport.always(A, () => {
      throw new Error('a defect')
    })
    await world.publish(life)
    await world.clock.advance(MINUTE)
    const delivery = await world.delivery()
    assert.deepEqual([delivery.state, delivery.lastError, delivery.attempts], ['dead', 'attempt_failed', 2])
    assert.match((await world.attempts(delivery.id))[0]?.errorDetail ?? '', /a defect/)
  }),
)

test(
  'two engines on one store: a result that comes after its lease is refused, the newer one stays',
  inWorld(async (world) => {
    const first = await world.start()
    await world.subscribe(first, 'a')
    world.transport.queue(A, 'stuck', { status: 202 })
    await world.publish(first)
    await world.clock.settle()
    const second = await world.start()
    await world.clock.advance(MINUTE)
    assert.deepEqual(
      [(await world.delivery()).state, (await world.delivery()).lastStatusCode],
      ['delivered', 202],
    )
    world.transport.release(500)
    await world.clock.advance(SECOND)
    assert.equal(first.recorder.all('delivery.stale').length, 1)
    const delivery = await world.delivery()
    assert.deepEqual([delivery.state, delivery.lastStatusCode, delivery.attempts], ['delivered', 202, 1])
    assert.equal((await world.attempts(delivery.id)).length, 1)
    await world.leap(DAY)
    assert.equal(world.transport.sent.length, 2)
    assert.equal(second.recorder.all('delivery.stale').length, 0)
  }),
)

test(
  'two engines on one store: a late result is refused also while the newer attempt still runs',
  inWorld(async (world) => {
    const first = await world.start()
    await world.subscribe(first, 'a')
    world.transport.queue(A, 'stuck', 'stuck')
    await world.publish(first)
    await world.clock.settle()
    await world.start()
    await world.clock.advance(MINUTE)
    assert.equal(world.transport.running(A), 2)
    const { leaseToken } = await world.delivery()
    world.transport.release(200, 1)
    await world.clock.advance(SECOND)
    const held = await world.delivery()
    assert.deepEqual([held.state, held.leaseToken, held.attempts], ['pending', leaseToken, 0])
    assert.equal(first.recorder.all('delivery.stale').length, 1)
    world.transport.release(204)
    await world.clock.settle()
    const delivery = await world.delivery()
    assert.deepEqual([delivery.state, delivery.lastStatusCode, delivery.attempts], ['delivered', 204, 1])
  }),
)

test(
  'a crash: what was in flight is sent once more by the next process, what was stored is not lost',
  inWorld(async (world) => {
    const first = await world.start()
    await world.subscribe(first, 'a', { maxInFlight: 2 })
    world.transport.always(A, 'hang')
    await world.publishMany(first, 5)
    await world.clock.settle()
    assert.equal(world.transport.running(A), 2)
    first.crash()
    world.transport.always(A, 200)
    await world.start()
    await world.clock.advance(HOUR / 30)
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 5)
    assert.equal(world.transport.sent.length, 7)
    assert.ok((await world.deliveries()).every(({ attempts }) => attempts === 1))
  }),
)
