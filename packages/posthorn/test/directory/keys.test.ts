import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeyScope } from '../../src/domain/records.ts'
import { CONFIGURED_KEY_ID, Keys } from '../../src/engine/directory/keys.ts'
import { openOffice, refusal } from './support/office.ts'

type Office = Awaited<ReturnType<typeof openOffice>>

const admin = (office: Office, name = 'ops') => office.keys.create({ tenantId: null, name, scope: 'admin' })
/** Another process on the same store: it has a memory of its own. */
const elsewhere = ({ store, clock, random, directory, sessions }: Office) =>
  new Keys({ store, clock, random, directory, sessions })

test('a key is shown once, stored as a hash, and tells who calls', async () => {
  await using office = await openOffice()
  const { key, text } = await office.keys.create({ tenantId: office.tenant.id, name: 'ci', scope: 'publish' })
  assert.match(text, /^phk_[A-Za-z0-9_-]{43}$/)
  assert.equal(key.hint, text.slice(0, 8))
  const { items } = await office.keys.list(office.tenant.id, { limit: 10, cursor: null })
  assert.deepEqual(items, [key])
  assert.ok(!JSON.stringify(items).includes(text.slice(8)))
  const wanted = { keyId: key.id, tenantId: office.tenant.id, scope: 'publish', name: 'ci', sessionId: null }
  for (let times = 0; times < 2; times += 1) assert.deepEqual(await office.keys.authenticate(text), wanted)
})

test('no other text opens', async () => {
  await using office = await openOffice()
  const { key, text } = await admin(office)
  const changed = `${text.slice(0, -2)}${text.endsWith('AA') ? 'BB' : 'AA'}`
  for (const wrong of [
    '',
    'phk_',
    changed,
    `${text} `,
    text.toUpperCase(),
    key.hash,
    key.id,
    'x'.repeat(100_000),
  ])
    assert.equal(await office.keys.authenticate(wrong), null, wrong.slice(0, 60))
  assert.equal(await office.keys.authenticate(undefined as unknown as string), null)
})

test('scopes: admin keys have no tenant, all others have one that exists', async () => {
  await using office = await openOffice()
  const create = (scope: KeyScope, tenantId = office.tenant.id as typeof office.tenant.id | null) =>
    office.keys.create({ tenantId, name: 'k', scope })
  await assert.rejects(create('admin'), refusal('invalid_request', ['/scope']))
  for (const scope of ['tenant', 'publish', 'read'] as const)
    await assert.rejects(create(scope, null), refusal('invalid_request', ['/scope']))
  await assert.rejects(create('root' as KeyScope), refusal('invalid_request', ['/scope']))
  await assert.rejects(create('read', 'ten_none'), refusal('not_found'))
  await assert.rejects(
    office.keys.create({ tenantId: null, name: '', scope: 'admin' }),
    refusal('invalid_request', ['/name']),
  )
})

test('a revoked key stops at once here, and within ten seconds in another process', async () => {
  await using office = await openOffice()
  const other = elsewhere(office)
  const { key, text } = await office.keys.create({ tenantId: office.tenant.id, name: 'k', scope: 'read' })
  assert.ok(await office.keys.authenticate(text))
  assert.ok(await other.authenticate(text))
  const revoked = await office.keys.revoke(office.tenant.id, key.id)
  assert.equal(revoked.revokedAt, office.clock.now())
  assert.equal(await office.keys.authenticate(text), null)
  await office.clock.advance(10_000)
  assert.equal(await other.authenticate(text), null)
  assert.deepEqual(await office.keys.revoke(office.tenant.id, key.id), revoked)
})

test('a look-up that was under way when a key was revoked is not remembered', async () => {
  await using office = await openOffice()
  const { store, keys } = office
  const { key, text } = await keys.create({ tenantId: office.tenant.id, name: 'k', scope: 'read' })
  const gate = Promise.withResolvers<void>()
  const getByName = store.keys.getByName.bind(store.keys)
  store.keys.getByName = async (...query) => {
    const found = await getByName(...query)
    await gate.promise
    return found
  }
  const early = keys.authenticate(text)
  await office.clock.settle()
  await keys.revoke(office.tenant.id, key.id)
  gate.resolve()
  await early
  assert.equal(await keys.authenticate(text), null)
})

