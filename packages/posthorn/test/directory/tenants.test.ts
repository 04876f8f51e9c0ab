import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openOffice, refusal, WANTED } from './support/office.ts'

test('the tenant "default" is made once and cannot be deleted', async () => {
  await using office = await openOffice()
  assert.equal(office.tenant.slug, 'default')
  assert.deepEqual(await office.tenants.ensureDefaultTenant(), office.tenant)
  await assert.rejects(office.tenants.delete('default'), refusal('state_conflict'))
  assert.equal((await office.tenants.list({ limit: 10, cursor: null })).items.length, 1)
})

test('created, found by id and slug, renamed; the slug stays', async () => {
  await using office = await openOffice()
  const acme = await office.tenants.create({ slug: 'acme' })
  assert.deepEqual([acme.slug, acme.name], ['acme', 'acme'])
  assert.match(acme.id, /^ten_[0-9a-f-]{36}$/)
  await office.directory.tenantView(acme.id)
  const renamed = await office.tenants.update('acme', { name: 'Acme Ltd' })
  assert.deepEqual(renamed, { ...acme, name: 'Acme Ltd' })
  for (const key of [acme.id, 'acme']) assert.deepEqual(await office.tenants.get(key), renamed)
  assert.equal((await office.directory.tenantView(acme.id)).tenant.name, 'Acme Ltd')
})

test('slugs and names that may not be', async () => {
  await using office = await openOffice()
  for (const slug of [
    '',
    '-a',
    'A',
    'a_b',
    'a.b',
    'ä',
    'a b',
    'x'.repeat(64),
    'ten_1',
    5 as unknown as string,
  ])
    await assert.rejects(office.tenants.create({ slug }), refusal('invalid_request', ['/slug']), String(slug))
  for (const slug of ['0', 'a-', 'x'.repeat(63)]) await office.tenants.create({ slug })
  await assert.rejects(office.tenants.create({ slug: '0' }), refusal('name_taken', ['/slug']))
  for (const name of ['', ' ', 'a\nb', 'x'.repeat(201), '\ud800'])
    await assert.rejects(office.tenants.create({ slug: 'n', name }), refusal('invalid_request', ['/name']))
  await assert.rejects(
    office.tenants.update('0', {} as { name: string }),
    refusal('invalid_request', ['/name']),
  )
  for (const none of ['nobody', 'ten_nobody', '', '\ud800', "' or 1=1"])
    await assert.rejects(office.tenants.get(none), refusal('not_found'))
})

test('deleted only without subscriptions, and its keys and event types go with it', async () => {
  await using office = await openOffice()
  const { tenants, subscriptions, keys, eventTypes, store } = office
  const acme = await tenants.create({ slug: 'acme' })
  const { subscription } = await subscriptions.create(acme.id, WANTED)
  const { text } = await keys.create({ tenantId: acme.id, name: 'k', scope: 'tenant' })
  const elsewhere = await keys.create({ tenantId: office.tenant.id, name: 'k', scope: 'tenant' })
  await eventTypes.create(acme.id, { name: 'a.b' })
  assert.equal((await keys.authenticate(text))?.tenantId, acme.id)
  await assert.rejects(tenants.delete('acme'), refusal('state_conflict', [], /has subscriptions/))
  assert.ok(await keys.authenticate(text))
  await subscriptions.delete(acme.id, subscription.id)
  await tenants.delete('acme')
  for (const key of [acme.id, 'acme']) await assert.rejects(tenants.get(key), refusal('not_found'))
  await assert.rejects(office.directory.tenantView(acme.id), refusal('not_found'))
  assert.equal(await keys.authenticate(text), null)
  assert.ok(await keys.authenticate(elsewhere.text))
  assert.equal(await store.eventTypes.getByName(acme.id, 'a.b'), null)
  const again = await tenants.create({ slug: 'acme' })
  assert.notEqual(again.id, acme.id)
  assert.deepEqual(await tenants.get('acme'), again)
})
