import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TenantId } from '../../src/domain/ids.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import { Directory } from '../../src/engine/directory/directory.ts'
import type { RecordStore, Store } from '../../src/ports/store.ts'
import { openOffice, refusal, WANTED } from './support/office.ts'

/** Counts loads, and holds them up while `gate` is closed. */
function counting(store: Store) {
  const seen = { loads: 0, gate: Promise.resolve() }
  const subscriptions: RecordStore<Subscription> = Object.assign(Object.create(store.subscriptions), {
    list: async (query: Parameters<typeof store.subscriptions.list>[0]) => {
      if (query.before === null) seen.loads += 1
      const found = await store.subscriptions.list(query)
      await seen.gate
      return found
    },
  })
  return { seen, store: { ...store, subscriptions } }
}

test('a view loads once for all who wait, is then there at once, and again after a change', async () => {
  await using office = await openOffice()
  const { seen, store } = counting(office.store)
  const directory = new Directory({ store, secretBox: office.secretBox })
  assert.equal(directory.peek(office.tenant.id), undefined)
  const views = await Promise.all([1, 2, 3].map(() => directory.tenantView(office.tenant.id)))
  assert.equal(new Set(views).size, 1)
  assert.equal(seen.loads, 1)
  assert.equal(directory.peek(office.tenant.id), views[0])
  directory.invalidate(office.tenant.id)
  assert.equal(directory.peek(office.tenant.id), undefined)
  assert.notEqual(await directory.tenantView(office.tenant.id), views[0])
  assert.equal(seen.loads, 2)
})

test('who asks after a change never gets a load that began before it', async () => {
  await using office = await openOffice()
  const { seen, store } = counting(office.store)
  const directory = new Directory({ store, secretBox: office.secretBox })
  const gate = Promise.withResolvers<void>()
  seen.gate = gate.promise
  const before = directory.tenantView(office.tenant.id)
  await office.clock.settle()
  const { subscription } = await office.subscriptions.create(office.tenant.id, WANTED)
  directory.invalidate(office.tenant.id)
  seen.gate = Promise.resolve()
  const after = directory.tenantView(office.tenant.id)
  gate.resolve()
  await before
  assert.ok((await after).subscriptions.has(subscription.id))
  assert.equal(directory.peek(office.tenant.id), await after)
})

test('a failed load is not remembered', async () => {
  await using office = await openOffice()
  const failing = { ...office.store, tenants: { ...office.store.tenants } }
  let fail = true
  failing.tenants.get = async (...query) => {
    if (fail) throw new Error('disk')
    return await office.store.tenants.get(...query)
  }
  const directory = new Directory({ store: failing, secretBox: office.secretBox })
  await assert.rejects(directory.tenantView(office.tenant.id), /disk/)
  fail = false
  assert.equal((await directory.tenantView(office.tenant.id)).tenant.slug, 'default')
})

test('an unknown tenant is not found', async () => {
  await using office = await openOffice()
  await assert.rejects(office.directory.tenantView('ten_none'), refusal('not_found'))
})

test('the longest unused tenant leaves first, with its subscriptions', async () => {
  await using office = await openOffice()
  const directory = new Directory({ store: office.store, secretBox: office.secretBox, tenantsMax: 2 })
  const ids: TenantId[] = []
  for (const slug of ['a', 'b', 'c']) ids.push((await office.tenants.create({ slug })).id)
  const [a, b, c] = ids as [TenantId, TenantId, TenantId]
  const { subscription } = await office.subscriptions.create(b, WANTED)
  for (const id of [a, b]) await directory.tenantView(id)
  assert.equal(directory.peekSubscription(subscription.id)?.id, subscription.id)
  directory.peek(a)
  await directory.tenantView(c)
  assert.ok(directory.peek(a) && directory.peek(c))
  assert.equal(directory.peek(b), undefined)
  assert.equal(directory.peekSubscription(subscription.id), undefined)
  assert.equal((await directory.subscriptionById(subscription.id))?.tenantId, b)
})

test('a subscription is found by its id alone, until it is gone', async () => {
  await using office = await openOffice()
  const { subscription } = await office.subscriptions.create(office.tenant.id, WANTED)
  assert.deepEqual(await office.directory.subscriptionById(subscription.id), subscription)
  assert.deepEqual(office.directory.peekSubscription(subscription.id), subscription)
  await office.subscriptions.delete(office.tenant.id, subscription.id)
  assert.equal(await office.directory.subscriptionById(subscription.id), null)
})

test('tenants with more subscriptions than a page load whole', async () => {
  await using office = await openOffice()
  for (let index = 0; index < 501; index += 1) await office.subscriptions.create(office.tenant.id, WANTED)
  const view = await office.directory.tenantView(office.tenant.id)
  assert.equal(view.subscriptions.size, 501)
  assert.equal(view.match(null, 'order.paid').length, 501)
})

