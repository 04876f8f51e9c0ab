/** Tenants never see each other, keys do what their scope says, and secrets are shown once and nowhere else. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Api } from './support/api.ts'
import { type ServerProcess, startServer } from './support/server.ts'
import type { CreatedSubscription, Delivery, Listed, Published } from './support/shapes.ts'
import { arrived, startTarget, type Target } from './support/targets.ts'
import { until } from './support/until.ts'

let server: ServerProcess
let target: Target
/** Everything that was ever answered, each with its call. */
const heard: Array<{ path: string; text: string }> = []
let admin: Api

before(async () => {
  server = await startServer()
  target = await startTarget()
  admin = server.api.listening(({ text }, path) => heard.push({ path, text }))
})
after(async () => {
  await target?.close()
  await server?.dispose()
})

interface Key {
  readonly id: string
  readonly key: string
  readonly scope: string
  readonly tenant_id: string | null
}

/** A key of a tenant's, and calls with it. */
async function keyOf(tenant: string, scope: string): Promise<{ made: Key; api: Api }> {
  const made = await admin.forTenant(tenant).post<Key>('/keys', { name: `${tenant} ${scope}`, scope }, 201)
  const api = server.apiAs(made.key).listening(({ text }, path) => heard.push({ path, text }))
  return { made, api }
}

async function newTenant(slug: string): Promise<void> {
  await admin.post('/tenants', { slug, name: `Tenant ${slug}` }, 201)
}

/** One of everything, of which a stranger must see nothing. */
async function furnish(api: Api) {
  const own = await api.post<CreatedSubscription>(
    '/subscriptions',
    { name: 'own', url: target.url, events: ['*'] },
    201,
  )
  const { event_id } = await api.post<Published>(
    '/events',
    { event_type: 'a.b', data: 1, event_id: 'mine' },
    202,
  )
  const [delivery] = await until('the delivery', async () => {
    const rows = await api.all<Delivery>('/deliveries')
    return rows[0]?.state === 'delivered' && rows
  })
  await api.post('/event-types', { name: 'a.b' }, 201)
  const since = new Date(Date.now() - 60_000).toISOString()
  const { id: rule } = await api.post<{ id: string }>(
    '/alert-rules',
    { name: 'own', when: { kind: 'dead_letters', above: 0 } },
    201,
  )
  const ids = [delivery?.id ?? '']
  const { bulk_id } = await api.post<{ bulk_id: string }>('/deliveries/bulk', { action: 'drop', ids }, 202)
  const { replay_id } = await api.post<{ replay_id: string }>(
    `/subscriptions/${own.id}/replay`,
    { since },
    202,
  )
  return {
    rule,
    bulk: bulk_id,
    subscription: own.id,
    event: event_id,
    delivery: delivery?.id ?? '',
    replay: replay_id,
    since,
  }
}

