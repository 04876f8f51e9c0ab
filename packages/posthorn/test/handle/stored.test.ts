/** Handlers of sources that are stored, made over the API or by the configuration, and not declared in code. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openShop, SECRET, STRIPE, webhook } from '../library/support/shop.ts'

const KNOWN_AS = { state: null, targetId: null, eventId: null, eventType: null, since: null, until: null }

test('a handler names a stored source by its slug and gets what comes in there', async () => {
  await using shop = await openShop()
  const { posthorn, tenant, clock } = shop
  const input = { slug: 'shop', provider: 'stripe', secrets: [SECRET] }
  const stored = await posthorn.use.sources.create(tenant.id, input)
  const seen: unknown[] = []
  posthorn.on('shop', 'invoice.*', ({ id, source }, { requestId, tenantId }) => {
    seen.push([id, source, requestId?.slice(0, 4), tenantId])
  })
  posthorn.on('shop', 'charge.*', () => seen.push('not for this one'))
  await posthorn.start()
  const wayIn = (await posthorn.use.sources.wayIn(stored.id)) ?? assert.fail('there is no way in')
  const answer = await wayIn.receive(await webhook(clock), { address: null, secure: null })
  assert.ok(answer.status >= 200 && answer.status < 300, String(answer.status))
  await clock.settle()
  assert.deepEqual(seen, [['evt_1', 'shop', 'req_', tenant.id]])
  const { items } = await posthorn.use.deliveries.list(tenant.id, KNOWN_AS, { limit: 9, cursor: null })
  assert.deepEqual(
    items.map(({ targetId, state }) => [targetId, state]),
    [['hdl_shop:invoice.*', 'delivered']],
  )
})

test('a start with handlers for a source that nobody knows is refused, and can be made good', async () => {
  await using shop = await openShop()
  const { posthorn, tenant } = shop
  posthorn.on('shop', '*', () => undefined)
  await assert.rejects(posthorn.start(), {
    code: 'config_invalid',
    message:
      /no source "shop" for its handlers\. Declare it with source\(\), or create a source of that slug/,
  })
  await posthorn.use.sources.create(tenant.id, { slug: 'shop', provider: 'stripe', secrets: [SECRET] })
  await posthorn.start()
  posthorn.on('shop', '*', () => undefined, { name: 'second' })
  assert.throws(() => posthorn.on('shopp', '*', () => undefined), {
    code: 'config_invalid',
    message:
      /no source "shopp" for its handlers\. Declare it with source\(\), or name it in a handler before start/,
  })
})

test('a source may be declared after its handlers', async () => {
  await using shop = await openShop()
  const seen: string[] = []
  shop.posthorn.on('late', '*', ({ id }) => seen.push(id))
  const inbox = shop.posthorn.source('late', STRIPE)
  await shop.posthorn.start()
  await inbox.receive(await webhook(shop.clock))
  await shop.clock.settle()
  assert.deepEqual(seen, ['evt_1'])
})

test("another tenant's source of the same slug does not reach the handlers", async () => {
  await using shop = await openShop()
  const { posthorn, tenant, clock } = shop
  const other = await posthorn.use.tenants.create({ slug: 'other' })
  const input = { slug: 'shop', provider: 'stripe', secrets: [SECRET] }
  const ours = await posthorn.use.sources.create(tenant.id, input)
  const theirs = await posthorn.use.sources.create(other.id, input)
  const seen: string[] = []
  posthorn.on('shop', '*', (_event, { tenantId }) => seen.push(tenantId))
  await posthorn.start()
  for (const { id } of [theirs, ours]) {
    const wayIn = (await posthorn.use.sources.wayIn(id)) ?? assert.fail('there is no way in')
    const { status } = await wayIn.receive(await webhook(clock), { address: null, secure: null })
    assert.equal(status, 200)
  }
  await clock.settle()
  assert.deepEqual(seen, [tenant.id])
})

test('a start with a source that is declared and stored is refused', async () => {
  await using shop = await openShop()
  const { posthorn, tenant } = shop
  await posthorn.use.sources.create(tenant.id, { slug: 'shop', provider: 'stripe', secrets: [SECRET] })
  posthorn.source('shop', STRIPE)
  await assert.rejects(posthorn.start(), {
    code: 'config_invalid',
    message: /"shop" is declared in code, and a source of that slug is stored too/,
  })
})
