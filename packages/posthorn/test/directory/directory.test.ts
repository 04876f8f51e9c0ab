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
  assert.equal((await before).subscriptions.size, 0)
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
