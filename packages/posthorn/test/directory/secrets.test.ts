import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SIGNATURE_SCHEMES, type SignatureSchemeName } from '../../src/domain/subscription.ts'
import { openOffice, refusal, WANTED } from './support/office.ts'

type Office = Awaited<ReturnType<typeof openOffice>>

async function subscribe(office: Office, scheme: SignatureSchemeName, secret?: string) {
  const made = await office.subscriptions.create(office.tenant.id, {
    ...WANTED,
    signature: { scheme },
    secret,
  })
  const { id } = made.subscription
  return {
    id,
    secret: made.secret,
    rotate: (overlapS: number, own: string | null = null) =>
      office.subscriptions.rotateSecret(office.tenant.id, id, { overlapS, secret: own }),
    change: (to: SignatureSchemeName) =>
      office.subscriptions.update(office.tenant.id, id, { signature: { scheme: to } }),
    inForce: async () => {
      const now = await office.subscriptions.get(office.tenant.id, id)
      return office.directory.secretsInForce(now, office.clock.now())
    },
  }
}

const own = (bytes: number) => `whsec_${Buffer.alloc(bytes, 7).toString('base64')}`

test('each scheme gets a secret of its own form, never twice the same', async () => {
  await using office = await openOffice()
  const secrets = new Set<string>()
  for (const scheme of SIGNATURE_SCHEMES) {
    const { secret } = await subscribe(office, scheme)
    assert.match(secret, scheme === 'standard-ed25519' ? /^whsk_/ : /^whsec_/)
    secrets.add(secret)
  }
  assert.equal(secrets.size, SIGNATURE_SCHEMES.length)
})

test('an own secret is taken as it is, or refused without being repeated', async () => {
  await using office = await openOffice()
  assert.equal((await subscribe(office, 'standard', own(24))).secret, own(24))
  assert.equal((await subscribe(office, 'prefixed', 'any text of 16 b')).secret, 'any text of 16 b')
  const generated = await subscribe(office, 'standard-ed25519')
  const publicKey = `whpk_${Buffer.from(generated.secret.slice(5), 'base64').subarray(32).toString('base64')}`
  const rows: ReadonlyArray<readonly [SignatureSchemeName, string]> = [
    ['standard', ''],
    ['standard', 'whsec_'],
    ['standard', own(23)],
    ['standard', own(65)],
    ['standard', 'not base64 !!'],
    ['standard', ` ${own(32)}`],
    ['prefixed', 'short'],
    ['standard-ed25519', own(32)],
    ['standard-ed25519', publicKey],
    ['standard-ed25519', `whsk_${Buffer.alloc(64, 1).toString('base64')}`],
  ]
  for (const [scheme, secret] of rows)
    await assert.rejects(subscribe(office, scheme, secret), (error: Error) => {
      assert.ok(secret.length < 7 || !error.message.includes(secret), error.message)
      return refusal('secret_refused', ['/secret'])(error)
    })
})

test('rotation: both in force until the overlap ends, and room for both is told by scheme', async () => {
  await using office = await openOffice()
  const room: Record<string, boolean> = {}
  for (const scheme of SIGNATURE_SCHEMES) {
    const one = await subscribe(office, scheme)
    const rotated = await one.rotate(60)
    room[scheme] = rotated.bothSignatures
    assert.equal(rotated.previousExpiresAt, office.clock.now() + 60_000)
    assert.deepEqual(await one.inForce(), [rotated.secret, one.secret])
    await office.clock.advance(60_000)
    assert.deepEqual(await one.inForce(), [rotated.secret])
  }
  assert.deepEqual(room, {
    ...{ standard: true, 'standard-ed25519': true, timestamped: true },
    ...{ prefixed: false, split: false, plain: false },
  })
})

test('an overlap of 0 ends all others at once', async () => {
  await using office = await openOffice()
  const one = await subscribe(office, 'standard')
  await one.rotate(3600)
  const last = await one.rotate(0, own(32))
  assert.equal(last.bothSignatures, false)
  assert.deepEqual(await one.inForce(), [own(32)])
})

test('a later rotation does not prolong an older secret, and may shorten it', async () => {
  await using office = await openOffice()
  const one = await subscribe(office, 'standard')
  const second = await one.rotate(100)
  const third = await one.rotate(10_000)
  await office.clock.advance(100_000)
  assert.deepEqual(await one.inForce(), [third.secret, second.secret])
  const fourth = await one.rotate(1)
  await office.clock.advance(1000)
  assert.deepEqual(await one.inForce(), [fourth.secret])
})

test('at most five are in force; ended ones make room', async () => {
  await using office = await openOffice()
  const one = await subscribe(office, 'standard')
  for (let index = 0; index < 4; index += 1) await one.rotate(100)
  assert.equal((await one.inForce()).length, 5)
  await assert.rejects(
    one.rotate(100),
    refusal('state_conflict', [], /5 secrets .* 2026-01-01T00:01:40.000Z/),
  )
  await office.clock.advance(100_000)
  await one.rotate(100)
  assert.equal((await one.inForce()).length, 2)
})

test('a rotation that is refused changes nothing', async () => {
  await using office = await openOffice()
  const one = await subscribe(office, 'standard')
  await assert.rejects(one.rotate(60, one.secret), refusal('secret_refused', [], /in force already/))
  await assert.rejects(one.rotate(0, one.secret), refusal('secret_refused', [], /in force already/))
  await assert.rejects(one.rotate(60, 'short'), refusal('secret_refused'))
  for (const overlap of [-1, 1.5, Number.NaN, 30 * 86_400 + 1])
    await assert.rejects(one.rotate(overlap), refusal('invalid_request', ['/overlap_s']))
  assert.deepEqual(await one.inForce(), [one.secret])
})

test('another scheme goes on with a secret that fits it, and is refused with one that does not', async () => {
  await using office = await openOffice()
  const fits = await subscribe(office, 'standard')
  assert.equal((await fits.change('timestamped')).signature.scheme, 'timestamped')
  assert.deepEqual(await fits.inForce(), [fits.secret])
  assert.equal((await fits.change('standard')).signature.scheme, 'standard')
  await assert.rejects(
    fits.change('standard-ed25519'),
    refusal('secret_refused', ['/signature/scheme'], /Rotate it to one that fits both/),
  )
  const text = await subscribe(office, 'prefixed', 'a plain text secret, no base64')
  await assert.rejects(text.change('standard'), refusal('secret_refused', ['/signature/scheme']))
  await text.rotate(60, own(32))
  assert.equal((await text.change('standard')).signature.scheme, 'standard')
  assert.deepEqual(await text.inForce(), [own(32)], 'the old text cannot sign under the new scheme')
})

test('with a lost secret key, rotation still works and gives a secret that can be used', async () => {
  await using office = await openOffice()
  const one = await subscribe(office, 'standard')
  const { record, version } =
    (await office.store.subscriptions.get(office.tenant.id, one.id)) ?? assert.fail()
  const lost = { sealed: 'v1.000000000000.AAAA', createdAt: 0, expiresAt: null }
  assert.ok(await office.store.subscriptions.update({ ...record, secrets: [lost] }, version))
  await assert.rejects(one.inForce(), refusal('secret_unreadable'))
  const { secret } = await one.rotate(0)
  assert.deepEqual(await one.inForce(), [secret])
})