test("another tenant's key or session gets 404 for everything that is not its own", async () => {
  await newTenant('alpha')
  await newTenant('beta')
  const { api: alpha } = await keyOf('alpha', 'tenant')
  const { api: beta } = await keyOf('beta', 'tenant')
  const session = await beta.signedIn()
  const adminSession = (await admin.signedIn()).forTenant('beta')
  const mine = await furnish(alpha)
  const patch = { body: { name: 'stolen' } }
  const calls: ReadonlyArray<readonly [method: string, path: string, options?: { body: unknown }]> = [
    ['GET', `/subscriptions/${mine.subscription}`],
    ['PATCH', `/subscriptions/${mine.subscription}`, patch],
    ['DELETE', `/subscriptions/${mine.subscription}`],
    ['POST', `/subscriptions/${mine.subscription}/rotate-secret`],
    ['POST', `/subscriptions/${mine.subscription}/test`],
    ['POST', `/subscriptions/${mine.subscription}/enable`],
    ['POST', `/subscriptions/${mine.subscription}/disable`],
    ['GET', `/subscriptions/${mine.subscription}/deliveries`],
    ['GET', `/subscriptions/${mine.subscription}/stats`],
    ['POST', `/subscriptions/${mine.subscription}/replay`, { body: { since: mine.since } }],
    ['GET', `/replays/${mine.replay}`],
    ['GET', `/deliveries/bulk/${mine.bulk}`],
    ['GET', `/deliveries/bulk/${mine.bulk}/items`],
    ['POST', `/deliveries/bulk/${mine.bulk}/cancel`],
    ['GET', `/live?subscription_id=${mine.subscription}`],
    ['GET', `/events/${mine.event}`],
    ['GET', `/events/${mine.event}/deliveries`],
    ['POST', `/events/${mine.event}/replay`],
    ['GET', `/deliveries/${mine.delivery}`],
    ['GET', `/deliveries/${mine.delivery}/attempts`],
    ['GET', `/deliveries/${mine.delivery}/request-body`],
    ['POST', `/deliveries/${mine.delivery}/retry`],
    ['POST', `/deliveries/${mine.delivery}/cancel`],
    ['GET', `/alert-rules/${mine.rule}`],
    ['PATCH', `/alert-rules/${mine.rule}`, patch],
    ['DELETE', `/alert-rules/${mine.rule}`],
    ['GET', '/event-types/a.b'],
    ['PATCH', '/event-types/a.b', { body: { archived: true } }],
    ['DELETE', '/event-types/a.b'],
  ]
  const before = target.requests.length
  for (const [method, path, options] of calls) {
    for (const api of [beta, session, adminSession])
      await api.refused(404, 'not_found', method, path, options)
    // The same answer as for what is nowhere: even the existence is nobody's business.
    await admin.forTenant('beta').refused(404, 'not_found', method, path, options)
  }
  for (const list of ['subscriptions', 'events', 'deliveries', 'event-types', 'alert-rules', 'alerts'])
    for (const api of [beta, session])
      assert.deepEqual((await api.get<Listed<unknown>>(`/${list}`)).data, [], list)
  for (const api of [beta, session])
    for (const { tenant_id } of await api.all<{ tenant_id: string }>('/audit'))
      assert.equal(tenant_id, (await admin.get<{ id: string }>('/tenants/beta')).id)
  const filtered = `/deliveries?subscription_id=${mine.subscription}`
  const stolen = await beta.call<Listed<unknown>>('GET', filtered)
  assert.ok(stolen.status === 404 || stolen.body.data.length === 0, stolen.text)

  // Nor does it reach another tenant by naming it.
  const link = { body: { tenant: 'alpha', scope: 'view' } }
  for (const api of [beta, session]) await api.refused(404, 'not_found', 'POST', '/portal-sessions', link)
  for (const api of [beta, session])
    for (const list of ['subscriptions', 'audit'])
      await api.forTenant('alpha').refused(404, 'not_found', 'GET', `/${list}`)
  await beta.forTenant('default').refused(404, 'not_found', 'GET', '/subscriptions')
  assert.equal((await beta.forTenant('beta').call('GET', '/subscriptions')).status, 200)
  await admin.forTenant('nobody').refused(404, 'not_found', 'GET', '/subscriptions')

  // The same event id is free in the other tenant, and goes to nobody else.
  const published = await beta.post<Published>(
    '/events',
    { event_type: 'a.b', data: 2, event_id: 'mine' },
    202,
  )
  assert.deepEqual(published, { event_id: 'mine', deliveries: 0, duplicate: false })
  assert.equal((await alpha.get<{ data: unknown }>('/events/mine')).data, 1)
  const still = await alpha.get<{ name: string; active: boolean }>(`/subscriptions/${mine.subscription}`)
  assert.deepEqual([still.name, still.active], ['own', true])
  await until(
    'the replay to be delivered',
    async () => (await alpha.all('/deliveries?state=delivered')).length === 2,
  )
  assert.equal(target.requests.length, before + 1)
})

test('the body names its tenant, by the slug that the admin gave', async () => {
  await newTenant('gamma')
  const { api } = await keyOf('gamma', 'tenant')
  await api.post('/subscriptions', { name: 'g', url: target.url, events: ['*'] }, 201)
  const index = target.requests.length
  await api.post('/events', { event_type: 'a.b', data: 1 }, 202)
  const request = (await arrived(target, index + 1))[index]
  assert.equal(JSON.parse(Buffer.from(request?.body ?? '').toString()).tenant.slug, 'gamma')
})

const NEW_SUBSCRIPTION = () => ({ name: 's', url: target.url, events: ['never'] })
const EVENT = { event_type: 'a.b', data: 1 }

/** What each scope may do: the status of each call. */
const SCOPES: Readonly<
  Record<string, readonly [publish: number, read: number, write: number, operate: number]>
> = {
  admin: [202, 200, 201, 200],
  tenant: [202, 200, 201, 403],
  publish: [202, 403, 403, 403],
  read: [403, 200, 403, 403],
}

for (const [scope, [publish, read, write, operate]] of Object.entries(SCOPES))
  test(`a key of the scope ${scope} may do what its scope says and no more`, async () => {
    const slug = `scope-${scope}`
    await newTenant(slug)
    const { made, api } = await keyOf(slug, scope)
    assert.equal(made.scope, scope)
    assert.equal(made.tenant_id === null, scope === 'admin')
    const expect = async (status: number, method: string, path: string, body?: unknown) => {
      const options = body === undefined ? {} : { body }
      if (status === 403) await api.refused(403, 'forbidden', method, path, options)
      else await api.call(method, path, { ...options, status })
    }
    await expect(publish, 'POST', '/events', EVENT)
    await expect(publish, 'POST', '/events/batch', { events: [EVENT] })
    for (const list of ['subscriptions', 'events', 'deliveries', 'event-types'])
      await expect(read, 'GET', `/${list}`)
    await expect(write, 'POST', '/subscriptions', NEW_SUBSCRIPTION())
    await expect(write, 'POST', '/event-types', { name: `x.${scope}` })
    await expect(operate, 'GET', '/tenants')
    await expect(operate, 'GET', '/keys')
    if (operate === 403) {
      await expect(403, 'POST', '/tenants', { slug: 'more' })
      await expect(403, 'POST', '/keys', { name: 'more', scope: 'admin' })
    }
  })

