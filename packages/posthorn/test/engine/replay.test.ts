import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubscriptionId } from '../../src/domain/ids.ts'
import type { ReplayRequest } from '../../src/engine/use-cases.ts'
import type { Life } from './support/life.ts'
import { ANY_PAGE, DAY, HOUR, inWorld, MINUTE, SECOND, urlOf, type World } from './support/world.ts'

const [A, B] = [urlOf('a'), urlOf('b')]
const ALL: ReplayRequest = { since: 0, until: null, states: null, eventTypes: null }

/** Subscribes and lets the replay of everything run to its end. */
async function replayed(world: World, life: Life, id: SubscriptionId, request: Partial<ReplayRequest> = {}) {
  const { id: replayId } = await life.engine.replays.start(world.tenant.id, id, { ...ALL, ...request })
  await world.clock.advance(10 * SECOND)
  return life.engine.replays.get(world.tenant.id, replayId)
}

const idsTo = (world: World, url: string) =>
  world.transport
    .to(url)
    .map(({ eventId }) => eventId)
    .sort()

test(
  'one event is delivered anew to all that match now, or to one subscription',
  inWorld(async (world) => {
    const life = await world.start()
    const a = await world.subscribe(life, 'a')
    await world.publish(life, { id: 'one' })
    await world.subscribe(life, 'b')
    const both = await life.engine.events.replay(world.tenant, 'one', null)
    await world.clock.settle()
    assert.equal(both.length, 2)
    assert.deepEqual([world.transport.to(A).length, world.transport.to(B).length], [2, 1])
    const [only] = await life.engine.events.replay(world.tenant, 'one', a.id)
    await world.clock.settle()
    assert.equal(world.transport.to(A).at(-1)?.deliveryId, only)
    assert.deepEqual([...new Set(world.transport.sent.map(({ body }) => body.toString()))].length, 1)
    await assert.rejects(life.engine.events.replay(world.tenant, 'other', null), { code: 'not_found' })
    await assert.rejects(life.engine.events.replay(world.tenant, 'one', 'sub_none'), { code: 'not_found' })
    await life.engine.subscriptions.disable(world.tenant.id, a.id)
    await assert.rejects(life.engine.events.replay(world.tenant, 'one', a.id), { code: 'state_conflict' })
  }),
)

test(
  'a new subscription gets the events of a span that fit it, each once',
  inWorld(async (world) => {
    const life = await world.start()
    await world.publish(life, { id: 'before' })
    await world.clock.advance(MINUTE)
    const since = world.clock.now()
    await world.publish(life, { id: 'one' })
    await world.publish(life, { id: 'other', type: 'user.created' })
    await world.publish(life, { id: 'two', type: 'order.lost' })
    await world.clock.advance(MINUTE)
    const until = world.clock.now()
    await world.publish(life, { id: 'after' })
    const { id } = await world.subscribe(life, 'a', { events: ['order.*'] })
    const replay = await replayed(world, life, id, { since, until })
    assert.deepEqual([replay.state, replay.created, replay.scanned], ['done', 2, 3])
    assert.notEqual(replay.finishedAt, null)
    assert.deepEqual(idsTo(world, A), ['one', 'two'])
    assert.equal((await replayed(world, life, id, { since, until, eventTypes: ['order.lost'] })).created, 1)
    assert.ok((await world.deliveries()).every(({ replayId }) => replayId !== null))
  }),
)

test(
  'by state: only what is dead; what is pending comes by itself and is not doubled',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a', { onClientError: 'drop', retry: [3600] })
    world.transport.queue(A, 200, 400, 500)
    for (const event of ['delivered', 'dead', 'pending']) {
      await world.publish(life, { id: event })
      await world.clock.advance(10)
    }
    assert.equal((await replayed(world, life, id, { states: ['dead'] })).created, 1)
    assert.deepEqual(idsTo(world, A), ['dead', 'dead', 'delivered', 'pending'])
    // The dead one was delivered by now.
    assert.equal((await replayed(world, life, id, { states: ['dead'] })).created, 0)
    assert.equal((await replayed(world, life, id)).created, 2)
    assert.equal((await replayed(world, life, id, { states: ['pending'] })).created, 1)
  }),
)

test(
  'test pings of other subscriptions are not replayed',
  inWorld(async (world) => {
    const life = await world.start()
    const a = await world.subscribe(life, 'a')
    await life.engine.subscriptions.test(world.tenant, a.id)
    const b = await world.subscribe(life, 'b')
    assert.equal((await replayed(world, life, b.id)).created, 0)
  }),
)

/** How a process may end in the middle of a replay: after so many steps, before or after the step was stored. */
const CRASHES = [0, 1, 2].flatMap((step) => [
  { step, stored: false },
  { step, stored: true },
])

for (const { step, stored } of CRASHES)
  test(
    `a crash in step ${step}, ${stored ? 'after' : 'before'} it was stored, neither skips nor doubles an event`,
    inWorld(async (world) => {
      const first = await world.start()
      await world.publishMany(first, 1200)
      const { id } = await world.subscribe(first, 'a', { maxInFlight: 64 })
      let steps = 0
      first.hook('replays.advance', async (next, args) => {
        const crashes = steps === step
        steps += 1
        if (!crashes) return next()
        const { replays } = world.store
        if (stored) await replays.advance(...(args as unknown as Parameters<typeof replays.advance>))
        first.crash()
        return true
      })
      await world.clock.advance(1)
      const replay = await first.engine.replays.start(world.tenant.id, id, ALL)
      await world.clock.advance(SECOND)
      assert.ok(first.dead)
      const second = await world.start()
      await world.clock.advance(MINUTE)
      const done = await second.engine.replays.get(world.tenant.id, replay.id)
      assert.deepEqual([done.state, done.created, done.scanned], ['done', 1200, 1200])
      const made = await world.deliveries({ targetId: id })
      assert.equal(made.length, 1200)
      assert.equal(new Set(made.map(({ eventId }) => eventId)).size, 1200)
      assert.ok(made.every(({ state }) => state === 'delivered'))
    }),
  )

