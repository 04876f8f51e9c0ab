import assert from 'node:assert/strict'
import { test } from 'node:test'
import { github } from '@posthorn/receiver'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import type { Recorder } from '../../src/testing/recorder.ts'
import { fragileStore, GITHUB, openShop, SECRET, STRIPE, webhook } from './support/shop.ts'

function verdicts({ recorder }: { readonly recorder: Recorder }): string[] {
  return recorder.all('inbound.received').map(({ verdict }) => verdict)
}

test('a verified webhook is stored, answered and then handled; again it is answered the same and not handled', async () => {
  await using shop = await openShop()
  const { posthorn, clock, recorder } = shop
  const inbox = posthorn.source('stripe', STRIPE)
  const handled: unknown[] = []
  posthorn.on<{ data: { object: { total: number } } }>(
    'stripe',
    'invoice.*',
    ({ id, type, source, data, body }) => {
      handled.push([id, type, source, data.data.object.total, Buffer.from(body).toString().slice(0, 5)])
    },
  )
  await posthorn.start()
  const request = await webhook(clock)
  for (let round = 0; round < 2; round += 1) {
    const { status, headers, body } = await inbox.receive(request)
    assert.deepEqual([status, body, Object.keys(headers ?? {})], [200, undefined, ['posthorn-request']])
  }
  await clock.settle()
  assert.deepEqual(handled, [['evt_1', 'invoice.paid', 'stripe', 4200, '{"id"']])
  assert.deepEqual(Buffer.from((await shop.stored('evt_1')).data), request.body)
  assert.deepEqual(verdicts(shop), ['accepted', 'duplicate'])
  assert.equal(recorder.all('delivery.finished')[0]?.targetId, 'hdl_stripe:invoice.*')
})

test('fifty identical requests at once: one is stored, and it is handled once', async () => {
  await using shop = await openShop()
  const { posthorn, clock } = shop
  const inbox = posthorn.source('stripe', STRIPE)
  let handled = 0
  posthorn.on('stripe', '*', () => {
    handled += 1
  })
  await posthorn.start()
  const request = await webhook(clock)
  const answers = await Promise.all(Array.from({ length: 50 }, () => inbox.receive(request)))
  await clock.settle()
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  assert.equal(handled, 1)
})

test('an event whose provider has changed its body a little is a duplicate by its id; the first one holds', async () => {
  await using shop = await openShop()
  const { posthorn, clock } = shop
  const inbox = posthorn.source('stripe', STRIPE)
  const bodies: string[] = []
  posthorn.on('stripe', '*', ({ body }) => bodies.push(Buffer.from(body).toString()))
  await posthorn.start()
  const first = '{"id":"evt_1","type":"invoice.paid","pending_webhooks":2}'
  const second = '{"id":"evt_1","type":"invoice.paid","pending_webhooks":1}'
  assert.equal((await inbox.receive(await webhook(clock, { body: first }))).status, 200)
  assert.equal((await inbox.receive(await webhook(clock, { body: second }))).status, 200)
  await clock.settle()
  assert.deepEqual(bodies, [first])
})

test('two sources may use the same ids', async () => {
  await using shop = await openShop()
  const { posthorn, clock } = shop
  const handled: string[] = []
  const inboxes = ['one', 'two'].map((name) => posthorn.source(name, STRIPE))
  for (const name of ['one', 'two']) posthorn.on(name, '*', ({ source }) => handled.push(source))
  await posthorn.start()
  for (const inbox of inboxes) assert.equal((await inbox.receive(await webhook(clock))).status, 200)
  await clock.settle()
  assert.deepEqual(handled, ['one', 'two'])
})

