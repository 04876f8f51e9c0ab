import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReceiver, createSigner, standardWebhooks } from '@posthorn/receiver'
import { createProviderReceiver, PROVIDERS } from '@posthorn/receiver/providers'
import type { SourceInput } from '../../src/engine/receive/use-cases.ts'
import type { SubscriptionInput } from '../../src/engine/use-cases.ts'
import type { Sent } from './support/fake-transport.ts'
import type { Life } from './support/life.ts'
import { ANY_PAGE, DAY, inWorld, SECOND, urlOf, type World } from './support/world.ts'

const SECRET = 'a client secret of a shop'
const SHOPIFY: SourceInput = { slug: 'shopify', provider: 'shopify', secrets: [SECRET] }
/** Not UTF-8, a BOM, odd white space: what must arrive byte for byte. */
const BODY = Buffer.concat([
  Buffer.from('\uFEFF{ "id":1.0,\r\n "name":"'),
  Buffer.from([0xff, 0xfe]),
  Buffer.from('" }\n'),
])
const SENDER = { address: '203.0.113.7', secure: true }

interface Request {
  readonly id?: string
  readonly type?: string
  readonly body?: Buffer
  readonly headers?: ReadonlyArray<readonly [string, string]>
}

/** As Shopify would send it now. */
async function shopify(
  world: World,
  { id = 'e-1', type = 'orders/create', body = BODY, headers = [] }: Request,
) {
  const signer = createSigner({ scheme: PROVIDERS.shopify.scheme, secrets: [SECRET] })
  const signed = await signer.sign({ id, type, deliveryId: 'd', timestampMs: world.clock.now(), body })
  return {
    ...{ method: 'POST', url: '/in/x?a=1', body },
    headers: [
      ...([
        ['host', 'hooks.example'],
        ['content-type', 'application/json; charset=x'],
        ['Connection', 'close, x-hop'],
      ] as const),
      ...([
        ['x-hop', '1'],
        ['user-agent', 'Shopify-Captain-Hook'],
        ['X-Shopify-Event-Id', id],
      ] as const),
      ...([
        ['X-Shopify-Topic', type],
        ['x-forwarded-for', '10.0.0.1'],
        ['traceparent', 'old'],
      ] as const),
      ...([
        ['content-length', String(body.length)],
        ['posthorn-delivery', 'dlv_forged'],
        ['x-a', '1'],
        ['x-a', '2'],
      ] as const),
      ...headers,
      ...signed,
    ],
  }
}

async function arrives(world: World, life: Life, slug = 'shopify', request: Request = {}) {
  const { id } = await life.engine.sources.get(world.tenant.id, slug)
  const wayIn = await life.engine.sources.wayIn(id)
  assert.ok(wayIn)
  const answer = wayIn.receive(await shopify(world, request), SENDER)
  await world.clock.settle()
  return (await answer).status
}

const subscribe = (world: World, life: Life, name: string, input: Partial<SubscriptionInput>) =>
  life.engine.subscriptions.create(world.tenant.id, { name, url: urlOf(name), events: ['*'], ...input })

const only = (world: World, name: string): Sent => {
  const [sent, ...others] = world.transport.to(urlOf(name))
  assert.ok(sent && others.length === 0, `${name} got ${others.length + (sent ? 1 : 0)}`)
  return sent
}

test(
  'one inbound event goes signed anew to one, and as it came to another; what is published goes to neither',
  inWorld(async (world) => {
    const life = await world.start()
    const source = await life.engine.sources.create(world.tenant.id, SHOPIFY)
    const { secret } = await subscribe(world, life, 'anew', {
      source: ['shopify'],
      events: ['orders/*'],
      format: 'raw',
    })
    await subscribe(world, life, 'as-it-came', {
      ...{ source: [source.id], events: ['orders/create'], format: 'received' },
      headers: { 'x-shopify-hmac-sha256': 'forged', 'x-own': 'ours' },
    })
    await subscribe(world, life, 'published', {})
    assert.equal(await arrives(world, life), 200)
    await world.publish(life, { id: 'p-1' })
    await world.clock.settle()

    const anew = only(world, 'anew')
    assert.deepEqual(anew.body, BODY)
    assert.equal(anew.headers['posthorn-source'], source.id)
    const clock = () => world.clock.now()
    const ours = createReceiver({ scheme: standardWebhooks(), secrets: [secret], clock })
    const verified = await ours.verify({ headers: anew.headers, body: anew.body })
    assert.ok(verified.ok && verified.id === 'e-1')

    const came = only(world, 'as-it-came')
    assert.deepEqual(came.body, BODY)
    const theirs = createProviderReceiver({ provider: PROVIDERS.shopify, secrets: [SECRET], clock })
    const result = await theirs.verify({ headers: came.headers, body: came.body })
    assert.ok(result.ok && result.id === 'e-1' && result.type === 'orders/create')
    const { 'posthorn-delivery': delivery, 'x-shopify-hmac-sha256': signature, ...rest } = came.headers
    assert.match(delivery ?? '', /^dlv_[0-9a-f-]{36}$/)
    assert.notEqual(signature, 'forged')
    assert.deepEqual(rest, {
      ...{ 'content-type': 'application/json; charset=x', 'user-agent': 'Shopify-Captain-Hook' },
      ...{ 'x-shopify-event-id': 'e-1', 'x-shopify-topic': 'orders/create', 'x-a': '1, 2' },
      ...{ 'posthorn-attempt': '1', 'posthorn-source': source.id, 'x-own': 'ours' },
    })
    assert.equal(only(world, 'published').eventId, 'p-1')
  }),
)