test('a key is shown once, listed without its text, and of no use once it is revoked', async () => {
  await newTenant('revoked')
  const { made, api } = await keyOf('revoked', 'tenant')
  assert.ok(made.key.length >= 32)
  await api.get('/events')
  const { text, body } = await admin.forTenant('revoked').call<Listed<Key>>('GET', '/keys', { status: 200 })
  assert.deepEqual(
    body.data.map(({ id }) => id),
    [made.id],
  )
  assert.equal(text.includes(made.key), false)
  await admin.call('DELETE', `/keys/${made.id}`, { status: 200 })
  await api.refused(401, 'unauthorized', 'GET', '/events')
})

test('tenants: made once, changed, and not deleted while they have subscriptions', async () => {
  await newTenant('delta')
  await admin.refused(409, 'name_taken', 'POST', '/tenants', { body: { slug: 'delta' } })
  for (const slug of ['', 'A', 'a b', '-a', 'a.b', 'a'.repeat(64), '../a'])
    await admin.refused(400, 'invalid_request', 'POST', '/tenants', { body: { slug } })
  const changed = await admin.call<{ name: string }>('PATCH', '/tenants/delta', {
    body: { name: 'D' },
    status: 200,
  })
  assert.equal(changed.body.name, 'D')
  const delta = admin.forTenant('delta')
  const { id } = await delta.post<CreatedSubscription>('/subscriptions', NEW_SUBSCRIPTION(), 201)
  await admin.refused(409, 'state_conflict', 'DELETE', '/tenants/delta')
  await delta.call('DELETE', `/subscriptions/${id}`, { status: 204 })
  await admin.call('DELETE', '/tenants/delta', { status: 204 })
  await admin.refused(404, 'not_found', 'GET', '/tenants/delta')
  await delta.refused(404, 'not_found', 'GET', '/events')
  await admin.refused(409, 'state_conflict', 'DELETE', '/tenants/default')
})

test('no secret is shown a second time, logged, or readable in the data folder', async () => {
  await newTenant('secret')
  const { made, api } = await keyOf('secret', 'tenant')
  const keyShown = heard.filter(({ text }) => text.includes(made.key))
  assert.equal(keyShown.length, 1)
  const secrets: string[] = []
  for (const scheme of ['standard', 'standard-ed25519', 'timestamped', 'plain']) {
    const created = await api.post<CreatedSubscription>(
      '/subscriptions',
      { name: scheme, url: target.url, events: ['*'], signature: { scheme } },
      201,
    )
    const path = `/subscriptions/${created.id}`
    const rotated = await api.post<{ signing_secret: string }>(`${path}/rotate-secret`, undefined, 200)
    secrets.push(created.signing_secret, rotated.signing_secret)
    await api.get(path)
    await api.call('PATCH', path, { body: { name: 'new' }, status: 200 })
    await api.post(`${path}/test`, undefined, 200)
    await api.post(`${path}/disable`, undefined, 200)
    await api.post(`${path}/enable`, undefined, 200)
    await api.refused(400, 'invalid_request', 'PATCH', path, {
      body: { signing_secret: created.signing_secret },
    })
  }
  const chosen = `whsec_${Buffer.alloc(30, 'own').toString('base64')}`
  const own = { ...NEW_SUBSCRIPTION(), signing_secret: chosen }
  await api.post<CreatedSubscription>('/subscriptions', own, 201)
  secrets.push(chosen)
  await api.post('/events', EVENT, 202)
  await until('nothing to be pending', async () => (await api.all('/deliveries?state=pending')).length === 0)
  for (const list of ['subscriptions', 'deliveries', 'events']) await api.get(`/${list}`)
  for (const path of ['/metrics', '/openapi.json', '/readyz']) await api.call('GET', `root:${path}`)

  assert.equal(new Set(secrets).size, secrets.length)
  for (const secret of secrets) {
    const shown = heard.filter(({ text }) => text.includes(secret))
    assert.equal(shown.length, 1, `${shown.map(({ path }) => path)} showed a secret`)
  }
  // The folder as it is in the middle of the work, and as it is left behind.
  const texts = [...secrets, made.key, server.key]
  assertAbsent(texts)
  await server.kill('SIGTERM')
  assertAbsent(texts)
  for (const secret of texts) assert.equal(server.run.stderr.includes(secret), false, 'the log has a secret')
  await server.start()
  assert.equal((await api.call('GET', '/events')).status, 200, 'the key is of no use after a restart')
})

/** No file of the data folder has one of the texts, nor the bytes that a base64 secret stands for. */
function assertAbsent(texts: readonly string[]): void {
  const files = readdirSync(server.dataDir)
  assert.ok(files.includes('posthorn.db'))
  for (const name of files) {
    const content = readFileSync(join(server.dataDir, name))
    for (const text of texts) {
      const decoded = Buffer.from(text.replace(/^wh[a-z]+_/, ''), 'base64')
      assert.equal(content.includes(text), false, `${name} has a secret in the clear`)
      assert.equal(content.includes(decoded), false, `${name} has the bytes of a secret in the clear`)
      assert.equal(content.includes(decoded.toString('hex')), false, `${name} has a secret in hex`)
    }
  }
}