test('a bad signature is answered 401, a large body 413, a parsed one 500; nothing is stored and the reason is told', async () => {
  await using shop = await openShop()
  const { posthorn, clock, recorder, log } = shop
  const inbox = posthorn.source('stripe', { ...STRIPE, maxBodyBytes: 100 })
  await posthorn.start()
  const good = await webhook(clock)
  const bad = await webhook(clock, { secret: 'whsec_another_secret_than_the_agreed_one' })
  const refused = await inbox.receive(bad)
  assert.deepEqual([refused.status, refused.body], [401, undefined], 'the reason is not told')
  assert.equal((await inbox.receive({ ...good, headers: [] })).status, 401)
  assert.equal((await inbox.receive(await webhook(clock, { body: 'x'.repeat(101) }))).status, 413)
  assert.equal((await inbox.receive({ ...good, body: { parsed: true } as never })).status, 500)
  assert.match(log.at(-1)?.[0] ?? '', /before any body parser/)
  assert.deepEqual(
    recorder.all('inbound.refused').map(({ reason }) => reason),
    ['signature_mismatch', 'signature_missing', 'body_too_large', 'body_not_bytes'],
  )
  await assert.rejects(shop.stored('evt_1'), { code: 'not_found' })
})

test('a request that is too old is refused; one signed with the secret that is rotated out is taken and told', async () => {
  await using shop = await openShop()
  const { posthorn, clock, log } = shop
  const current = 'whsec_the_current_secret_of_the_provider'
  const inbox = posthorn.source('stripe', { ...STRIPE, secrets: [current, SECRET] })
  const request = await webhook(clock)
  await clock.advance(301_000)
  assert.equal((await inbox.receive(request)).status, 401)
  assert.equal((await inbox.receive(await webhook(clock))).status, 200)
  assert.ok(log.some(([text]) => text.includes('an old secret was used')))
})

test('a store that is away is answered 503 with Retry-After; sent again, the event is taken', async () => {
  const clock = new FakeClock()
  const { store, state } = await fragileStore(clock)
  await using shop = await openShop({ store }, clock)
  const inbox = shop.posthorn.source('stripe', STRIPE)
  let handled = 0
  shop.posthorn.on('stripe', '*', () => {
    handled += 1
  })
  await shop.posthorn.start()
  state.broken = true
  const { status, headers } = await inbox.receive(await webhook(clock))
  assert.deepEqual([status, headers?.['retry-after']], [503, '1'])
  state.broken = false
  assert.equal((await inbox.receive(await webhook(clock))).status, 200)
  await clock.settle()
  assert.equal(handled, 1)
})

test('after the stop webhooks are answered 503: the provider sends them again', async () => {
  const shop = await openShop()
  const inbox = shop.posthorn.source('stripe', STRIPE)
  await shop.posthorn.start()
  await shop.close()
  assert.equal((await inbox.receive(await webhook(shop.clock))).status, 503)
})

test('types that nobody handles are acknowledged, stored and skipped, and it is told', async () => {
  await using shop = await openShop()
  const { posthorn, clock, recorder } = shop
  const inbox = posthorn.source('stripe', STRIPE)
  posthorn.on('stripe', 'invoice.*', () => assert.fail('not for this one'))
  await posthorn.start()
  assert.equal((await inbox.receive(await webhook(clock, { type: 'charge.failed' }))).status, 200)
  assert.equal((await shop.stored('evt_1')).type, 'charge.failed')
  const [skipped] = recorder.all('event.skipped')
  assert.deepEqual(
    [skipped?.eventType, skipped?.reason],
    ['charge.failed', 'no subscription or handler for its type'],
  )
})

test('test events are handled, or skipped where the source says so', async () => {
  await using shop = await openShop()
  const { posthorn, clock, recorder } = shop
  const inboxes = [posthorn.source('all', STRIPE), posthorn.source('real', { ...STRIPE, testEvents: 'skip' })]
  const handled: string[] = []
  for (const name of ['all', 'real'])
    posthorn.on(name, '*', ({ source, id }) => handled.push(`${source} ${id}`))
  await posthorn.start()
  for (const inbox of inboxes) {
    const test = '{"id":"evt_test","type":"x","data":{"test":true}}'
    assert.equal((await inbox.receive(await webhook(clock, { body: test }))).status, 200)
    const real = '{"id":"evt_real","type":"x","data":{"test":"true"}}'
    assert.equal((await inbox.receive(await webhook(clock, { body: real }))).status, 200)
  }
  await clock.settle()
  assert.deepEqual(handled.sort(), ['all evt_real', 'all evt_test', 'real evt_real'])
  assert.equal(recorder.all('event.skipped')[0]?.reason, 'a test event')
})

