import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR, inWorld, MINUTE, SECOND, urlOf } from './support/world.ts'

const A = urlOf('a')

test(
  'step one: a stop waits for attempts that end in time, and begins no new ones',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { maxInFlight: 2 })
    world.transport.always(A, 'stuck')
    await world.publishMany(life, 5)
    await world.clock.settle()
    let stopped = false
    const stopping = life.engine.stop().then(() => {
      stopped = true
    })
    await world.clock.advance(500)
    assert.equal(stopped, false)
    world.transport.release(200)
    await stopping
    assert.equal(world.transport.sent.length, 2)
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 2)
    assert.ok((await world.deliveries({ state: 'pending' })).every(({ leaseToken }) => leaseToken === null))
    world.transport.always(A, 200)
    await world.start()
    await world.clock.advance(SECOND)
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 5)
    assert.equal(world.transport.sent.length, 5)
  }),
)

test(
  'step two: what hangs is cut off and handed back uncounted; the next process delivers it at once',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    world.transport.always(A, 'hang')
    await world.publishMany(life, 3)
    await world.clock.settle()
    const stopping = life.engine.stop()
    await world.clock.advance(SECOND)
    await stopping
    const handedBack = await world.deliveries()
    assert.deepEqual(
      handedBack.map(({ state, attempts, leaseToken }) => [state, attempts, leaseToken]),
      [1, 2, 3].map(() => ['pending', 0, null]),
    )
    for (const { id } of handedBack) assert.deepEqual(await world.attempts(id), [])
    assert.equal(life.recorder.all('delivery.attempted').length, 0)
    world.transport.always(A, 200)
    const began = world.clock.now()
    await world.start()
    await world.clock.advance(SECOND)
    assert.equal(world.transport.to(A).length, 6)
    assert.ok((world.transport.to(A).at(-1)?.at ?? 0) - began < 100)
    assert.ok(
      (await world.deliveries()).every(({ state, attempts }) => state === 'delivered' && attempts === 1),
    )
  }),
)

test(
  'the time to drain runs from the first step: what the server needed for its requests is not added to it',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    world.transport.always(A, 'hang')
    await world.publishMany(life, 1)
    await world.clock.settle()
    await life.engine.leaveWork()
    await world.clock.advance(800)
    let stopped = false
    const stopping = life.engine.stop().then(() => {
      stopped = true
    })
    await world.clock.advance(199)
    assert.equal(stopped, false)
    await world.clock.advance(1)
    await world.clock.settle()
    assert.equal(stopped, true)
    await stopping
  }),
)

test(
  'a cut-off opens no breaker and disables nothing',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a')
    world.transport.always(A, 'hang')
    await world.publishMany(life, 8)
    await world.clock.settle()
    const stopping = life.engine.stop()
    await world.clock.advance(SECOND)
    await stopping
    const { failingSince, active } = await life.engine.subscriptions.get(world.tenant.id, id)
    assert.deepEqual([failingSince, active], [null, true])
    assert.equal(life.recorder.all('target.opened').length, 0)
  }),
)

test(
  'a publish that was accepted while the stop began is stored, and delivered or left for the next process',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    await world.publish(life)
    const publishing = world.publish(life)
    const stopping = life.engine.stop()
    assert.equal((await publishing).deliveries, 1)
    await world.clock.advance(SECOND)
    await stopping
    assert.deepEqual(
      (await world.deliveries()).map(({ state }) => state),
      ['delivered', 'delivered'],
    )
    assert.equal(life.engine.inFlight, 0)
  }),
)

test(
  'a stop waits for a test ping that is being stored',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a')
    life.hook('events.insert', async (next) => {
      await new Promise<void>((resolve) => world.clock.after(200, resolve))
      return next()
    })
    const pinging = life.engine.subscriptions.test(world.tenant, id)
    await world.clock.settle()
    const stopping = life.engine.stop()
    let finishes = -1
    void stopping.then(() => {
      finishes = life.count('deliveries.finish')
    })
    await world.clock.advance(SECOND)
    await stopping
    assert.equal((await pinging).success, true)
    assert.equal(finishes, 1, 'after the stop nothing ran any more')
  }),
)

test(
  'stop before start: it never starts; stop twice, also at once: both resolve',
  inWorld(async (world) => {
    const life = await world.life()
    await world.subscribe(life, 'a')
    await life.engine.stop()
    await life.engine.start()
    await world.clock.advance(MINUTE)
    assert.equal(life.count('lanes.due'), 0)
    assert.equal(world.clock.waiting, 0)
    await Promise.all([life.engine.stop(), life.engine.stop()])
    const other = await world.start()
    await Promise.all([other.engine.stop(), other.engine.stop()])
    await other.engine.stop()
    assert.equal(world.clock.waiting, 0)
  }),
)

test(
  'stop while it starts: nothing runs afterwards',
  inWorld(async (world) => {
    const life = await world.life()
    await world.subscribe(life, 'a')
    await world.publishMany(life, 20)
    const starting = life.engine.start()
    await life.engine.stop()
    await starting
    await world.clock.settle()
    const calls = [...life.calls.values()].reduce((sum, count) => sum + count, 0)
    const sent = world.transport.sent.length
    await world.clock.advance(MINUTE)
    assert.equal(
      [...life.calls.values()].reduce((sum, count) => sum + count, 0),
      calls,
    )
    assert.equal(world.transport.sent.length, sent)
    assert.equal(world.clock.waiting, 0)
    await world.start()
    await world.clock.advance(SECOND)
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 20)
  }),
)

test(
  'many starts and stops at once, in any order, leave nothing running and nothing lost',
  inWorld(async (world) => {
    const subscriber = await world.life()
    await world.subscribe(subscriber, 'a')
    await world.publishMany(subscriber, 10)
    for (let round = 0; round < 20; round += 1) {
      const life = await world.life()
      const calls = Array.from({ length: 10 }, () =>
        world.random.unit() < 0.5 ? life.engine.start() : life.engine.stop(),
      )
      await Promise.all([...calls, life.engine.stop()])
      assert.equal(life.engine.inFlight, 0)
      assert.equal(world.clock.waiting, 0)
    }
    await world.start()
    await world.clock.advance(SECOND)
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 10)
  }),
)

test(
  'health: ready while it runs; not while it starts or stops, the store is away, or every slot is held for long',
  inWorld(
    async (world) => {
      const life = await world.life()
      const ready = async () => (await life.engine.health.ready()).ready
      assert.equal(await ready(), false)
      await life.engine.start()
      assert.equal(await ready(), true)
      await world.clock.advance(HOUR / 60)
      assert.equal(await ready(), true, 'an idle process is healthy')
      life.break('upkeep.ping')
      assert.equal(await ready(), false)
      life.unhook('upkeep.ping')
      await world.subscribe(life, 'a')
      world.transport.always(A, 'stuck')
      await world.publish(life)
      await world.clock.advance(15 * SECOND)
      assert.equal(await ready(), true)
      await world.clock.advance(10 * SECOND)
      assert.equal(await ready(), false)
      world.transport.release(200)
      await world.clock.advance(SECOND)
      assert.equal(await ready(), true)
    },
    { slots: 1 },
  ),
)
