import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openOffice, refusal } from './support/office.ts'

const SECRET = 'whsec_a_secret_of_a_provider_for_tests'
const STRIPE = { slug: 'stripe', provider: 'stripe', secrets: [SECRET] } as const
const id = (index: number) => `src_0190a000-0000-7000-8000-${String(index).padStart(12, '0')}`

/** Counts look-ups of sources by id alone. */
async function countingOffice() {
  const seen = { gets: 0 }
  const office = await openOffice((store) => ({
    ...store,
    sources: Object.assign(Object.create(store.sources), {
      get: (...query: Parameters<typeof store.sources.get>) => {
        if (query[0] === null) seen.gets += 1
        return store.sources.get(...query)
      },
    }),
  }))
  return Object.assign(office, { seen })
}

test('the way in is made once, at once when it is in memory, and anew after a change', async () => {
  await using office = await openOffice()
  const { sources, opened, tenant } = office
  const source = await sources.create(tenant.id, { ...STRIPE, verifyToken: 'token' })
  const first = sources.wayIn(source.id)
  assert.ok(first instanceof Promise, 'it is not in memory yet')
  const wayIn = await first
  assert.equal(sources.wayIn(source.id), wayIn)
  assert.equal(opened.length, 1)
  const [settings] = opened
  assert.deepEqual([settings?.secrets, settings?.verifyToken], [[SECRET], 'token'])
  assert.deepEqual([settings?.name, settings?.tenant, settings?.provider.name], ['stripe', tenant, 'stripe'])
  await sources.update(tenant.id, 'stripe', { bodyLimitBytes: 7 })
  const next = await sources.wayIn(source.id)
  assert.notEqual(next, wayIn)
  assert.equal(next?.maxBodyBytes, 7)
})

test('providers by settings, and custom schemes, open as they were checked', async () => {
  await using office = await openOffice()
  const { sources, opened, tenant } = office
  const paypal = { slug: 'paypal', provider: 'paypal', settings: { webhook_id: 'wh' } }
  const scheme = { header: 'X-Acme', signed: ['body'] }
  for (const input of [paypal, { slug: 'acme', scheme, secrets: ['k'] }])
    await sources.wayIn((await sources.create(tenant.id, input)).id)
  assert.deepEqual(opened[0]?.settings, { webhookId: 'wh' })
  assert.deepEqual([opened[1]?.provider.name, opened[1]?.provider.scheme.header], ['acme', 'X-Acme'])
})

test('what is not active, deleted or of no such id has no way in', async () => {
  await using office = await openOffice()
  const { sources, tenant } = office
  const source = await sources.create(tenant.id, { ...STRIPE, active: false })
  assert.equal(await sources.wayIn(source.id), null)
  await sources.update(tenant.id, 'stripe', { active: true })
  assert.notEqual(await sources.wayIn(source.id), null)
  await sources.update(tenant.id, 'stripe', { active: false })
  await office.directory.tenantView(tenant.id)
  assert.equal(await sources.wayIn(source.id), null)
  await sources.delete(tenant.id, 'stripe')
  assert.equal(await sources.wayIn(source.id), null)
  for (const odd of ['', 'stripe', 'src_stripe', '../x', `${source.id}x`, '__proto__'])
    assert.equal(await sources.wayIn(odd), null, odd)
})

test('an id that is not there is asked for once in a while, and not at all when it is none', async () => {
  await using office = await countingOffice()
  const { sources, seen, clock, tenant } = office
  for (let index = 0; index < 100; index += 1) assert.equal(await sources.wayIn(id(1)), null)
  for (const odd of ['src_stripe', 'src_', 'x']) await sources.wayIn(odd)
  assert.equal(seen.gets, 1)
  await clock.advance(10_000)
  await sources.wayIn(id(1))
  assert.equal(seen.gets, 2)
  await sources.create(tenant.id, STRIPE)
  await sources.wayIn(id(1))
  assert.equal(seen.gets, 3, 'a source was made meanwhile')
})

test('a source that is made after it was asked for is found at once', async () => {
  await using office = await openOffice()
  const { sources, store, directory, tenant } = office
  const source = await sources.create(tenant.id, STRIPE)
  await store.sources.delete(null, source.id)
  directory.invalidate(tenant.id)
  assert.equal(await sources.wayIn(source.id), null)
  await store.sources.insert(source)
  assert.equal(await sources.wayIn(source.id), null, 'behind our back')
  await sources.create(tenant.id, { ...STRIPE, slug: 'other' })
  assert.notEqual(await sources.wayIn(source.id), null)
})

test('secrets of another key: the sender is not turned away as unknown', async () => {
  await using office = await openOffice()
  const { sources, store, tenant } = office
  const source = await sources.create(tenant.id, STRIPE)
  const found = await store.sources.get(null, source.id)
  const secrets = [{ sealed: 'not ours', createdAt: 0, expiresAt: null }]
  await store.sources.update({ ...source, secrets }, found?.version ?? 0)
  office.directory.invalidate(tenant.id)
  await assert.rejects(async () => await sources.wayIn(source.id), refusal('secret_unreadable'))
})