const ODD: ReadonlyArray<[what: string, body: string, type: string]> = [
  ['a NUL in its type', '{"id":"evt_1","type":"a\\u0000b"}', 'unknown'],
  ['half a surrogate pair in its type', '{"id":"evt_1","type":"a\\ud800"}', 'unknown'],
  ['no type', '{"id":"evt_1"}', 'unknown'],
  ['a type that is a number', '{"id":"evt_1","type":7}', '7'],
  ['a type that is neither', '{"id":"evt_1","type":{}}', 'unknown'],
  ['a type of Posthorn itself', '{"id":"evt_1","type":"posthorn.delivery.dead"}', 'posthorn.delivery.dead'],
]

for (const [what, body, type] of ODD)
  test(`a verified event with ${what} is taken`, async () => {
    await using shop = await openShop()
    const inbox = shop.posthorn.source('stripe', STRIPE)
    assert.equal((await inbox.receive(await webhook(shop.clock, { body }))).status, 200)
    assert.equal((await shop.stored('evt_1')).type, type)
    assert.equal((await inbox.receive(await webhook(shop.clock, { body }))).status, 200)
  })

test('an event without an id is known by its bytes', async () => {
  await using shop = await openShop()
  const inbox = shop.posthorn.source('stripe', STRIPE)
  for (const body of ['{"n":1}', '{"n":2}', '{"n":1}', 'no JSON', 'no JSON'])
    assert.equal((await inbox.receive(await webhook(shop.clock, { body }))).status, 200)
  assert.deepEqual(verdicts(shop), ['accepted', 'accepted', 'duplicate', 'accepted', 'duplicate'])
})

for (const id of ['x'.repeat(10_000), 'a\\u0000', 'a\\ud800', ' ', 'ü'])
  test(`an id that no column can carry still tells events apart: ${id.slice(0, 9)}`, async () => {
    await using shop = await openShop()
    const inbox = shop.posthorn.source('stripe', STRIPE)
    for (const body of [`{"id":"${id}1"}`, `{"id":"${id}2"}`, `{"id":"${id}1","again":1}`])
      assert.equal((await inbox.receive(await webhook(shop.clock, { body }))).status, 200)
    assert.deepEqual(verdicts(shop), ['accepted', 'accepted', 'duplicate'])
  })

test('GitHub: id and type come from headers, and the body may be a form', async () => {
  await using shop = await openShop()
  const { posthorn, clock } = shop
  const inbox = posthorn.source('github', GITHUB)
  const seen: unknown[] = []
  posthorn.on('github', 'issues', ({ id, data, body, contentType }) =>
    seen.push([id, data, Buffer.from(body).toString(), contentType]),
  )
  await posthorn.start()
  const given = { id: '72d3162e-cc78-11e3', type: 'issues', scheme: github() }
  const json = await webhook(clock, { ...given, body: '{"action":"opened"}' })
  assert.equal((await inbox.receive(json)).status, 200)
  const form = await webhook(clock, { ...given, id: 'other', body: 'payload=%7B%7D' })
  const headers = (form.headers as Array<[string, string]>).filter(([name]) => name !== 'content-type')
  const formType = 'application/x-www-form-urlencoded'
  assert.equal(
    (await inbox.receive({ ...form, headers: [['content-type', formType], ...headers] })).status,
    200,
  )
  await clock.settle()
  assert.deepEqual(seen, [
    [given.id, { action: 'opened' }, '{"action":"opened"}', 'application/json'],
    ['other', undefined, 'payload=%7B%7D', formType],
  ])
})
