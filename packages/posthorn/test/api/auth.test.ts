import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CONTRACT } from '../../src/api/contract/contract.ts'
import type { Operation } from '../../src/api/contract/operation.ts'
import { OPERATIONS, type OperationId } from '../../src/api/contract/operations.ts'
import { AUTH_CACHE_MS } from '../../src/api/http/auth.ts'
import { PosthornError } from '../../src/domain/error.ts'
import type { Principal } from '../../src/engine/use-cases.ts'
import { ask, makeRig, problemOf, type Rig } from './support/api.ts'
import { ACME, KEYS } from './support/fake-use-cases.ts'

function countCalls(rig: Rig, name: string): number {
  return rig.calls.filter((call) => call.name === name).length
}

/** The tenant that the one call of a use case was for. */
function tenantOf(rig: Rig, name: string): unknown {
  return rig.calls.find((call) => call.name === name)?.args[0]
}

const IDS = Object.keys(OPERATIONS) as OperationId[]
const KEYED = IDS.filter((id) => (CONTRACT[id] as Operation).scopes !== null && id !== 'metrics')
/** About the session that asks: whatever it may do else. */
const OWN: readonly OperationId[] = ['getCurrentSession', 'deleteCurrentSession']

test('every operation but those of the server itself wants a key', async () => {
  const rig = makeRig()
  for (const id of KEYED) {
    const response = await ask(rig, id, { key: null })
    await problemOf(response, 401, 'unauthorized')
    assert.equal(response.headers['www-authenticate'], 'Bearer realm="posthorn"')
  }
  assert.deepEqual(
    IDS.filter((id) => !KEYED.includes(id)),
    ['createSession', 'health', 'readiness', 'metrics', 'openApi'],
  )
  assert.equal(rig.calls.length, 0)
})

test('an unknown key and a malformed header are refused alike', async () => {
  const rig = makeRig()
  for (const authorization of [
    'Bearer nobody',
    'Bearer',
    'Basic YTpi',
    'Bearer a b',
    'admin-key',
    `Bearer ${'x'.repeat(513)}`,
    'Bearer __proto__',
  ]) {
    const response = await ask(rig, 'listSubscriptions', { key: null, headers: { authorization } })
    await problemOf(response, 401, 'unauthorized')
  }
  const lower = await ask(rig, 'listSubscriptions', {
    key: null,
    headers: { authorization: 'bearer   admin-key' },
  })
  assert.equal(lower.statusCode, 200)
})

for (const [text, principal] of Object.entries(KEYS)) {
  test(`a key of scope ${principal.scope} may do what the contract says, and nothing else`, async () => {
    const rig = makeRig()
    for (const id of KEYED) {
      const { scopes } = CONTRACT[id] as Operation
      const allowed = principal.scope === 'admin' || (scopes ?? []).includes(principal.scope)
      const { statusCode } = await ask(rig, id, { key: text })
      assert.equal(statusCode !== 403, allowed, `${id} with ${text}: ${statusCode}`)
    }
  })
}

test('publish keys only publish, read keys only read, tenants and keys are for admins', () => {
  const allowed = (scope: 'tenant' | 'publish' | 'read') =>
    KEYED.filter((id) => !OWN.includes(id) && ((CONTRACT[id] as Operation).scopes ?? []).includes(scope))
  // The list of presets is public knowledge.
  assert.deepEqual(allowed('publish'), ['publishEvent', 'publishEvents', 'listProviders'])
  assert.ok(allowed('read').every((id) => OPERATIONS[id].startsWith('GET ')))
  const adminOnly = KEYED.filter((id) => !OWN.includes(id) && !allowed('tenant').includes(id))
  assert.ok(
    adminOnly.every((id) => /\/(tenants|keys)(\/|$)/.test(OPERATIONS[id])),
    adminOnly.join(),
  )
})

test('an admin works on the tenant default, or on the one named by id or slug', async () => {
  for (const [tenant, id] of [
    [undefined, 'ten_default'],
    ['default', 'ten_default'],
    ['acme', 'ten_acme'],
    ['ten_acme', 'ten_acme'],
  ]) {
    const rig = makeRig()
    await ask(rig, 'listSubscriptions', {
      headers: tenant === undefined ? {} : { 'posthorn-tenant': tenant },
    })
    assert.equal(tenantOf(rig, 'subscriptions.list'), id)
  }
  const response = await ask(makeRig(), 'listSubscriptions', { headers: { 'posthorn-tenant': 'nobody' } })
  await problemOf(response, 404, 'not_found')
})

test("a tenant's key works on its tenant only, and cannot tell whether another exists", async () => {
  for (const headers of [{}, { 'posthorn-tenant': 'acme' }, { 'posthorn-tenant': 'ten_acme' }]) {
    const rig = makeRig()
    const { statusCode } = await ask(rig, 'listSubscriptions', { key: 'acme-key', headers })
    assert.equal(statusCode, 200)
    assert.equal(tenantOf(rig, 'subscriptions.list'), 'ten_acme')
  }
  const rig = makeRig()
  const details = []
  for (const tenant of ['default', 'nowhere']) {
    const response = await ask(rig, 'listSubscriptions', {
      key: 'acme-key',
      headers: { 'posthorn-tenant': tenant },
    })
    details.push((await problemOf(response, 404, 'not_found')).detail.replace(tenant, 'X'))
  }
  assert.equal(details[0], details[1])
  assert.equal(countCalls(rig, 'subscriptions.list'), 0)
})

