/** What a probe does not see: a store that answers it, and refuses what has to be stored. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PosthornError } from '../../src/domain/error.ts'
import { Writes } from '../../src/engine/upkeep/writes.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { inWorld, SECOND, urlOf } from './support/world.ts'

function full(): Promise<never> {
  return Promise.reject(new PosthornError('store_unavailable', 'The disk is full.', { retryAfterS: 5 }))
}

test(
  'health: red while publishes are refused by the store, though it answers the probe; green with the next one that is stored',
  inWorld(async (world) => {
    const life = await world.start()
    const ready = () => life.engine.health.ready()
    life.hook('events.insert', full)
    await assert.rejects(world.publish(life), { code: 'store_unavailable', retryAfterS: 5 })
    const { ready: green, reasons } = await ready()
    assert.equal(green, false)
    assert.match(reasons.join(), /takes nothing: The disk is full/)
    life.unhook('events.insert')
    await world.publish(life)
    assert.equal((await ready()).ready, true)
  }),
)

test(
  'health: a refusal is forgotten after a while without a try, and one for what was sent itself is none',
  inWorld(async (world) => {
    const life = await world.start()
    const ready = async () => (await life.engine.health.ready()).ready
    life.hook('events.insert', () => Promise.reject(new PosthornError('invalid_request', 'No such text.')))
    await assert.rejects(world.publish(life), { code: 'invalid_request' })
    assert.equal(await ready(), true)
    life.hook('events.insert', full)
    await assert.rejects(world.publish(life), { code: 'store_unavailable' })
    await world.clock.advance(9 * SECOND)
    assert.equal(await ready(), false)
    await world.clock.advance(2 * SECOND)
    assert.equal(await ready(), true)
  }),
)

test(
  'health: red while results cannot be stored',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    world.transport.always(urlOf('a'), 200)
    life.hook('deliveries.finish', full)
    await world.publish(life)
    await world.clock.advance(2 * SECOND)
    assert.equal((await life.engine.health.ready()).ready, false)
    life.unhook('deliveries.finish')
    await world.clock.advance(2 * SECOND)
    assert.equal((await life.engine.health.ready()).ready, true)
    assert.equal(world.transport.to(urlOf('a')).length, 1)
  }),
)

test(
  'while results cannot be stored nothing more is attempted, but for one now and then; after it all of it is',
  inWorld(async (world) => {
    const life = await world.start({ leaseMarginMs: SECOND })
    await world.subscribe(life, 'a', { maxInFlight: 4, timeoutMs: SECOND })
    world.transport.always(urlOf('a'), 200)
    life.hook('deliveries.finish', full)
    await world.publishMany(life, 12)
    await world.clock.advance(SECOND)
    const begun = world.transport.to(urlOf('a')).length
    assert.ok(begun >= 1 && begun <= 4, String(begun))
    await world.clock.advance(60 * SECOND)
    const tried = world.transport.to(urlOf('a')).length - begun
    assert.ok(tried >= 2 && tried <= 6, `${tried} in a minute`)
    life.unhook('deliveries.finish')
    await world.clock.advance(20 * SECOND)
    assert.equal(new Set(world.transport.to(urlOf('a')).map(({ eventId }) => eventId)).size, 12)
    assert.equal((await life.engine.health.ready()).ready, true)
    assert.equal(life.recorder.all('delivery.finished').length, 12)
  }),
)

test('a clock that is set back by an hour does not make a refusal last for an hour', async () => {
  const clock = new FakeClock()
  let backMs = 0
  const set = {
    now: () => clock.now() - backMs,
    elapsed: () => clock.elapsed(),
    after: (delayMs: number, run: () => void) => clock.after(delayMs, run),
    nextTurn: (run: () => void) => clock.nextTurn(run),
  }
  const writes = new Writes(set)
  await assert.rejects(writes.watched(full)([]), { code: 'store_unavailable' })
  backMs = 3600 * SECOND
  assert.equal(writes.state, 'refused')
  await clock.advance(11 * SECOND)
  assert.equal(writes.state, 'doubtful')
})
