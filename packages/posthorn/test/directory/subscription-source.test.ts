import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubscriptionInput, SubscriptionPatch } from '../../src/engine/use-cases.ts'
import { openOffice, refusal, WANTED } from './support/office.ts'

const STRIPE = { slug: 'stripe', provider: 'stripe', secrets: ['s'] } as const
const NOBODY = 'src_0190a000-0000-7000-8000-000000000000'

type Office = Awaited<ReturnType<typeof openOffice>>
const create = (office: Office, more: object) =>
  office.subscriptions.create(office.tenant.id, { ...WANTED, ...more } as SubscriptionInput)

test('sources by id, by slug, by the name in an application, or all', async () => {
  await using office = await openOffice()
  const { id } = await office.sources.create(office.tenant.id, STRIPE)
  for (const source of [[id], ['stripe'], ['later'], ['src_app'], ['*'], [id, 'stripe'], null])
    assert.deepEqual((await create(office, { source })).subscription.source, source)
  const flaw = (source: unknown, paths: string[]) =>
    assert.rejects(create(office, { source }), refusal('invalid_request', paths))
  await flaw([], ['/source'])
  await flaw('stripe', ['/source'])
  await flaw(['ok', 'Stripe', '*', 7], ['/source/1', '/source/3'])
  await flaw(['stripe', NOBODY], ['/source/1'])
  const other = await office.tenants.create({ slug: 'other' })
  const foreign = await office.sources.create(other.id, STRIPE)
  await flaw([foreign.id], ['/source/0'])
})

test('a source that is deleted later does not stand in the way of other changes', async () => {
  await using office = await openOffice()
  const { sources, subscriptions, tenant } = office
  const { id } = await sources.create(tenant.id, STRIPE)
  const { subscription } = await create(office, { source: [id] })
  await sources.delete(tenant.id, id)
  const renamed = await subscriptions.update(tenant.id, subscription.id, { name: 'renamed' })
  assert.deepEqual([renamed.name, renamed.source], ['renamed', [id]])
  await assert.rejects(
    subscriptions.update(tenant.id, subscription.id, { source: [id] }),
    refusal('invalid_request', ['/source/0']),
  )
})

test('types of providers only with a source, and requests as they came only with one', async () => {
  await using office = await openOffice()
  const { subscriptions, tenant } = office
  const inbound = {
    events: ['orders/create', 'orders/*', 'build:*'],
    source: ['shopify'],
    format: 'received',
  }
  const { subscription } = await create(office, inbound)
  assert.deepEqual(subscription.events, inbound.events)
  await assert.rejects(
    create(office, { ...inbound, source: null }),
    refusal('invalid_request', ['/events/0', '/events/1', '/events/2', '/format'], /need "source"/),
  )
  const update = (patch: SubscriptionPatch) => subscriptions.update(tenant.id, subscription.id, patch)
  await assert.rejects(
    update({ source: null }),
    refusal('invalid_request', ['/events/0', '/events/1', '/events/2', '/format']),
  )
  const published = await update({ source: null, events: ['order.*'], format: 'standard' })
  assert.equal(published.source, null)
  await assert.rejects(update({ events: ['orders/*'] }), refusal('invalid_request', ['/events/0']))
  await assert.rejects(update({ format: 'received' }), refusal('invalid_request', ['/format']))
})