test(
  'every attempt forwards the same bytes and headers, also after a restart',
  inWorld(async (world) => {
    const first = await world.start()
    await first.engine.sources.create(world.tenant.id, SHOPIFY)
    await subscribe(world, first, 'target', { source: ['*'], format: 'received', retry: [1, 60] })
    world.transport.queue(urlOf('target'), 500, 500)
    await arrives(world, first)
    await world.clock.advance(SECOND * 2)
    first.crash()
    await world.start()
    await world.leap(120 * SECOND)
    const sent = world.transport.to(urlOf('target'))
    assert.deepEqual(
      sent.map(({ attempt }) => attempt),
      [1, 2, 3],
    )
    const same = sent.map(({ body, headers: { 'posthorn-attempt': _, ...headers } }) => ({ body, headers }))
    assert.deepEqual(same[1], same[0])
    assert.deepEqual(same[2], same[0])
  }),
)

test(
  'a request that is no longer stored is a failed attempt that says so, and is not tried again',
  inWorld(async (world) => {
    const life = await world.start()
    await life.engine.sources.create(world.tenant.id, SHOPIFY)
    await subscribe(world, life, 'target', { source: ['*'], format: 'received' })
    life.hook('requests.get', async () => null)
    await arrives(world, life)
    assert.deepEqual(world.transport.to(urlOf('target')), [])
    const { id, state, lastError } = await world.delivery()
    assert.deepEqual([state, lastError], ['dead', 'request_gone'])
    const [attempt] = await world.attempts(id)
    assert.match(attempt?.errorDetail ?? '', /no longer stored/)
    life.hook('requests.get', () => Promise.reject(new Error('the disk is away')))
    await life.engine.deliveries.retry(world.tenant.id, id)
    await world.clock.settle()
    const after = await world.delivery()
    assert.deepEqual([after.state, after.lastError], ['pending', 'attempt_failed'], 'the store may come back')
  }),
)

test(
  'an id with a full stop can be signed, the same in every attempt',
  inWorld(async (world) => {
    const life = await world.start()
    await life.engine.sources.create(world.tenant.id, SHOPIFY)
    await subscribe(world, life, 'target', { source: ['*'], retry: [1] })
    world.transport.queue(urlOf('target'), 500)
    await arrives(world, life, 'shopify', { id: 'filter0001.12.5' })
    await world.clock.advance(SECOND * 2)
    const ids = world.transport.to(urlOf('target')).map(({ eventId }) => eventId)
    assert.deepEqual(ids, [ids[0], ids[0]])
    assert.match(ids[0] ?? '', /^id-[0-9a-f]{40}$/)
    assert.equal(
      (await life.engine.events.get(world.tenant.id, 'filter0001.12.5', 'shopify')).type,
      'orders/create',
    )
  }),
)

