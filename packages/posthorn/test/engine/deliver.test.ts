import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readExchange } from '../../src/domain/exchange.ts'
import { RETRY_PRESETS } from '../../src/domain/retry-policy.ts'
import { ANY_PAGE, DAY, HOUR, inWorld, MINUTE, SECOND, urlOf, type World } from './support/world.ts'

const A = urlOf('a')

/** Goes to the time at which the next attempt is due, and says how long that took from the last one. */
async function timeToNextAttempt(world: World): Promise<number> {
  const [before, last] = [world.transport.to(A).length, world.transport.to(A).at(-1)?.at ?? 0]
  const { dueAt } = await world.delivery()
  await world.leap(dueAt - world.clock.now() - 1)
  assert.equal(world.transport.to(A).length, before, 'it came before it was due')
  await world.clock.advance(1)
  assert.equal(world.transport.to(A).length, before + 1, 'it did not come when it was due')
  return (world.transport.to(A).at(-1)?.at ?? 0) - last
}

test(
  'a published event is delivered once and never attempted again',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    const { eventId, deliveries, duplicate } = await world.publish(life)
    assert.deepEqual([deliveries, duplicate], [1, false])
    await world.clock.settle()
    const delivery = await world.delivery()
    assert.deepEqual(
      [delivery.state, delivery.attempts, delivery.eventId, delivery.leaseToken],
      ['delivered', 1, eventId, null],
    )
    await world.leap(2 * DAY)
    assert.equal(world.transport.sent.length, 1)
    const [attempt] = await world.attempts(delivery.id)
    assert.deepEqual([attempt?.number, attempt?.outcome, attempt?.statusCode], [1, 'success', 200])
  }),
)

test(
  'what is sent is signed, names its event and holds the published text byte for byte',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { headers: { 'X-Team': 'blue' } })
    const data = Buffer.from('{"a":1.0, "n":12345678901234567890,"a":"twice"}')
    const { eventId } = await world.publish(life, { data, id: 'order-7' })
    await world.clock.settle()
    const [sent] = world.transport.to(A)
    assert.equal(eventId, 'order-7')
    assert.equal(sent?.headers['webhook-id'], 'order-7')
    assert.match(sent?.headers['webhook-signature'] ?? '', /^v1,/)
    assert.equal(sent?.headers['x-team'], 'blue')
    assert.equal(sent?.headers['content-type'], 'application/json')
    assert.ok(sent?.body.includes(data))
  }),
)

test(
  'an attempt tells what it sent and what it was answered with; the body is made again, byte for byte',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { headers: { 'X-Key': 'canary', 'X-Team': 'canary' } })
    const answer = [
      ['content-type', 'text/plain'],
      ['set-cookie', 'canary'],
    ] as const
    world.transport.queue(A, { status: 200, headers: answer })
    await world.publish(life)
    await world.clock.settle()
    const [sent] = world.transport.to(A)
    const { id } = await world.delivery()
    const [attempt] = await world.attempts(id)
    assert.ok(attempt?.exchange)
    assert.ok(!attempt.exchange.includes('canary'), attempt.exchange)
    const { request, response } = readExchange(attempt.exchange, attempt)
    assert.equal(request.url, A)
    const shown = Object.fromEntries(request.headers)
    assert.deepEqual(shown, { ...sent?.headers, 'x-key': null, 'x-team': null })
    assert.deepEqual(response?.headers, [answer[0], ['set-cookie', null]])
    const body = await life.engine.deliveries.requestBody(world.tenant, id)
    assert.deepEqual([body.contentType, Buffer.from(body.body)], [sent?.headers['content-type'], sent?.body])
    const stranger = { ...world.tenant, id: 'ten_other' } as const
    await assert.rejects(life.engine.deliveries.requestBody(stranger, id), { code: 'not_found' })
  }),
)

