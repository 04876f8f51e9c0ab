import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Source } from '../../src/domain/source.ts'
import type { SourceInput, SourcePatch } from '../../src/engine/receive/use-cases.ts'
import { openOffice, refusal } from './support/office.ts'

const SECRET = 'whsec_a_secret_of_a_provider_for_tests'
const STRIPE: SourceInput = { slug: 'stripe', provider: 'stripe', secrets: [SECRET] }
const SCHEME = { header: 'X-Acme-Signature', signed: ['body'] }
const DAY_S = 86_400

type Office = Awaited<ReturnType<typeof openOffice>>
const create = (office: Office, input: object) =>
  office.sources.create(office.tenant.id, input as unknown as SourceInput)
const update = (office: Office, patch: object, which = 'stripe') =>
  office.sources.update(office.tenant.id, which, patch as SourcePatch)
const openSecrets = (office: Office, { secrets }: Source) =>
  secrets.map(({ sealed }) => office.secretBox.open(sealed))

test('a patch changes what is given, and nothing else', async () => {
  await using office = await openOffice()
  const before = await create(office, { ...STRIPE, toleranceS: 60, verifyToken: 'token' })
  await office.clock.advance(1000)
  const after = await update(office, { description: 'new', verifyToken: null })
  const handshake = { ...before.handshake, verifyToken: null }
  assert.deepEqual(after, { ...before, description: 'new', handshake, updatedAt: before.createdAt + 1000 })
  await assert.rejects(update(office, { slug: 'other' }), refusal('invalid_request', ['/slug']))
  await assert.rejects(update(office, {}, 'none'), refusal('not_found'))
  assert.equal((await update(office, { toleranceS: null })).toleranceS, null)
})

test('a patch that changes nothing writes nothing', async () => {
  await using office = await openOffice()
  const before = await create(office, { ...STRIPE, verifyToken: 'token' })
  const version = async () => (await office.store.sources.get(null, before.id))?.version
  const first = await version()
  await office.clock.advance(1000)
  const again = { secrets: [SECRET], verifyToken: 'token', provider: 'stripe', active: true, settings: {} }
  assert.deepEqual(await update(office, again), before)
  assert.equal(await version(), first)
})

test('new secrets take the place of all; those that stay keep their age', async () => {
  await using office = await openOffice()
  const before = await create(office, STRIPE)
  await office.clock.advance(1000)
  const both = await update(office, { secrets: ['new', SECRET] })
  assert.deepEqual(openSecrets(office, both), ['new', SECRET])
  assert.deepEqual(
    both.secrets.map(({ createdAt }) => createdAt),
    [before.createdAt + 1000, before.createdAt],
  )
  const { secrets } = await update(office, { secrets: ['new'] })
  assert.deepEqual(secrets, [both.secrets[0]])
})

test('another provider goes on with secrets and settings that fit, and with none that do not', async () => {
  await using office = await openOffice()
  await create(office, { ...STRIPE, secrets: ['abcd', 'not hex'], toleranceS: 60, dedupeS: DAY_S * 4 })
  const github = await update(office, { provider: 'github' })
  assert.deepEqual(openSecrets(office, github), ['abcd', 'not hex'])
  assert.equal(github.toleranceS, null, 'GitHub sends no time stamp')
  const adyen = await update(office, { provider: 'adyen' })
  assert.deepEqual(openSecrets(office, adyen), ['abcd'])
  assert.equal(adyen.dedupeS, 30 * DAY_S, 'Adyen tries again for 30 days')
  const own = await update(office, { scheme: SCHEME })
  assert.deepEqual([own.provider, own.scheme], [null, SCHEME])
  await assert.rejects(
    update(office, { scheme: { ...SCHEME, key: 'whsec', key_bytes: { min: 24, max: 64 } } }),
    refusal('secret_refused', ['/secrets'], /Give "secrets" together/),
  )
  await assert.rejects(
    update(office, { provider: 'paypal' }),
    refusal('invalid_request', ['/settings/webhook_id']),
  )
  const paypal = await update(office, { provider: 'paypal', settings: { webhook_id: 'a' } })
  assert.deepEqual(paypal.secrets, [])
  const back = await update(office, { provider: 'stripe', secrets: ['s'] })
  assert.deepEqual(back.settings, {})
})

test('two who change it at the same time: both changes hold', async () => {
  await using office = await openOffice()
  await create(office, STRIPE)
  await Promise.all([update(office, { description: 'a' }), update(office, { httpsOnly: true })])
  const { description, httpsOnly } = await office.sources.get(office.tenant.id, 'stripe')
  assert.deepEqual([description, httpsOnly], ['a', true])
})

test('who is always slower is told so', async () => {
  await using office = await openOffice((store) => ({
    ...store,
    sources: Object.assign(Object.create(store.sources), { update: async () => false }),
  }))
  await create(office, STRIPE)
  await assert.rejects(update(office, { description: 'a' }), refusal('changed_meanwhile'))
})

test('a deleted one is gone, for its own tenant only', async () => {
  await using office = await openOffice()
  const { id } = await create(office, STRIPE)
  const other = await office.tenants.create({ slug: 'other' })
  for (const name of [id, 'stripe']) {
    await assert.rejects(office.sources.get(other.id, name), refusal('not_found'))
    await assert.rejects(office.sources.delete(other.id, name), refusal('not_found'))
  }
  await assert.rejects(
    office.tenants.delete((await office.tenants.create({ slug: 'third' })).id).then(async () => {
      await office.sources.create(other.id, STRIPE)
      await office.tenants.delete('other')
    }),
    refusal('state_conflict', undefined, /sources/),
  )
  await office.sources.delete(office.tenant.id, 'stripe')
  await assert.rejects(office.sources.get(office.tenant.id, id), refusal('not_found'))
})

test('redeliveries are let through for a while: ended entries leave, and there is a bound', async () => {
  await using office = await openOffice()
  await create(office, STRIPE)
  const let1 = (eventId: string | null, forS: number) =>
    office.sources.letThrough(office.tenant.id, 'stripe', { eventId, forS })
  const now = office.clock.now()
  assert.deepEqual((await let1('evt_1', 60)).letThrough, [{ eventId: 'evt_1', until: now + 60_000 }])
  assert.equal((await let1('evt_1', 90)).letThrough.length, 1, 'the same event once')
  await let1(null, 3600)
  await office.clock.advance(90_000)
  const left = (await let1('evt_2', 60)).letThrough.map(({ eventId }) => eventId)
  assert.deepEqual(left, [null, 'evt_2'])
  for (let index = 0; index < 18; index += 1) await let1(`e${index}`, 60)
  await assert.rejects(let1('one more', 60), refusal('state_conflict', undefined, /20 events/))
  await assert.rejects(let1('', 0), refusal('invalid_request', ['/event_id', '/for_s']))
  await office.clock.advance(60_000)
  assert.equal((await let1('one more', 60)).letThrough.length, 2)
})
