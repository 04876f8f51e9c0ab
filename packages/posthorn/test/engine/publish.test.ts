import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PublishInput } from '../../src/engine/use-cases.ts'
import { DAY, inWorld, SECOND, urlOf } from './support/world.ts'

const A = urlOf('a')
const JSON_TYPE = 'application/json'

test(
  'the same id with the same content is a duplicate and makes nothing; with other content it is refused',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    const first = await world.publish(life, { id: 'one' })
    assert.deepEqual(await world.publish(life, { id: 'one' }), { ...first, duplicate: true })
    for (const other of [{ data: Buffer.from('2') }, { type: 'order.lost' }, { contentType: 'text/plain' }])
      await assert.rejects(world.publish(life, { id: 'one', ...other }), { code: 'event_conflict' })
    await world.clock.advance(SECOND)
    assert.equal(world.transport.sent.length, 1)
    assert.equal((await world.deliveries()).length, 1)
  }),
)

test(
  'fifty publishes of one event at once make one event and one delivery',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    const published = await world.publishMany(life, 50, { id: 'same' })
    await world.clock.advance(SECOND)
    assert.equal(published.filter(({ duplicate }) => !duplicate).length, 1)
    assert.equal(world.transport.sent.length, 1)
  }),
)

test(
  'in a batch each event stands for itself',
  inWorld(async (world) => {
    const life = await world.start()
    await world.subscribe(life, 'a')
    await world.publish(life, { id: 'taken' })
    const data = Buffer.from('1')
    const answers = await life.engine.events.publishBatch(world.tenant, [
      { type: 'order.paid', data, id: 'first' },
      { type: 'order paid', data },
      { type: 'order.paid', data: Buffer.from('other'), id: 'taken' },
      { type: 'order.paid', data, id: 'last' },
      { type: 'order.paid', data, id: 'last' },
    ])
    const told = answers.map((one) =>
      one instanceof Error ? (one as Error & { code: string }).code : one.duplicate,
    )
    assert.deepEqual(told, [false, 'invalid_request', 'event_conflict', false, true])
    await world.clock.advance(SECOND)
    assert.deepEqual(world.transport.sent.map(({ eventId }) => eventId).sort(), ['first', 'last', 'taken'])
  }),
)

const REFUSED: ReadonlyArray<
  [what: string, input: Partial<PublishInput>, code: string, path: string | null]
> = [
  ['an empty type', { type: '' }, 'invalid_request', '/event_type'],
  ['a type of Posthorn itself', { type: 'posthorn.x' }, 'invalid_request', '/event_type'],
  ['an id with a full stop', { id: 'a.b' }, 'invalid_request', '/event_id'],
  ['a content type that is none', { contentType: 'json\r\nx: y' }, 'invalid_request', '/content_type'],
  ['deliver_at in two years', { deliverAt: Date.UTC(2028, 1, 1) }, 'invalid_request', '/deliver_at'],
  ['deliver_at that is no number', { deliverAt: Number.NaN }, 'invalid_request', '/deliver_at'],
  ['deliver_at in fractions', { deliverAt: 1.5 }, 'invalid_request', '/deliver_at'],
  ['occurred_at that is no number', { occurredAt: Number.NaN }, 'invalid_request', '/occurred_at'],
  ['occurred_at after all time', { occurredAt: 8.64e15 + 1 }, 'invalid_request', '/occurred_at'],
  ['occurred_at in the year 10000', { occurredAt: 253402300800000 }, 'invalid_request', '/occurred_at'],
  ['data over 1 MiB', { data: Buffer.alloc(2 ** 20 + 1) }, 'body_too_large', null],
  [
    'text that calls itself JSON',
    { data: Buffer.from('1,"type":"x"'), contentType: JSON_TYPE },
    'json_malformed',
    '/data',
  ],
  [
    'bad UTF-8 as JSON',
    { data: Buffer.from([0x22, 0xff, 0x22]), contentType: JSON_TYPE },
    'json_malformed',
    '/data',
  ],
]