test('keys of others are not found', async () => {
  await using office = await openOffice()
  const other = await office.tenants.create({ slug: 'other' })
  const { key } = await office.keys.create({ tenantId: other.id, name: 'k', scope: 'tenant' })
  await assert.rejects(office.keys.revoke(office.tenant.id, key.id), refusal('not_found'))
  await admin(office)
  assert.equal((await office.keys.list(office.tenant.id, { limit: 10, cursor: null })).items.length, 0)
  assert.equal((await office.keys.list(null, { limit: 10, cursor: null })).items.length, 2)
  assert.equal((await office.keys.revoke(null, key.id)).id, key.id)
})

test('the last admin key stays, even when two are revoked at the same time', async () => {
  await using office = await openOffice()
  const [a, b] = [await admin(office), await admin(office)]
  const ended = await Promise.allSettled([a, b].map(({ key }) => office.keys.revoke(null, key.id)))
  assert.deepEqual(
    ended.map(({ status }) => status),
    ['fulfilled', 'rejected'],
  )
  await assert.rejects(office.keys.revoke(null, b.key.id), refusal('state_conflict', [], /last admin key/))
  assert.ok(await office.keys.authenticate(b.text))
  const c = await admin(office)
  await office.keys.revoke(null, b.key.id)
  assert.ok(await office.keys.authenticate(c.text))
})

test('at the start: made once when none is given and none is there', async () => {
  await using office = await openOffice()
  const made = (await office.keys.ensureAdminKey(null)) ?? assert.fail()
  assert.deepEqual((await office.keys.authenticate(made))?.scope, 'admin')
  assert.equal(await office.keys.ensureAdminKey(null), null)
})

test('at the start: a given one works, is not stored, and takes the place of the former one', async () => {
  await using office = await openOffice()
  const { keys, store } = office
  const [first, second] = ['the first admin key given', 'the second admin key given']
  assert.equal(await keys.ensureAdminKey(first), null)
  assert.equal((await keys.authenticate(first))?.scope, 'admin')
  assert.equal(await keys.ensureAdminKey(first), null)
  assert.equal(await keys.ensureAdminKey(null), null, 'one that was given once goes on working')
  assert.ok(await keys.authenticate(first))
  await keys.ensureAdminKey(second)
  assert.equal(await keys.authenticate(first), null)
  assert.equal((await keys.authenticate(second))?.keyId, CONFIGURED_KEY_ID)
  const all = await store.keys.list({ tenantId: null, before: null, limit: 10 })
  assert.equal(all.length, 1)
  assert.ok(!JSON.stringify(all).includes(second))
})

test('at the start: a made key may be given as the configured one; a revoked one works again', async () => {
  await using office = await openOffice()
  const { keys } = office
  await keys.ensureAdminKey('an admin key given before')
  const { text, key } = await admin(office)
  await keys.ensureAdminKey(text)
  assert.equal((await keys.authenticate(text))?.keyId, key.id)
  assert.equal(await keys.authenticate('an admin key given before'), null)
  await keys.ensureAdminKey('an admin key given before')
  assert.ok(await keys.authenticate('an admin key given before'))
  await keys.revoke(null, CONFIGURED_KEY_ID)
  await keys.ensureAdminKey('an admin key given before')
  assert.ok(await keys.authenticate('an admin key given before'))
})

test('at the start: what is no admin key is refused', async () => {
  await using office = await openOffice()
  const { text } = await office.keys.create({ tenantId: office.tenant.id, name: 'k', scope: 'tenant' })
  for (const bad of ['', 'x'.repeat(23), 'x'.repeat(513), text])
    await assert.rejects(office.keys.ensureAdminKey(bad), refusal('config_invalid'))
  assert.equal((await office.keys.authenticate(text))?.scope, 'tenant')
})
