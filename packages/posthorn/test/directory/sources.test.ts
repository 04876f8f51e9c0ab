import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import type { Source } from '../../src/domain/source.ts'
import type { SourceInput } from '../../src/engine/receive/use-cases.ts'
import { openOffice, refusal } from './support/office.ts'

const SECRET = 'whsec_a_secret_of_a_provider_for_tests'
const STRIPE: SourceInput = { slug: 'stripe', provider: 'stripe', secrets: [SECRET] }
const SCHEME = { header: 'X-Acme-Signature', signed: ['body'] }
const ANY_PAGE = { limit: 50, cursor: null }
const DAY_S = 86_400

type Office = Awaited<ReturnType<typeof openOffice>>
const create = (office: Office, input: object) =>
  office.sources.create(office.tenant.id, input as unknown as SourceInput)
const openSecrets = (office: Office, { secrets }: Source) =>
  secrets.map(({ sealed }) => office.secretBox.open(sealed))

test('made with its defaults, its secrets sealed, found by id and by slug', async () => {
  await using office = await openOffice()
  const source = await create(office, STRIPE)
  const { id, secrets, createdAt, updatedAt, ...rest } = source
  assert.match(id, /^src_[0-9a-f-]{36}$/)
  assert.deepEqual([createdAt, updatedAt], [office.clock.now(), office.clock.now()])
  assert.deepEqual(rest, {
    ...{ tenantId: office.tenant.id, slug: 'stripe', description: '', provider: 'stripe', scheme: null },
    ...{ settings: {}, handshake: { verifyToken: null, allowedOrigins: [], allowedRate: null } },
    ...{ toleranceS: null, bodyLimitBytes: 1024 * 1024, allowedIps: [], httpsOnly: false },
    ...{ rateLimit: null, addressRateLimit: null, publicUrl: null, dedupeS: 30 * DAY_S },
    ...{ expectedTenant: null, checkSchemas: false, testEvents: 'handle', letThrough: [], active: true },
  })
  assert.ok(
    !JSON.stringify(await office.store.sources.list({ tenantId: null, before: null, limit: 9 })).includes(
      SECRET,
    ),
  )
  assert.deepEqual(openSecrets(office, source), [SECRET])
  assert.equal(secrets[0]?.createdAt, createdAt)
  assert.deepEqual(await office.sources.get(office.tenant.id, id), source)
  assert.deepEqual(await office.sources.get(office.tenant.id, 'stripe'), source)
  assert.deepEqual((await office.sources.list(office.tenant.id, ANY_PAGE)).items, [source])
})

test('every field is kept as it is given', async () => {
  await using office = await openOffice()
  const given = {
    ...{ description: 'Payments', toleranceS: 60, bodyLimitBytes: 5_000_000, httpsOnly: true },
    ...{ allowedIps: ['203.0.113.7', '10.0.0.0/8', '2001:db8::/32'], rateLimit: { limit: 100, windowS: 1 } },
    ...{ addressRateLimit: { limit: 10, windowS: 0.5 }, publicUrl: 'https://example.com/in?a=1' },
    ...{ dedupeS: 90 * DAY_S, expectedTenant: 'acme', checkSchemas: true, testEvents: 'skip', active: false },
  } as const
  const source = await create(office, {
    ...{ ...STRIPE, ...given, verifyToken: 'a token', allowedOrigins: ['a.example'], allowedRate: 60 },
  })
  for (const [field, value] of Object.entries(given))
    assert.deepEqual(source[field as keyof Source], value, field)
  const { verifyToken, ...handshake } = source.handshake
  assert.deepEqual(handshake, { allowedOrigins: ['a.example'], allowedRate: 60 })
  assert.notEqual(verifyToken, 'a token')
  assert.equal(office.secretBox.open(verifyToken ?? ''), 'a token')
})