for (const [what, input, code, path] of REFUSED)
  test(
    `${what} is refused and leaves nothing behind`,
    inWorld(async (world) => {
      const life = await world.start()
      await world.subscribe(life, 'a')
      await assert.rejects(
        world.publish(life, input),
        (error: { code: string; flaws: Array<{ path: string }> }) => {
          assert.deepEqual([error.code, error.flaws[0]?.path ?? null], [code, path])
          return true
        },
      )
      assert.equal(life.count('events.insert'), 0)
    }),
  )

test(
  'an event type with a schema lets in what fits, an archived one nothing',
  inWorld(async (world) => {
    const life = await world.start()
    const schema = { type: 'object', required: ['amount'], properties: { amount: { type: 'number' } } }
    await life.engine.eventTypes.create(world.tenant.id, { name: 'order.paid', schema })
    await world.publish(life)
    await assert.rejects(world.publish(life, { data: Buffer.from('{"amount":"1"}') }), {
      code: 'schema_mismatch',
    })
    await assert.rejects(world.publish(life, { data: Buffer.from('text'), contentType: 'text/plain' }), {
      code: 'schema_mismatch',
    })
    await world.publish(life, { type: 'order.unknown', data: Buffer.from('[]') })
    await life.engine.eventTypes.update(world.tenant.id, 'order.paid', { archived: true })
    await assert.rejects(world.publish(life), { code: 'event_type_archived' })
  }),
)

test(
  'before the start publishes are stored; after it they are delivered; after the stop they are refused',
  inWorld(async (world) => {
    const life = await world.life()
    await world.subscribe(life, 'a')
    await world.publish(life, { id: 'early' })
    await world.clock.advance(5 * SECOND)
    assert.equal(world.transport.sent.length, 0)
    await life.engine.start()
    await world.clock.settle()
    assert.deepEqual(
      world.transport.to(A).map(({ eventId }) => eventId),
      ['early'],
    )
    await life.engine.stop()
    await assert.rejects(world.publish(life), { code: 'stopping', retryAfterS: 1 })
    assert.deepEqual((await life.engine.health.ready()).ready, false)
  }),
)

test(
  'a test ping goes out at once, once, also to a subscription that is not active, and is on record',
  inWorld(async (world) => {
    const life = await world.start()
    const { id } = await world.subscribe(life, 'a', { active: false })
    const good = await life.engine.subscriptions.test(world.tenant, id)
    assert.deepEqual([good.success, good.statusCode, good.error], [true, 200, null])
    assert.match(world.transport.sent[0]?.body.toString() ?? '', /"type":"test.ping".*"test":true/)
    world.transport.always(A, { status: 500, body: 'no' })
    const bad = await life.engine.subscriptions.test(world.tenant, id)
    assert.deepEqual(
      [bad.success, bad.statusCode, Buffer.from(bad.responseBody).toString()],
      [false, 500, 'no'],
    )
    assert.match(bad.error ?? '', /^failed: /)
    assert.equal((await world.attempts(bad.deliveryId)).length, 1)
    await world.leap(DAY)
    assert.equal(world.transport.sent.length, 2)
    assert.equal((await life.engine.deliveries.get(world.tenant.id, bad.deliveryId)).state, 'dead')
  }),
)

test(
  'a test ping that cannot be stored is refused and gives its slot back',
  inWorld(
    async (world) => {
      const life = await world.start()
      const { id } = await world.subscribe(life, 'a')
      life.break('events.insert')
      await assert.rejects(life.engine.subscriptions.test(world.tenant, id), /away/)
      life.unhook('events.insert')
      world.transport.queue(A, 'stuck')
      const pinged = life.engine.subscriptions.test(world.tenant, id)
      await world.clock.settle()
      await assert.rejects(life.engine.subscriptions.test(world.tenant, id), { code: 'store_unavailable' })
      world.transport.release(200)
      assert.equal((await pinged).success, true)
    },
    { slots: 1 },
  ),
)
