import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HOUR, inWorld, MINUTE, SECOND, urlOf } from './support/world.ts'

const [A, B] = [urlOf('a'), urlOf('b')]

test(
  'max_in_flight holds for the hot path and claims together',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { maxInFlight: 3 })
    world.transport.always(A, 'stuck')
    for (let round = 0; round < 30; round += 1) {
      await world.publishMany(life, 4)
      world.transport.release(round % 5 === 0 ? 500 : 200)
      await world.clock.advance(100)
    }
    world.transport.always(A, 200)
    world.transport.release(200)
    await world.clock.advance(10 * SECOND)
    assert.equal(world.transport.peak.get(A), 3)
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 120)
  }),
)

test(
  'a backlog goes out oldest first, and what a steady publisher adds queues behind it',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { maxInFlight: 2 })
    world.transport.always(A, 'stuck')
    for (let index = 0; index < 60; index += 1) {
      await world.publish(life, { id: `e${index}` })
      if (index >= 20) world.transport.release(200)
      await world.clock.advance(5)
    }
    world.transport.always(A, 200)
    world.transport.release(200)
    await world.clock.advance(5 * SECOND)
    const order = world.transport.sent.map(({ eventId }) => Number(eventId.slice(1)))
    assert.equal(order.length, 60)
    // Two run at once, so neighbours may change places.
    for (const [place, index] of order.entries()) assert.ok(Math.abs(place - index) <= 2, order.join(' '))
  }),
)

test(
  'what is published while a slot is free but a backlog waits in the store does not overtake it',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { maxInFlight: 1 })
    world.transport.queue(A, 'stuck')
    for (let index = 0; index < 10; index += 1) {
      await world.publish(life, { id: `e${index}` })
      await world.clock.advance(1)
    }
    let more = 10
    // The attempt has ended, its slot is free, and the claim has not yet come.
    life.hook('lanes.due', async (next) => {
      if (more < 20) await world.publish(life, { id: `e${more++}` })
      return next()
    })
    world.transport.release(200)
    for (let round = 0; round < 20; round += 1) await world.clock.advance(10)
    const order = world.transport.sent.map(({ eventId }) => Number(eventId.slice(1)))
    assert.deepEqual(order.slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.equal(order.length, more)
  }),
)

test(
  'when a backlog is worked off, publishes go from memory again',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { maxInFlight: 1 })
    await world.publishMany(life, 5)
    await world.clock.advance(SECOND)
    assert.equal(world.transport.to(A).length, 5)
    const claims = life.count('lanes.claim')
    for (let index = 0; index < 5; index += 1) {
      await world.publish(life)
      await world.clock.settle()
    }
    assert.equal(world.transport.to(A).length, 10)
    assert.equal(life.count('lanes.claim'), claims)
  }),
)

test(
  'a target that hangs with thousands due delays no other one, and nothing spins meanwhile',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { events: ['a.*'], maxInFlight: 8 })
    await world.subscribe(life, 'b', { events: ['b.*'] })
    world.transport.always(A, 'hang')
    for (let round = 0; round < 20; round += 1) await world.publishMany(life, 100, { type: 'a.x' })
    await world.clock.settle()
    assert.equal(world.transport.running(A), 8)
    const [due, claims] = [life.count('lanes.due'), life.count('lanes.claim')]
    for (let round = 0; round < 90; round += 1) {
      const published = world.clock.now()
      await world.publish(life, { type: 'b.x', id: `b${round}` })
      await world.clock.settle()
      const last = world.transport.to(B).at(-1)
      assert.deepEqual([last?.eventId, last?.at], [`b${round}`, published])
      await world.clock.advance(100)
    }
    // One look a second is the poll; nothing could be claimed.
    const looks = life.count('lanes.due') - due
    assert.ok(looks <= 25, `${looks} looks in 9 s`)
    assert.equal(life.count('lanes.claim') - claims, 0)
  }),
)

test(
  'what is due for one target reaches it soon while a hundred others are full',
  inWorld(
    async (world) => {
      const life = await world.start()
      for (let index = 0; index < 100; index += 1) {
        await world.subscribe(life, `full${index}`, { events: [`full.${index}`], maxInFlight: 1 })
        world.transport.always(urlOf(`full${index}`), 'stuck')
        for (let more = 0; more < 3; more += 1) await world.publish(life, { type: `full.${index}` })
      }
      await world.subscribe(life, 'b', { events: ['b.*'], retry: [5] })
      world.transport.queue(B, 500)
      await world.publish(life, { type: 'b.x' })
      await world.clock.advance(7 * SECOND)
      assert.equal(world.transport.to(B).length, 2)
      world.transport.release(200)
    },
    { slots: 200 },
  ),
)

test(
  'a retry comes when it is due, not at the next poll, while another target is full',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { events: ['a.*'], maxInFlight: 1 })
    const b = await world.subscribe(life, 'b', { events: ['b.*'], retry: [4.2, 4.2, 4.2] })
    world.transport.always(A, 'stuck')
    await world.publishMany(life, 5, { type: 'a.x' })
    world.transport.queue(B, 500, 500, 500)
    await world.publish(life, { type: 'b.x' })
    for (let retry = 0; retry < 3; retry += 1) {
      await world.clock.settle()
      const due = life.recorder.all('delivery.attempted', ({ targetId }) => targetId === b.id).at(-1)
      await world.clock.advance(5 * SECOND)
      assert.equal(world.transport.to(B).at(-1)?.at, due?.nextAttemptAt)
    }
    world.transport.release(200)
  }),
)

