import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SubscriptionInput, SubscriptionPatch } from '../../src/engine/use-cases.ts'
import { openOffice, refusal, URL_REFUSED, WANTED } from './support/office.ts'

test('created with the defaults of the contract, and a secret that is sealed at rest', async () => {
  await using office = await openOffice()
  const { subscription, secret } = await office.subscriptions.create(office.tenant.id, WANTED)
  const { id, secrets, createdAt, updatedAt, ...rest } = subscription
  assert.match(id, /^sub_[0-9a-f-]{36}$/)
  assert.deepEqual([createdAt, updatedAt], [office.clock.now(), office.clock.now()])
  assert.deepEqual(rest, {
    ...{
      ...WANTED,
      tenantId: office.tenant.id,
      source: null,
      description: '',
      ownerEmail: null,
      headers: {},
      timeoutMs: 10_000,
    },
    ...{ maxInFlight: 8, rateLimit: null, retry: 'standard', onClientError: 'retry', format: 'standard' },
    ...{ signature: { scheme: 'standard', headerPrefix: 'X-Webhook' } },
    ...{ active: true, disabledReason: null, failingSince: null },
  })
  assert.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.equal(secrets.length, 1)
  assert.ok(!JSON.stringify(await office.subscriptions.get(office.tenant.id, id)).includes(secret.slice(6)))
  assert.equal(office.secretBox.open(secrets[0]?.sealed ?? ''), secret)
  assert.deepEqual(await office.subscriptions.get(office.tenant.id, id), subscription)
})

test('every flaw is named by its place, all of them at once', async () => {
  await using office = await openOffice()
  const input = {
    ...{
      name: ' ',
      url: 'x'.repeat(2049),
      events: ['ok', 'b c', '*.*'],
      description: 'a\u0000',
      timeoutMs: 30_001,
    },
    ...{
      maxInFlight: 0,
      rateLimit: { limit: 1.5, windowS: 0 },
      retry: [1, -1, Number.NaN],
      onClientError: 'x',
    },
    ...{ format: 'xml', active: 'yes', colour: 'red', __proto__x: 1 },
  }
  await assert.rejects(
    office.subscriptions.create(office.tenant.id, input as unknown as SubscriptionInput),
    refusal('invalid_request', [
      ...['/name', '/url', '/events/1', '/events/2', '/description', '/timeout_ms', '/max_in_flight'],
      ...['/rate_limit/limit', '/rate_limit/window_s', '/retry/1', '/retry/2', '/on_client_error', '/format'],
      ...['/active', '/colour', '/__proto__x'],
    ]),
  )
  for (const odd of [null, undefined, 'x', []])
    await assert.rejects(
      office.subscriptions.create(office.tenant.id, odd as unknown as SubscriptionInput),
      refusal('invalid_request'),
    )
  await assert.rejects(
    office.subscriptions.create(office.tenant.id, {} as SubscriptionInput),
    refusal('invalid_request', ['/name', '/url', '/events'], /is missing/),
  )
})

test('retry policies: presets, lists and curves within bounds', async () => {
  await using office = await openOffice()
  const create = (retry: unknown) =>
    office.subscriptions.create(office.tenant.id, { ...WANTED, retry } as unknown as SubscriptionInput)
  const curve = { baseS: 0.5, factor: 2, maxS: 60, attempts: 5 }
  for (const good of ['fast', [], [0, 0.25, 86_400], curve])
    assert.deepEqual((await create(good)).subscription.retry, good)
  const rows: ReadonlyArray<readonly [unknown, string[]]> = [
    ['quick', ['/retry']],
    ['__proto__', ['/retry']],
    [Array(51).fill(1), ['/retry']],
    [[30 * 86_400 + 1], ['/retry/0']],
    [['1'], ['/retry/0']],
    [7, ['/retry']],
    [{ ...curve, baseS: 0, factor: 0.5 }, ['/retry/base_s', '/retry/factor']],
    [{ ...curve, attempts: 52, more: 1 }, ['/retry/more', '/retry/attempts']],
    [{}, ['/retry/base_s', '/retry/factor', '/retry/max_s', '/retry/attempts']],
  ]
  for (const [bad, paths] of rows) await assert.rejects(create(bad), refusal('invalid_request', paths))
})

test('URLs, headers, prefixes and tenants that may not be', async () => {
  await using office = await openOffice()
  const create = (more: Partial<SubscriptionInput>) =>
    office.subscriptions.create(office.tenant.id, { ...WANTED, ...more })
  await assert.rejects(create({ url: URL_REFUSED }), refusal('url_refused', ['/url'], /private network/))
  await assert.rejects(
    create({ headers: { 'x-ok': '1', 'Content-Type': 'x', 'x-bad': 'a\r\nb' } }),
    refusal('header_refused', ['/headers/Content-Type', '/headers/x-bad']),
  )
  for (const headerPrefix of [
    '',
    'X',
    'X_Y',
    'X Y',
    'X\r\nY',
    'X'.repeat(70),
    'Posthorn',
    'content',
    'Proxy',
  ])
    await assert.rejects(
      create({ signature: { headerPrefix } }),
      refusal('invalid_request', ['/signature/header_prefix']),
      headerPrefix,
    )
  await assert.rejects(
    create({ signature: { scheme: 'rot13' as 'plain' } }),
    refusal('invalid_request', ['/signature/scheme']),
  )
  await assert.rejects(office.subscriptions.create('ten_none', WANTED), refusal('not_found'))
  assert.equal(
    (await office.subscriptions.list(office.tenant.id, { limit: 10, cursor: null })).items.length,
    0,
  )
})