test('every flaw is named by its place, all of them at once', async () => {
  await using office = await openOffice()
  await assert.rejects(
    create(office, {
      ...{ slug: 'Stripe!', description: 'a\u0000', provider: 7, settings: [], secrets: ['a', 1] },
      ...{ verifyToken: '', allowedOrigins: ['', 'ok'], allowedRate: 0, toleranceS: -1, bodyLimitBytes: 0 },
      ...{ allowedIps: ['10.0.0.0/8', '10.0.0.0/33', 'example.com', '::1%eth0'], httpsOnly: 'yes' },
      ...{ rateLimit: { limit: 1.5, windowS: 1 }, addressRateLimit: 3, publicUrl: 'ftp://x/', dedupeS: 1 },
      ...{ expectedTenant: ' ', checkSchemas: 1, testEvents: 'drop', active: null, colour: 'red' },
    }),
    refusal('invalid_request', [
      ...['/slug', '/description', '/provider', '/settings', '/secrets', '/verify_token'],
      ...['/allowed_origins/0', '/allowed_rate', '/tolerance_s', '/body_limit_bytes', '/allowed_ips/1'],
      ...['/allowed_ips/2', '/allowed_ips/3', '/https_only', '/rate_limit/limit', '/address_rate_limit'],
      ...['/public_url', '/dedupe_s', '/expected_tenant', '/check_schemas', '/test_events', '/active'],
      '/colour',
    ]),
  )
  for (const odd of [null, undefined, 'x', []])
    await assert.rejects(create(office, odd as unknown as object), refusal('invalid_request'))
  await assert.rejects(create(office, {}), refusal('invalid_request', ['/slug'], /is missing/))
  await assert.rejects(office.sources.create('ten_none', STRIPE), refusal('not_found'))
})

test('slugs: their form, taken ones, and never one that looks like an id', async () => {
  await using office = await openOffice()
  for (const slug of ['', 'A', '-a', '_a', 'a b', 'a.b', 'a'.repeat(64), 'src_a', 'ä'])
    await assert.rejects(create(office, { ...STRIPE, slug }), refusal('invalid_request', ['/slug']), slug)
  for (const slug of ['a', '7', 'a-b_c', 'a'.repeat(63), 'src']) await create(office, { ...STRIPE, slug })
  await assert.rejects(create(office, { ...STRIPE, slug: 'a-b_c' }), refusal('name_taken', ['/slug']))
  const other = await office.tenants.create({ slug: 'other' })
  assert.equal((await office.sources.create(other.id, { ...STRIPE, slug: 'a-b_c' })).tenantId, other.id)
})

test('a provider or a scheme, one of them; near names are told', async () => {
  await using office = await openOffice()
  const bad = (more: object, paths: string[], detail?: RegExp) =>
    assert.rejects(
      create(office, { slug: 'x', secrets: [SECRET], ...more }),
      refusal('invalid_request', paths, detail),
    )
  await bad({}, ['/provider'], /needs "provider".*or "scheme"/)
  await bad({ provider: 'stripe', scheme: SCHEME }, ['/scheme'], /one of the two/)
  await bad({ provider: 'strpie' }, ['/provider'], /did you mean "stripe"\?/)
  await bad({ provider: 'hubspot-v9' }, ['/provider'], /did you mean "hubspot"/)
  await bad(
    { provider: '__proto__' },
    ['/provider'],
    /known are adyen, .*zoom; describe others with "scheme"/,
  )
  await bad({ scheme: {} }, ['/scheme/header', '/scheme/signed'])
  await bad({ scheme: { ...SCHEME, signed: ['body', 'soul'], timestamp: { in: 'signature', unit: 'h' } } }, [
    '/scheme/signed/1',
    '/scheme/timestamp/unit',
  ])
  await bad({ scheme: { ...SCHEME, signed: [] } }, ['/scheme'], /"signed" is empty/)
  const own = await create(office, { slug: 'own', scheme: SCHEME, secrets: ['k'] })
  assert.deepEqual([own.provider, own.scheme], [null, SCHEME])
})