for (const preset of Object.keys(RETRY_PRESETS) as Array<keyof typeof RETRY_PRESETS>)
  test(
    `the schedule ${preset} is followed to its end, then the delivery is dead`,
    inWorld(
      async (world) => {
        const life = await world.start()
        await world.subscribe(life, 'a', { retry: preset })
        world.transport.always(A, 500)
        await world.publish(life)
        await world.clock.settle()
        const bodies = new Set([world.transport.to(A)[0]?.body.toString()])
        for (const delayS of RETRY_PRESETS[preset]) {
          assert.equal((await world.delivery()).state, 'pending')
          const waited = (await timeToNextAttempt(world)) / SECOND
          // Up to a tenth is added as jitter.
          assert.ok(waited >= delayS && waited <= delayS * 1.1 + 0.01, `waited ${waited} s for ${delayS} s`)
          bodies.add(world.transport.to(A).at(-1)?.body.toString())
        }
        await world.clock.settle()
        const delivery = await world.delivery()
        assert.deepEqual([delivery.state, delivery.lastError], ['dead', 'failed'])
        assert.equal(delivery.attempts, RETRY_PRESETS[preset].length + 1)
        assert.equal(bodies.size, 1, 'every attempt sends the same bytes')
        const numbers = (await world.attempts(delivery.id)).map(({ number }) => number)
        assert.deepEqual(
          numbers,
          numbers.map((_, index) => index + 1),
        )
        const [finished] = life.recorder.all('delivery.finished')
        assert.deepEqual([finished?.state, finished?.attempts], ['dead', numbers.length])
        await world.leap(2 * DAY)
        assert.equal(world.transport.to(A).length, numbers.length)
      },
      { disableAfterMs: 1000 * DAY },
    ),
  )

test(
  'Retry-After moves the next attempt later, within the schedule and 24 hours',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { retry: [10, 10, 10, 10] })
    const date = new Date(world.clock.now() + 11 * MINUTE).toUTCString()
    world.transport.queue(A, { status: 429, retryAfter: '60' }, { status: 503, retryAfter: '2' })
    world.transport.queue(A, { status: 503, retryAfter: date }, { status: 503, retryAfter: '999999' })
    await world.publish(life)
    await world.clock.settle()
    assert.equal(await timeToNextAttempt(world), 60 * SECOND)
    const second = await timeToNextAttempt(world)
    assert.ok(second >= 10 * SECOND && second <= 11 * SECOND, 'earlier than the schedule is not obeyed')
    const untilDate = Date.parse(date) - world.clock.now()
    assert.equal(await timeToNextAttempt(world), untilDate)
    assert.equal(await timeToNextAttempt(world), 24 * HOUR)
    assert.equal((await world.delivery()).state, 'delivered')
  }),
)

test(
  'a dead delivery that is revived by hand begins its schedule anew and goes on counting attempts',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { retry: [10] })
    world.transport.always(A, 500)
    await world.publish(life)
    await world.clock.advance(MINUTE)
    const dead = await world.delivery()
    assert.deepEqual([dead.state, dead.attempts], ['dead', 2])
    await life.engine.deliveries.retry(world.tenant.id, dead.id)
    await world.clock.settle()
    const again = await world.delivery()
    assert.deepEqual([again.state, again.attempts, again.scheduleStart], ['pending', 3, 2])
    world.transport.always(A, 204)
    await world.clock.advance(11 * SECOND)
    const done = await world.delivery()
    assert.deepEqual([done.state, done.attempts], ['delivered', 4])
    const numbers = (await world.attempts(dead.id)).map(({ number }) => number)
    assert.deepEqual(numbers, [1, 2, 3, 4])
  }),
)

test(
  'a waiting delivery can be cancelled by hand, one that is being attempted cannot',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { retry: [3600] })
    world.transport.queue(A, 'stuck')
    await world.publish(life)
    await world.clock.settle()
    const { id } = await world.delivery()
    await assert.rejects(life.engine.deliveries.cancel(world.tenant.id, id), { code: 'state_conflict' })
    world.transport.release(500)
    await world.clock.settle()
    assert.equal((await life.engine.deliveries.cancel(world.tenant.id, id)).state, 'cancelled')
    await world.leap(2 * HOUR)
    assert.equal(world.transport.sent.length, 1)
    await assert.rejects(life.engine.deliveries.cancel(world.tenant.id, id), { code: 'state_conflict' })
  }),
)