test('a custom header may not be one that the scheme writes, also after a change of the prefix', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions } = office
  const headers = { 'X-Acme-Signature': 'mine' }
  const signature = { scheme: 'timestamped' } as const
  const { subscription } = await subscriptions.create(tenant.id, { ...WANTED, headers, signature })
  assert.deepEqual(subscription.headers, { 'x-acme-signature': 'mine' })
  await assert.rejects(
    subscriptions.update(tenant.id, subscription.id, { signature: { headerPrefix: 'X-Acme' } }),
    refusal('header_refused', ['/headers/x-acme-signature']),
  )
  const moved = await subscriptions.update(tenant.id, subscription.id, {
    signature: { headerPrefix: 'X-Acme' },
    headers: {},
  })
  assert.deepEqual(moved.signature, { scheme: 'timestamped', headerPrefix: 'X-Acme' })
})

test('a change touches only what is given and is seen by the directory at once', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions, directory, clock } = office
  const { subscription } = await subscriptions.create(tenant.id, WANTED)
  await directory.tenantView(tenant.id)
  await clock.advance(5)
  // As from JavaScript: a field that is undefined was not given.
  const patch = {
    events: ['user.*', 'user.*', '*'],
    timeoutMs: 500,
    name: undefined,
  } as object as SubscriptionPatch
  const changed = await subscriptions.update(tenant.id, subscription.id, patch)
  const wanted = { ...subscription, events: ['user.*', '*'], timeoutMs: 500, updatedAt: clock.now() }
  assert.deepEqual(changed, wanted)
  assert.deepEqual(await subscriptions.get(tenant.id, subscription.id), wanted)
  assert.equal((await directory.tenantView(tenant.id)).match(null, 'user.x').length, 1)
  await assert.rejects(
    subscriptions.update(tenant.id, subscription.id, { secret: 'whsec_x' } as SubscriptionPatch),
    refusal('invalid_request', ['/secret']),
  )
  await assert.rejects(subscriptions.update(tenant.id, 'sub_none', {}), refusal('not_found'))
})

test('tenants do not see each other', async () => {
  await using office = await openOffice()
  const other = await office.tenants.create({ slug: 'other' })
  const { subscription } = await office.subscriptions.create(office.tenant.id, WANTED)
  const { id } = subscription
  await assert.rejects(office.subscriptions.get(other.id, id), refusal('not_found'))
  await assert.rejects(office.subscriptions.update(other.id, id, { name: 'x' }), refusal('not_found'))
  await assert.rejects(office.subscriptions.delete(other.id, id), refusal('not_found'))
  await assert.rejects(office.subscriptions.test(other, id), refusal('not_found'))
  await assert.rejects(
    office.subscriptions.rotateSecret(other.id, id, { overlapS: 0, secret: null }),
    refusal('not_found'),
  )
  assert.deepEqual(await office.subscriptions.get(office.tenant.id, id), subscription)
})

test('two who change at once both succeed; who is overtaken again and again is told', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions, store } = office
  const { subscription } = await subscriptions.create(tenant.id, WANTED)
  const { id } = subscription
  await Promise.all([
    subscriptions.update(tenant.id, id, { name: 'new name' }),
    subscriptions.update(tenant.id, id, { description: 'new words' }),
  ])
  const both = await subscriptions.get(tenant.id, id)
  assert.deepEqual([both.name, both.description], ['new name', 'new words'])
  const update = store.subscriptions.update.bind(store.subscriptions)
  let tries = 0
  store.subscriptions.update = async (record, version) => {
    tries += 1
    return await update(record, version - 1)
  }
  await assert.rejects(subscriptions.update(tenant.id, id, { name: 'x' }), refusal('changed_meanwhile'))
  assert.equal(tries, 3)
})

test('lists go page by page, newest first, and take no other list’s cursor', async () => {
  await using office = await openOffice()
  const { tenant, subscriptions } = office
  const made: string[] = []
  for (let index = 0; index < 5; index += 1)
    made.unshift((await subscriptions.create(tenant.id, WANTED)).subscription.id)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page = await subscriptions.list(tenant.id, { limit: 2, cursor })
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.next
    if (cursor) await assert.rejects(office.tenants.list({ limit: 2, cursor }), refusal('cursor_invalid'))
  } while (cursor !== null)
  assert.deepEqual(seen, made)
  assert.equal((await subscriptions.list(tenant.id, { limit: 5, cursor: null })).next, null)
  for (const limit of [0, 251, 1.5, Number.NaN])
    await assert.rejects(subscriptions.list(tenant.id, { limit, cursor: null }), refusal('invalid_request'))
})

test('a test event is sent to an inactive subscription too', async () => {
  await using office = await openOffice()
  const { subscription } = await office.subscriptions.create(office.tenant.id, { ...WANTED, active: false })
  assert.equal(subscription.disabledReason, 'user')
  assert.equal((await office.subscriptions.test(office.tenant, subscription.id)).success, true)
  assert.deepEqual(office.pinged, [`default ${subscription.id}`])
})
