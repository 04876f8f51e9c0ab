import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Subscription } from '../../src/domain/subscription.ts'
import type { Life } from './support/life.ts'
import { DAY, HOUR, inWorld, MINUTE, SECOND, urlOf, type World } from './support/world.ts'

const [A, OPS] = [urlOf('a'), urlOf('ops')]

async function found(world: World, life: Life, { id }: Subscription): Promise<Subscription> {
  return life.engine.subscriptions.get(world.tenant.id, id)
}

/** One event every six hours, each tried once. */
async function days(world: World, life: Life, count: number): Promise<void> {
  for (let quarter = 0; quarter < count * 4; quarter += 1) {
    await world.publish(life)
    await world.leap(6 * HOUR)
  }
}

test(
  'five days of nothing but failures disable a subscription, and the tenant is told once',
  inWorld(async (world) => {
    const life = await world.start()
    const sub = await world.subscribe(life, 'a', { retry: [] })
    await world.subscribe(life, 'ops', { events: ['posthorn.subscription.*'] })
    world.transport.always(A, 500)
    await days(world, life, 4)
    assert.equal((await found(world, life, sub)).active, true)
    await days(world, life, 2)
    const { active, disabledReason } = await found(world, life, sub)
    assert.deepEqual([active, disabledReason], [false, 'failing'])
    assert.equal(life.recorder.all('subscription.disabled').length, 1)
    assert.equal((await world.publish(life)).deliveries, 0)
    const told = world.transport
      .to(OPS)
      .map(({ body }) => JSON.parse(body.toString()) as { type: string; data: Record<string, unknown> })
    assert.deepEqual(
      told.map(({ type }) => type),
      ['posthorn.subscription.failing', 'posthorn.subscription.disabled'],
    )
    assert.equal(told[0]?.data.subscription_id, sub.id)
    assert.deepEqual(told[1]?.data, { subscription_id: sub.id, reason: 'failing' })
  }),
)

test(
  'one success in between begins the five days anew',
  inWorld(async (world) => {
    const life = await world.start()
    const sub = await world.subscribe(life, 'a', { retry: [] })
    world.transport.always(A, 500)
    await days(world, life, 4)
    world.transport.queue(A, 200)
    await days(world, life, 4)
    assert.equal((await found(world, life, sub)).active, true)
    await days(world, life, 2)
    assert.equal((await found(world, life, sub)).active, false)
  }),
)

test(
  'the one success counts also when the configuration was just changed and is not in memory',
  inWorld(async (world) => {
    const life = await world.start()
    const sub = await world.subscribe(life, 'a', { retry: [], events: ['order.*'] })
    world.transport.always(A, 500)
    await days(world, life, 4)
    world.transport.queue(A, 'stuck')
    await world.leap(HOUR)
    await world.publish(life)
    await world.clock.advance(SECOND)
    assert.equal(world.transport.running(A), 1)
    await world.subscribe(life, 'other', { events: ['other'] })
    world.transport.release(200)
    await world.clock.settle()
    await days(world, life, 4)
    assert.equal((await found(world, life, sub)).active, true)
  }),
)

test(
  'a run of failures outlives a restart',
  inWorld(async (world) => {
    const first = await world.start()
    const sub = await world.subscribe(first, 'a', { retry: [] })
    world.transport.always(A, 500)
    await days(world, first, 3)
    first.crash()
    const second = await world.start()
    await days(world, second, 3)
    assert.equal((await found(world, second, sub)).disabledReason, 'failing')
  }),
)

test(
  'a run that is written down begins with its first failure, whichever process saw that',
  inWorld(async (world) => {
    const first = await world.start()
    const sub = await world.subscribe(first, 'a', { retry: [] })
    world.transport.always(A, 500)
    const began = world.clock.now()
    await world.publish(first)
    await world.clock.settle()
    first.crash()
    await world.leap(30 * SECOND)
    const second = await world.start()
    await world.publish(second)
    await world.clock.settle()
    await world.clock.advance(2 * MINUTE)
    await world.publish(second)
    await world.clock.advance(SECOND)
    assert.equal((await found(world, second, sub)).failingSince, began)
  }),
)

test(
  'enabled again by its owner, a subscription has five days, however long it failed before',
  inWorld(async (world) => {
    const life = await world.start()
    const sub = await world.subscribe(life, 'a', { retry: [] })
    world.transport.always(A, 500)
    await days(world, life, 2)
    await life.engine.subscriptions.disable(world.tenant.id, sub.id)
    await world.leap(10 * DAY)
    await life.engine.subscriptions.enable(world.tenant.id, sub.id)
    await days(world, life, 3)
    assert.equal((await found(world, life, sub)).active, true, 'disabled by what was before')
    await days(world, life, 3)
    assert.equal((await found(world, life, sub)).active, false)
  }),
)

test(
  'refusing single events for good is an answer, not a failing target',
  inWorld(async (world) => {
    const life = await world.start()
    const sub = await world.subscribe(life, 'a', { onClientError: 'drop' })
    world.transport.always(A, 422)
    await days(world, life, 7)
    assert.equal((await found(world, life, sub)).active, true)
  }),
)

test(
  'dead deliveries are told to those who ask for it by name, with what is needed to find them',
  inWorld(async (world) => {
    const life = await world.start()
    const sub = await world.subscribe(life, 'a', { retry: [1] })
    await world.subscribe(life, 'all', { events: ['*'] })
    await world.subscribe(life, 'ops', { events: ['posthorn.*'] })
    world.transport.always(A, 500)
    await world.publish(life, { id: 'one' })
    await world.clock.advance(5 * SECOND)
    const dead = await world.delivery({ eventId: 'one', targetId: sub.id })
    assert.equal(dead.state, 'dead')
    assert.deepEqual(
      world.transport.to(urlOf('all')).map(({ eventId }) => eventId),
      ['one'],
      'a filter for everything is not one for these',
    )
    assert.equal(world.transport.to(OPS).length, 1)
    const body = JSON.parse(world.transport.to(OPS)[0]?.body.toString() ?? '') as Record<string, unknown>
    assert.equal(body.type, 'posthorn.delivery.dead')
    assert.deepEqual(body.data, {
      ...{ delivery_id: dead.id, event_id: 'one', event_type: 'order.paid', subscription_id: sub.id },
      ...{ source_id: null, handler: null, error: 'failed' },
    })
  }),
)

test(
  'operational events that fail themselves make no further ones',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { retry: [], onClientError: 'drop' })
    await world.subscribe(life, 'ops', { events: ['posthorn.*'], retry: [1], onClientError: 'drop' })
    world.transport.queue(A, 400, 410)
    world.transport.queue(OPS, 500, 500)
    world.transport.always(OPS, 410)
    await world.publish(life)
    await world.clock.advance(MINUTE)
    assert.equal(world.transport.to(OPS).length, 2)
    // Now its own disabling is told to nobody, since nobody is left.
    await world.publish(life)
    await world.clock.advance(MINUTE)
    const types = new Set((await world.deliveries()).map(({ eventType }) => eventType))
    assert.ok(types.has('posthorn.delivery.dead'))
    assert.ok(world.transport.to(OPS).length <= 5)
    await world.leap(DAY)
    assert.ok(world.transport.to(OPS).length <= 5)
    assert.ok((await world.deliveries()).length <= 6)
  }),
)

test(
  'what is told is stored for nobody when nobody asks',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { retry: [] })
    world.transport.always(A, 410)
    await world.publish(life)
    await world.clock.settle()
    assert.equal(life.count('events.insert'), 1)
  }),
)