test(
  'what is due waits for no poll when the slots were taken while it was looked for',
  inWorld(
    async (world) => {
      const life = await world.start()
      await world.subscribe(life, 'a', { events: ['a.*'] })
      await world.subscribe(life, 'b', { events: ['b.*'] })
      world.transport.always(B, 'stuck')
      await world.publish(life, { type: 'a.x', deliverAt: world.clock.now() + 5 * SECOND })
      life.hook('lanes.due', async (next) => {
        const due = await next()
        life.unhook('lanes.due')
        await world.publishMany(life, 2, { type: 'b.x' })
        return due
      })
      // The look at 5 s finds the slots free and a moment later taken.
      await world.clock.advance(4_999)
      life.hook('lanes.due', async (next) => {
        const due = (await next()) as unknown[]
        if (due.length > 0) {
          life.unhook('lanes.due')
          await world.publishMany(life, 2, { type: 'b.x' })
        }
        return due
      })
      world.transport.release(200)
      await world.clock.advance(1)
      assert.equal(world.transport.running(B), 2)
      world.transport.release(200)
      await world.clock.settle()
      assert.equal(world.transport.to(A).length, 1)
    },
    { slots: 2 },
  ),
)

test(
  'a rate limit is never exceeded, in any window, and costs no attempts',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { rateLimit: { limit: 5, windowS: 10 } })
    for (let round = 0; round < 10; round += 1) {
      await world.publishMany(life, 5)
      await world.clock.advance(700)
    }
    await world.clock.advance(2 * MINUTE)
    const times = world.transport.to(A).map(({ at }) => at)
    assert.equal(times.length, 50)
    for (const [index, at] of times.entries())
      if (index >= 5) assert.ok(at - (times[index - 5] ?? 0) >= 10 * SECOND, `attempt ${index} came too soon`)
    // And it is used: fifty attempts at five in ten seconds.
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) <= 95 * SECOND)
    assert.ok(
      (await world.deliveries()).every(({ state, attempts }) => state === 'delivered' && attempts === 1),
    )
  }),
)

test(
  'a target that does nothing but fail is left alone but for one probe at a time, and comes back on success',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { retry: [1, 1, 1, 1, 1, ...Array.from({ length: 40 }, () => 5)] })
    world.transport.always(A, 500)
    for (let round = 0; round < 12; round += 1) {
      await world.publish(life)
      await world.clock.advance(SECOND)
    }
    assert.ok(life.recorder.all('target.opened').length > 0)
    const before = world.transport.to(A).length
    await world.clock.advance(MINUTE)
    const probes = world.transport.to(A).slice(before)
    assert.ok(probes.length >= 2 && probes.length <= 5, `${probes.length} probes in a minute`)
    const counted = (await world.deliveries()).reduce((sum, { attempts }) => sum + attempts, 0)
    assert.equal(counted, world.transport.to(A).length, 'only what was sent counts as an attempt')
    world.transport.always(A, 200)
    await world.clock.advance(5 * MINUTE)
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 12)
    assert.equal(life.recorder.all('target.closed').length, 1)
    await world.publish(life)
    await world.clock.settle()
    assert.equal((await world.deliveries({ state: 'delivered' })).length, 13)
  }),
)

for (const how of ['a test ping that succeeds', 'a changed URL', 'enabling'] as const)
  test(
    `${how} ends the wait for a target whose breaker is open`,
    inWorld(async (world) => {
      const life = await world.start()
      const { id } = await world.subscribe(life, 'a', { retry: Array.from({ length: 50 }, () => 1) })
      world.transport.always(A, 500)
      await world.publishMany(life, 20)
      await world.leap(10 * MINUTE)
      for (let round = 0; round < 8; round += 1) await world.clock.advance(MINUTE)
      const until = life.recorder.all('target.opened').at(-1)?.until ?? 0
      assert.ok(until - world.clock.now() > 30 * SECOND, 'the test has a wait to end')
      world.transport.always(A, 200)
      if (how === 'a test ping that succeeds')
        assert.equal((await life.engine.subscriptions.test(world.tenant, id)).success, true)
      if (how === 'a changed URL')
        await life.engine.subscriptions.update(world.tenant.id, id, { url: urlOf('new') })
      if (how === 'enabling') await life.engine.subscriptions.enable(world.tenant.id, id)
      await world.clock.advance(3 * SECOND)
      assert.equal((await world.deliveries({ state: 'pending' })).length, 0)
      if (how === 'a changed URL') assert.equal(world.transport.to(urlOf('new')).length, 20)
    }),
  )

test(
  'enabling reaches what waits, also when a look was under way that saw it disabled',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a')
    await world.publish(life, { deliverAt: world.clock.now() + 5 * SECOND })
    await life.engine.subscriptions.disable(world.tenant.id, id)
    life.hook('lanes.postpone', async (next) => {
      life.unhook('lanes.postpone')
      await life.engine.subscriptions.enable(world.tenant.id, id)
      return next()
    })
    await world.clock.advance(10 * SECOND)
    await world.leap(HOUR)
    assert.equal(world.transport.to(A).length, 1)
  }),
)

test(
  'deliveries of a subscription that is deleted while they are attempted do not wait for ever',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a', { retry: [5, 5] })
    await world.subscribe(life, 'b', { events: ['b.*'] })
    world.transport.always(A, 'stuck')
    await world.publish(life)
    await world.clock.settle()
    await life.engine.subscriptions.delete(world.tenant.id, id)
    world.transport.release(500)
    await world.clock.advance(MINUTE)
    assert.deepEqual(
      (await world.deliveries()).map(({ state, attempts }) => [state, attempts]),
      [['cancelled', 1]],
    )
  }),
)