test('a key belongs to the named tenant, an admin key to none', async () => {
  const body = { name: 'CI', scope: 'tenant' }
  const named = makeRig()
  await ask(named, 'createKey', { body, headers: { 'posthorn-tenant': 'acme' } })
  assert.deepEqual(tenantOf(named, 'keys.create'), { tenantId: 'ten_acme', ...body })
  const admin = makeRig()
  await ask(admin, 'createKey', { body: { ...body, scope: 'admin' }, headers: { 'posthorn-tenant': 'acme' } })
  assert.deepEqual(tenantOf(admin, 'keys.create'), { tenantId: null, name: 'CI', scope: 'admin' })
  const list = makeRig()
  await ask(list, 'listKeys')
  await ask(list, 'listKeys', { headers: { 'posthorn-tenant': 'acme' } })
  assert.deepEqual(
    list.calls.filter(({ name }) => name === 'keys.list').map(({ args }) => args[0]),
    [null, 'ten_acme'],
  )
})

test('a known key costs no look-up for five seconds', async () => {
  const rig = makeRig()
  for (let count = 0; count < 3; count += 1) await ask(rig, 'listSubscriptions')
  assert.deepEqual([countCalls(rig, 'keys.authenticate'), countCalls(rig, 'tenants.get')], [1, 1])
  await rig.clock.advance(AUTH_CACHE_MS)
  await ask(rig, 'listSubscriptions')
  assert.deepEqual([countCalls(rig, 'keys.authenticate'), countCalls(rig, 'tenants.get')], [2, 2])
})

test('a revoked key and a deleted tenant are forgotten at once', async () => {
  const keys: Record<string, Principal | undefined> = { ...KEYS }
  let acme = true
  const rig = makeRig({
    keys: {
      authenticate: async (text) => keys[text] ?? null,
      revoke: async () => {
        keys['read-key'] = undefined
        throw new PosthornError('not_found', 'stop here')
      },
    },
    tenants: {
      get: async () => {
        if (acme) return ACME
        throw new PosthornError('not_found', 'gone')
      },
      delete: async () => {
        acme = false
      },
    },
  })
  assert.equal((await ask(rig, 'listSubscriptions', { key: 'read-key' })).statusCode, 200)
  await ask(rig, 'revokeKey')
  assert.equal((await ask(rig, 'listSubscriptions', { key: 'read-key' })).statusCode, 401)
  assert.equal((await ask(rig, 'listSubscriptions', { key: 'acme-key' })).statusCode, 200)
  assert.equal((await ask(rig, 'deleteTenant')).statusCode, 204)
  await problemOf(await ask(rig, 'listSubscriptions', { key: 'acme-key' }), 404, 'not_found')
})

test('a key that is looked up while it is revoked is not remembered', async () => {
  let release: (principal: Principal) => void = () => undefined
  let looked = 0
  const rig = makeRig({
    keys: {
      authenticate: (text) => {
        if (text === 'admin-key') return Promise.resolve(KEYS['admin-key'] as Principal)
        looked += 1
        return looked === 1
          ? new Promise((resolve) => {
              release = resolve
            })
          : Promise.resolve(null)
      },
    },
  })
  const early = ask(rig, 'listSubscriptions', { key: 'read-key' })
  while (looked === 0) await rig.clock.settle()
  await ask(rig, 'revokeKey')
  release(KEYS['read-key'] as Principal)
  assert.equal((await early).statusCode, 200)
  assert.equal((await ask(rig, 'listSubscriptions', { key: 'read-key' })).statusCode, 401)
})

test('metrics are open to this machine, closed to strangers and to what a proxy brings', async () => {
  const rig = makeRig()
  const get = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    rig.server.inject({ url: '/metrics', headers, remoteAddress })
  const host = 'localhost:3400'
  const open = await get({ host })
  assert.equal(open.statusCode, 200)
  assert.match(open.body, /posthorn_up 1/)
  assert.match(String(open.headers['content-type']), /^text\/plain; version=0\.0\.4/)
  assert.equal((await get({ host: '[::1]:3400' }, '::1')).statusCode, 200)
  await problemOf(await get({ host }, '10.0.0.7'), 401, 'unauthorized')
  await problemOf(await get({ host, 'x-forwarded-for': '127.0.0.1' }), 401, 'unauthorized')
  await problemOf(await get({ host: 'rebound.example' }), 401, 'unauthorized')
  await problemOf(await get({ host, authorization: 'Bearer read-key' }), 403, 'forbidden')
  assert.equal((await get({ host, authorization: 'Bearer admin-key' }, '10.0.0.7')).statusCode, 200)
})

test('failures of the store while a key is looked up are no refusals of the key', async () => {
  const rig = makeRig({
    keys: {
      authenticate: async () => {
        throw new PosthornError('store_unavailable', 'The disk is full.', { retryAfterS: 3 })
      },
    },
  })
  const response = await ask(rig, 'listSubscriptions')
  await problemOf(response, 503, 'store_unavailable')
  assert.equal(response.headers['retry-after'], '3')
})