test(
  'a replay that is cancelled makes nothing more; what it made is delivered',
  inWorld(async (world) => {
    const life = await world.start()
    await world.publishMany(life, 1200)
    const { id } = await world.subscribe(life, 'a', { maxInFlight: 64 })
    await world.clock.advance(1)
    const replay = await life.engine.replays.start(world.tenant.id, id, ALL)
    life.hook('replays.advance', async (next) => {
      life.unhook('replays.advance')
      const advanced = await next()
      await life.engine.replays.cancel(world.tenant.id, replay.id)
      return advanced
    })
    await world.clock.advance(MINUTE)
    const cancelled = await life.engine.replays.get(world.tenant.id, replay.id)
    assert.deepEqual([cancelled.state, cancelled.created], ['cancelled', 500])
    assert.equal((await world.deliveries({ targetId: id, state: 'delivered' })).length, 500)
    await assert.rejects(life.engine.replays.cancel(world.tenant.id, replay.id), { code: 'state_conflict' })
    assert.equal(life.recorder.all('service.failed').length, 0)
  }),
)

test(
  'a replay of a subscription or tenant that is deleted meanwhile ends, and holds up no other',
  inWorld(async (world) => {
    const life = await world.life()
    const other = await life.engine.tenants.create({ slug: 'other' })
    const input = { name: 'x', url: urlOf('x'), events: ['*'] }
    const { subscription } = await life.engine.subscriptions.create(other.id, input)
    const doomed = await life.engine.replays.start(other.id, subscription.id, ALL)
    await life.engine.subscriptions.delete(other.id, subscription.id)
    await life.engine.tenants.delete('other')
    await world.publish(life)
    const { id } = await world.subscribe(life, 'a')
    const good = await life.engine.replays.start(world.tenant.id, id, ALL)
    await life.engine.start()
    await world.clock.advance(10 * SECOND)
    assert.equal((await life.engine.replays.get(world.tenant.id, good.id)).state, 'done')
    assert.equal((await life.engine.replays.get(other.id, doomed.id)).state, 'cancelled')
  }),
)

test(
  'a small replay does not wait for the end of a large one',
  inWorld(async (world) => {
    const life = await world.life()
    await world.publishMany(life, 3000)
    const [a, b] = [await world.subscribe(life, 'a'), await world.subscribe(life, 'b')]
    await world.clock.advance(HOUR)
    await life.engine.replays.start(world.tenant.id, a.id, ALL)
    const nothing = { ...ALL, since: world.clock.now() - MINUTE }
    const small = await life.engine.replays.start(world.tenant.id, b.id, nothing)
    await life.engine.start()
    await world.clock.advance(SECOND)
    const order = life.recorder
      .all('replay.advanced')
      .map(({ replayId, done }) => `${replayId === small.id} ${done}`)
    assert.ok(order.indexOf('true true') <= 1, order.join(', '))
  }),
)

test(
  'an order that makes no sense is refused',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a')
    const { replays, subscriptions } = life.engine
    await assert.rejects(replays.start(world.tenant.id, 'sub_none', ALL), { code: 'not_found' })
    await assert.rejects(replays.start(world.tenant.id, id, { ...ALL, since: 5, until: 5 }), {
      code: 'invalid_request',
    })
    await assert.rejects(replays.start(world.tenant.id, id, { ...ALL, eventTypes: ['a*'] }), {
      code: 'invalid_request',
    })
    await subscriptions.disable(world.tenant.id, id)
    await assert.rejects(replays.start(world.tenant.id, id, ALL), { code: 'state_conflict' })
    assert.deepEqual((await replays.list(world.tenant.id, ANY_PAGE)).items, [])
  }),
)

test(
  'retention removes what is old, keeps what is pending, and what is left can still be delivered',
  inWorld(
    async (world) => {
      const life = await world.start()
      await world.subscribe(life, 'a', { retry: [20 * 86_400] })
      world.transport.queue(A, 500, 200)
      await world.publish(life, { id: 'pending' })
      await world.publish(life, { id: 'old' })
      await world.publishMany(life, 450)
      await world.leap(9 * DAY)
      await world.publish(life, { id: 'young' })
      await world.leap(2 * DAY)
      await world.clock.advance(2 * MINUTE)
      const kept = (
        await life.engine.events.list(
          world.tenant.id,
          { eventType: null, since: null, until: null },
          ANY_PAGE,
        )
      ).items.map(({ id }) => id)
      assert.deepEqual(kept, ['young', 'pending'])
      assert.equal((await world.deliveries()).length, 2)
      const pruned = life.recorder.all('retention.pruned')
      assert.equal(
        pruned.reduce((sum, { events }) => sum + events, 0),
        451,
      )
      assert.ok(pruned.length >= 3, 'in small batches')
      await world.leap(12 * DAY)
      assert.equal(idsTo(world, A).filter((id) => id === 'pending').length, 2)
    },
    { retentionMs: 10 * DAY },
  ),
)