test('secrets are opened newest first, without those that ended', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions, directory, clock } = office
  const created = await subscriptions.create(tenant.id, WANTED)
  const { id } = created.subscription
  const rotated = await subscriptions.rotateSecret(tenant.id, id, { overlapS: 60, secret: null })
  const now = await subscriptions.get(tenant.id, id)
  assert.deepEqual(directory.secretsInForce(now, clock.now()), [rotated.secret, created.secret])
  assert.deepEqual(directory.secretsInForce(now, rotated.previousExpiresAt - 1).length, 2)
  assert.deepEqual(directory.secretsInForce(now, rotated.previousExpiresAt), [rotated.secret])
})

/** Counts reads of single subscriptions and of pages of them; the next single read waits for `gate`. */
function watched(store: Store) {
  const seen = { pages: 0, singles: 0, gate: Promise.resolve() }
  const subscriptions: RecordStore<Subscription> = Object.assign(Object.create(store.subscriptions), {
    list: (query: Parameters<typeof store.subscriptions.list>[0]) => {
      seen.pages += 1
      return store.subscriptions.list(query)
    },
    get: async (...query: Parameters<typeof store.subscriptions.get>) => {
      seen.singles += 1
      const { gate } = seen
      const found = await store.subscriptions.get(...query)
      await gate
      return found
    },
  })
  return { seen, store: { ...store, subscriptions } }
}

test('of a tenant with many subscriptions only the one that was changed is read again', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions } = office
  const { seen, store } = watched(office.store)
  const directory = new Directory({ store, secretBox: office.secretBox })
  const { subscription: kept } = await subscriptions.create(tenant.id, WANTED)
  const { subscription: one } = await subscriptions.create(tenant.id, WANTED)
  const view = await directory.tenantView(tenant.id)
  const matched = async (type: string) =>
    (await directory.tenantView(tenant.id)).match(null, type).map(({ targetId }) => targetId)
  assert.deepEqual(await matched('order.paid'), [kept.id, one.id])
  const other = view.subscriptions.get(kept.id)
  seen.pages = 0

  await subscriptions.update(tenant.id, one.id, { events: ['user.*'] })
  directory.invalidate(tenant.id, one.id)
  assert.equal(directory.peek(tenant.id), undefined)
  assert.deepEqual(await matched('order.paid'), [kept.id])
  assert.deepEqual(await matched('user.new'), [one.id])
  assert.equal(directory.peek(tenant.id)?.subscriptions.get(kept.id), other)
  assert.deepEqual([seen.singles, seen.pages], [1, 0])

  await subscriptions.disable(tenant.id, one.id)
  directory.invalidate(tenant.id, one.id)
  assert.deepEqual(await matched('user.new'), [])
  assert.equal((await directory.subscriptionById(one.id))?.active, false)

  await subscriptions.delete(tenant.id, one.id)
  directory.invalidate(tenant.id, one.id)
  const { subscription: third } = await subscriptions.create(tenant.id, WANTED)
  directory.invalidate(tenant.id, third.id)
  assert.deepEqual(await matched('order.paid'), [kept.id, third.id])
  assert.equal(directory.peekSubscription(one.id), undefined)
  assert.equal(directory.peekSubscription(third.id)?.id, third.id)
  assert.equal(seen.pages, 0)
})

test('a subscription that moves to what comes in matches there and no more here', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions, directory } = office
  const { subscription } = await subscriptions.create(tenant.id, WANTED)
  const view = await directory.tenantView(tenant.id)
  assert.equal(view.match(null, 'order.paid').length, 1)
  assert.equal(view.match('src_shop', 'order.paid').length, 0)
  await subscriptions.update(tenant.id, subscription.id, { source: ['*'] })
  const after = await directory.tenantView(tenant.id)
  assert.equal(after.match(null, 'order.paid').length, 0)
  assert.equal(after.match('src_shop', 'order.paid').length, 1)
})

test('a read of one subscription that is overtaken by a newer one changes nothing back', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions } = office
  const { seen, store } = watched(office.store)
  const directory = new Directory({ store, secretBox: office.secretBox })
  const { subscription } = await subscriptions.create(tenant.id, WANTED)
  await directory.tenantView(tenant.id)
  const urlNow = async () => (await directory.tenantView(tenant.id)).subscriptions.get(subscription.id)?.url
  const slow = Promise.withResolvers<void>()
  seen.gate = slow.promise
  await subscriptions.update(tenant.id, subscription.id, { url: 'https://example.com/1' })
  directory.invalidate(tenant.id, subscription.id)
  const first = urlNow()
  await office.clock.settle()
  seen.gate = Promise.resolve()
  await subscriptions.update(tenant.id, subscription.id, { url: 'https://example.com/2' })
  directory.invalidate(tenant.id, subscription.id)
  assert.equal(await urlNow(), 'https://example.com/2')
  slow.resolve()
  assert.equal(await first, 'https://example.com/2')
  assert.equal(await urlNow(), 'https://example.com/2')
})

test('with very many subscriptions changed all are read again', async () => {
  await using office = await openOffice()
  const { tenant } = office
  const { seen, store } = watched(office.store)
  const directory = new Directory({ store, secretBox: office.secretBox })
  await directory.tenantView(tenant.id)
  seen.pages = 0
  for (let index = 0; index < 1001; index += 1) directory.invalidate(tenant.id, `sub_${index}`)
  await directory.tenantView(tenant.id)
  assert.deepEqual([seen.singles, seen.pages], [0, 1])
})