test(
  'inbound events are listed, read and replayed by their source',
  inWorld(async (world) => {
    const life = await world.start()
    const { events, deliveries, sources } = life.engine
    const { id: tenantId } = world.tenant
    const { id: sourceId } = await sources.create(tenantId, SHOPIFY)
    await sources.create(tenantId, { ...SHOPIFY, slug: 'second' })
    await arrives(world, life)
    await arrives(world, life, 'second', { type: 'orders/paid' })
    await world.publish(life, { id: 'e-1' })
    const listed = async (filter: object) =>
      (
        await events.list(tenantId, { eventType: null, since: null, until: null, ...filter }, ANY_PAGE)
      ).items.map(({ type }) => type)
    assert.deepEqual(await listed({}), ['order.paid', 'orders/paid', 'orders/create'])
    assert.deepEqual(await listed({ source: null }), ['order.paid'])
    assert.deepEqual(await listed({ source: 'second' }), ['orders/paid'])
    assert.deepEqual(await listed({ source: sourceId }), ['orders/create'])
    assert.deepEqual(await listed({ eventType: 'orders/*' }), ['orders/paid', 'orders/create'])
    assert.deepEqual(await listed({ source: 'nobody' }), [])
    assert.equal((await events.get(tenantId, 'e-1')).type, 'order.paid')
    assert.equal((await events.get(tenantId, 'e-1', 'second')).type, 'orders/paid')
    assert.equal((await events.get(tenantId, 'e-1', sourceId)).type, 'orders/create')
    await assert.rejects(events.get(tenantId, 'e-1', 'nobody'), { code: 'not_found' })

    const handled: string[] = []
    life.engine.handlers.on('shopify', 'orders/*', async (event) => void handled.push(event.id))
    const { subscription } = await subscribe(world, life, 'target', { source: ['shopify'] })
    const replayed = await events.replay(world.tenant, 'e-1', null, 'shopify')
    await world.clock.settle()
    assert.equal(replayed.length, 2)
    assert.deepEqual([handled, only(world, 'target').eventId], [['e-1'], 'e-1'])
    const any = { state: null, targetId: null, eventType: null, since: null, until: null }
    const of = (eventSource: string | null) =>
      deliveries.list(tenantId, { ...any, eventId: 'e-1', eventSource }, ANY_PAGE)
    assert.deepEqual([(await of('shopify')).items.length, (await of(null)).items.length], [2, 0])
    const [again] = await events.replay(world.tenant, 'e-1', subscription.id, 'second')
    await world.clock.settle()
    assert.equal(world.transport.to(urlOf('target')).at(-1)?.deliveryId, again)
  }),
)

test(
  'what was published cannot be forwarded as it came, and a test of such a subscription is written by us',
  inWorld(async (world) => {
    const life = await world.start()
    const { subscription } = await subscribe(world, life, 'target', { source: ['*'], format: 'received' })
    await world.publish(life, { id: 'p-1' })
    await assert.rejects(life.engine.events.replay(world.tenant, 'p-1', subscription.id), {
      code: 'state_conflict',
    })
    const tested = await life.engine.subscriptions.test(world.tenant, subscription.id)
    assert.ok(tested.success)
    assert.equal(JSON.parse(only(world, 'target').body.toString()).type, 'test.ping')
  }),
)

test(
  'a replay of a subscription takes what it takes live: by source, and by types of providers',
  inWorld(async (world) => {
    const life = await world.start()
    const { sources, replays } = life.engine
    await sources.create(world.tenant.id, SHOPIFY)
    await sources.create(world.tenant.id, { ...SHOPIFY, slug: 'second' })
    await arrives(world, life, 'shopify', { id: 'a', type: 'orders/create' })
    await arrives(world, life, 'shopify', { id: 'b', type: 'posthorn.x' })
    await arrives(world, life, 'shopify', { id: 'c', type: 'test.ping' })
    await arrives(world, life, 'second', { id: 'd', type: 'orders/create' })
    await world.publish(life, { id: 'p' })
    const replay = async (name: string, input: Partial<SubscriptionInput>, eventTypes: string[] | null) => {
      const { subscription } = await subscribe(world, life, name, input)
      const request = { since: 0, until: null, states: null, eventTypes }
      const { id } = await replays.start(world.tenant.id, subscription.id, request)
      await world.clock.advance(10 * SECOND)
      assert.equal((await replays.get(world.tenant.id, id)).state, 'done')
      return world.transport
        .to(urlOf(name))
        .map(({ eventId }) => eventId)
        .sort()
    }
    assert.deepEqual(await replay('one', { source: ['shopify'] }, null), ['a', 'b', 'c'])
    assert.deepEqual(await replay('all', { source: ['*'] }, ['orders/*']), ['a', 'd'])
    assert.deepEqual(await replay('some', { source: ['second', 'other'], events: ['orders/*'] }, null), ['d'])
    assert.deepEqual(await replay('published', {}, null), ['p'])
    await assert.rejects(replay('odd', {}, ['orders/*']), { code: 'invalid_request' })
  }),
)

test(
  'a source that is switched off or deleted takes nothing; what waits for its subscriptions still goes',
  inWorld(async (world) => {
    const life = await world.start()
    const { sources } = life.engine
    const { id } = await sources.create(world.tenant.id, SHOPIFY)
    await subscribe(world, life, 'target', { source: [id], format: 'received', retry: [60] })
    world.transport.queue(urlOf('target'), 500)
    await arrives(world, life)
    await sources.update(world.tenant.id, id, { active: false })
    assert.equal(await sources.wayIn(id), null)
    await sources.delete(world.tenant.id, id)
    assert.equal(await sources.wayIn(id), null)
    await world.leap(DAY)
    assert.deepEqual(
      world.transport.to(urlOf('target')).map(({ body }) => body),
      [BODY, BODY],
    )
  }),
)