test(
  '410 disables the subscription: later events are not for it, its deliveries wait until it is enabled',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a', { retry: [10] })
    world.transport.queue(A, 500, 410)
    await world.publish(life, { id: 'first' })
    await world.publish(life, { id: 'second' })
    await world.clock.settle()
    const gone = await life.engine.subscriptions.get(world.tenant.id, id)
    assert.deepEqual([gone.active, gone.disabledReason], [false, 'gone'])
    assert.equal((await world.publish(life, { id: 'third' })).deliveries, 0)
    await world.leap(DAY)
    assert.equal(world.transport.sent.length, 2)
    const states = (await world.deliveries()).map(({ eventId, state }) => `${eventId} ${state}`)
    assert.deepEqual(states.sort(), ['first pending', 'second dead'])
    await life.engine.subscriptions.enable(world.tenant.id, id)
    await world.clock.advance(2 * SECOND)
    assert.equal((await world.delivery({ eventId: 'first' })).state, 'delivered')
  }),
)

test(
  'a refused event is retried, or dropped where the subscription says so; a redirect is always retried',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { retry: [10] })
    await world.subscribe(life, 'b', { retry: [10], onClientError: 'drop' })
    const [toA, toB] = [A, urlOf('b')]
    for (const url of [toA, toB]) world.transport.queue(url, 422)
    await world.publish(life, { id: 'one' })
    await world.clock.advance(MINUTE)
    assert.deepEqual([world.transport.to(toA).length, world.transport.to(toB).length], [2, 1])
    const states = (await world.deliveries()).map(({ state, lastError }) => `${state} ${lastError}`)
    assert.deepEqual(states.sort(), ['dead rejected', 'delivered null'])
    world.transport.queue(toB, 302)
    await world.publish(life, { id: 'two' })
    await world.clock.advance(MINUTE)
    assert.equal(world.transport.to(toB).length, 3)
    assert.equal(
      (await world.deliveries({ eventId: 'two' })).every(({ state }) => state === 'delivered'),
      true,
    )
  }),
)

test(
  'a scheduled event is delivered at its time, not before, also by a process that was started later',
  inWorld(async (world) => {
    const first = await world.start()
    await world.subscribe(first, 'a')
    const deliverAt = world.clock.now() + 3 * HOUR
    await world.publish(first, { deliverAt })
    await world.leap(HOUR)
    first.crash()
    await world.start()
    await world.leap(2 * HOUR - 1)
    assert.equal(world.transport.sent.length, 0)
    await world.clock.advance(1)
    assert.equal(world.transport.sent[0]?.at, deliverAt)
  }),
)

test(
  'a deliver_at in the past is now: it does not go before what waits',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { maxInFlight: 1 })
    world.transport.queue(A, 'stuck')
    for (const id of ['one', 'two', 'three']) {
      await world.publish(life, { id })
      await world.clock.advance(10)
    }
    await world.publish(life, { id: 'late', deliverAt: world.clock.now() - DAY })
    world.transport.release(200)
    await world.clock.advance(SECOND)
    assert.deepEqual(
      world.transport.sent.map(({ eventId }) => eventId),
      ['one', 'two', 'three', 'late'],
    )
  }),
)

test(
  'many subscriptions: each event to those that match, each on its own',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a', { events: ['order.*'] })
    await world.subscribe(life, 'b', { events: ['*'] })
    await world.subscribe(life, 'c', { events: ['user.created'] })
    world.transport.always(urlOf('b'), 500)
    assert.equal((await world.publish(life)).deliveries, 2)
    await world.clock.settle()
    assert.deepEqual(world.transport.sent.map(({ url }) => url).sort(), [A, urlOf('b')])
    const feed = await life.engine.deliveries.list(
      world.tenant.id,
      { state: 'delivered', targetId: null, eventId: null, eventType: null, since: null, until: null },
      ANY_PAGE,
    )
    assert.equal(feed.items.length, 1)
  }),
)