test('secrets are tried before they are stored', async () => {
  await using office = await openOffice()
  const refused = (more: object, paths: string[], code = 'secret_refused', detail?: RegExp) =>
    assert.rejects(create(office, { slug: 'x', ...more }), refusal(code, paths, detail))
  await refused({ provider: 'stripe' }, ['/secrets'], 'invalid_request', /has no secret/)
  await refused({ provider: 'stripe', secrets: [] }, ['/secrets'], 'invalid_request')
  await refused({ provider: 'stripe', secrets: ['good', '', ' spaced '] }, ['/secrets/1', '/secrets/2'])
  await refused({ provider: 'stripe', secrets: ['a', 'b', 'a'] }, ['/secrets/2'], 'secret_refused', /twice/)
  await refused(
    { provider: 'stripe', secrets: ['1', '2', '3', '4', '5', '6'] },
    ['/secrets'],
    'invalid_request',
  )
  await refused({ provider: 'adyen', secrets: ['not hex'] }, ['/secrets/0'], 'secret_refused', /hexadecimal/)
  await refused({ provider: 'discord', secrets: ['abcd'] }, ['/secrets/0'])
  const ecdsa = { ...SCHEME, algorithm: 'ecdsa-p256', key: 'spki', encoding: 'base64' }
  const point = Buffer.alloc(91, 0x30).toString('base64')
  await refused({ scheme: ecdsa, secrets: [point] }, ['/secrets/0'])
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  await create(office, { slug: 'ecdsa', scheme: ecdsa, secrets: [spki] })
  try {
    await create(office, { slug: 'x', provider: 'adyen', secrets: ['a secret nobody may see'] })
  } catch (error) {
    assert.ok(!String(error).includes('nobody may see'))
  }
})

test('providers whose keys are fetched have no secrets, and need their settings', async () => {
  await using office = await openOffice()
  const PAYPAL = { slug: 'paypal', provider: 'paypal' }
  const refused = (more: object, path: string, code = 'invalid_request') =>
    assert.rejects(create(office, { ...PAYPAL, ...more }), refusal(code, [path]))
  await refused({}, '/settings/webhook_id')
  await refused({ settings: { webhook_id: '' } }, '/settings/webhook_id')
  await refused({ settings: { webhook_id: ['a', 7] } }, '/settings/webhook_id')
  await refused({ settings: { webhook_id: 'a', topic: 'b' } }, '/settings/topic')
  await refused({ settings: { webhook_id: 'a' }, secrets: ['s'] }, '/secrets', 'secret_refused')
  const paypal = await create(office, { ...PAYPAL, settings: { webhook_id: ['a', 'b'] } })
  assert.deepEqual([paypal.secrets, paypal.settings], [[], { webhook_id: ['a', 'b'] }])
  const camel = await create(office, { ...PAYPAL, slug: 'camel', settings: { webhookId: 'a' } })
  assert.deepEqual(camel.settings, { webhook_id: 'a' })
})

test('what a provider cannot do without, and what it has no use for', async () => {
  await using office = await openOffice()
  const twilio = { slug: 'twilio', provider: 'twilio', secrets: ['token'] }
  await assert.rejects(create(office, twilio), refusal('invalid_request', ['/public_url'], /signs the URL/))
  for (const publicUrl of [
    'https://',
    'https://a b/',
    'https://u:p@h/',
    'https://h/#x',
    'https://h/\u00e4',
    'h/',
  ])
    await assert.rejects(
      create(office, { ...twilio, publicUrl }),
      refusal('invalid_request', ['/public_url']),
    )
  await create(office, { ...twilio, publicUrl: 'http://h.example/In?x=%20' })
  await assert.rejects(
    create(office, { ...STRIPE, provider: 'github', toleranceS: 60 }),
    refusal('invalid_request', ['/tolerance_s'], /no time stamp/),
  )
  await assert.rejects(
    create(office, { slug: 'adyen', provider: 'adyen', secrets: ['ab'], dedupeS: 30 * DAY_S - 1 }),
    refusal('invalid_request', ['/dedupe_s'], /at least 2592000/),
  )
})
