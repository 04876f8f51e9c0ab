import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperationId } from '../../src/api/contract/operations.ts'
import { PosthornError } from '../../src/domain/error.ts'
import { type Asked, ask, makeRig, problemOf } from './support/api.ts'

const SUBSCRIPTION = { name: 'CRM', url: 'https://example.com/in', events: ['user.*'] }

type Refusal = readonly [asked: Asked & { id: OperationId }, path: string, message: RegExp]

const REFUSALS: readonly Refusal[] = [
  [{ id: 'createSubscription', body: { ...SUBSCRIPTION, extra: 1 } }, '/extra', /not a known field/],
  [{ id: 'createSubscription', body: { ...SUBSCRIPTION, name: 5 } }, '/name', /must be text of 1 to 200/],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, name: 'a\0b' } },
    '/name',
    /without control characters/,
  ],
  [
    { id: 'createSubscription', payload: '{"name":"\\ud800","url":"u","events":["*"]}' },
    '/name',
    /must be text/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, url: `https://e.x/${'a'.repeat(2048)}` } },
    '/url',
    /too long: 2048 characters at most, here are 20/,
  ],
  [{ id: 'createSubscription', body: { ...SUBSCRIPTION, events: [] } }, '/events', /^is empty$/],
  [{ id: 'createSubscription', body: { ...SUBSCRIPTION, events: 'user.*' } }, '/events', /must be a list/],
  [{ id: 'createSubscription', body: { ...SUBSCRIPTION, events: [1] } }, '/events/0', /must be a text/],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, timeout_ms: '5000' } },
    '/timeout_ms',
    /must be a whole number/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, timeout_ms: 30_001 } },
    '/timeout_ms',
    /must be a whole number from 1 to 30000/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, active: 'yes' } },
    '/active',
    /must be true or false/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, retry: 'often' } },
    '/retry',
    /"standard", "fast", "patient", a list/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, retry: [1, -1] } },
    '/retry',
    /a list of at most 50 delays/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, rate_limit: {} } },
    '/rate_limit/limit',
    /is missing/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, rate_limit: 5 } },
    '/rate_limit',
    /must be an object or null/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, rate_limit: { limit: 0, window_s: 1 } } },
    '/rate_limit/limit',
    /must be a whole number from 1/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, owner_email: 'x' } },
    '/owner_email',
    /^must be an e-mail address such as ops@example\.com$/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, signature: { scheme: 'md5' } } },
    '/signature/scheme',
    /must be one of "standard"/,
  ],
  [
    { id: 'createSubscription', body: { ...SUBSCRIPTION, headers: { a: 1 } } },
    '/headers/a',
    /must be a text/,
  ],
  [
    {
      id: 'createSubscription',
      payload: '{"name":"n","url":"u","events":["*"],"headers":{"__proto__":"x"}}',
    },
    '/headers/__proto__',
    /may not be a name/,
  ],
  [
    { id: 'createSubscription', payload: '{"name":"n","name":"m","url":"u","events":["*"]}' },
    '/name',
    /twice/,
  ],
  [
    {
      id: 'createSubscription',
      payload: '{"name":"n","url":"u","events":["*"],"__proto__":{"active":false}}',
    },
    '/__proto__',
    /not a known field/,
  ],
  [{ id: 'createSubscription', body: [] }, '', /must be an object/],
  [{ id: 'createSubscription' }, '', /is missing/],
  [{ id: 'updateSubscription', body: {} }, '', /at least one field/],
  [{ id: 'updateSubscription', body: { signing_secret: 'x' } }, '/signing_secret', /not a known field/],
  [
    { id: 'rotateSubscriptionSecret', body: { overlap_s: -1 } },
    '/overlap_s',
    /must be a whole number from 0/,
  ],
  [{ id: 'rotateSubscriptionSecret', body: { overlap_s: 1.5 } }, '/overlap_s', /must be a whole number/],
  [{ id: 'enableSubscription', body: { force: true } }, '', /must be left out/],
  [{ id: 'replaySubscription', body: { since: 'x' } }, '/since', /must be an instant/],
  [
    { id: 'replaySubscription', body: { since: '2026-01-01T00:00:00Z', states: [] } },
    '/states',
    /^is empty$/,
  ],
  [{ id: 'createTenant', body: { slug: 'Not A Slug' } }, '/slug', /must be a slug/],
  [{ id: 'createKey', body: { name: 'k', scope: 'root' } }, '/scope', /must be one of "admin"/],
  [{ id: 'createEventType', body: { name: 'a', schema: true } }, '/schema', /must be an object or null/],
  [{ id: 'listSubscriptions', query: { limit: '0' } }, 'query/limit', /must be a whole number from 1 to 250/],
  [
    { id: 'listSubscriptions', query: { limit: '251' } },
    'query/limit',
    /must be a whole number from 1 to 250/,
  ],
  [{ id: 'listSubscriptions', query: { limit: '5.0' } }, 'query/limit', /must be a whole number/],
  [{ id: 'listSubscriptions', query: { limit: ' 5' } }, 'query/limit', /must be a whole number/],
  [{ id: 'listSubscriptions', query: { limit: '0x10' } }, 'query/limit', /must be a whole number/],
  [{ id: 'listSubscriptions', query: { limit: '' } }, 'query/limit', /must be a whole number/],
  [{ id: 'listSubscriptions', query: { cursor: '' } }, 'query/cursor', /^is empty$/],
  [{ id: 'listSubscriptions', query: { page: '2' } }, 'query/page', /not a known field/],
  [
    { id: 'listSubscriptions', query: { __proto__x: '2', ['__proto__']: '2' } },
    'query/__proto__x',
    /not a known field/,
  ],
  [
    { id: 'listSubscriptions', path: '/api/v1/webhooks/subscriptions?limit=1&limit=2' },
    'query/limit',
    /must be a whole number/,
  ],
  [
    { id: 'listDeliveries', query: { state: 'failed' } },
    'query/state',
    /"pending", "delivered", "dead", "cancelled"/,
  ],
  [{ id: 'listDeliveries', query: { since: '1769860800' } }, 'query/since', /must be an instant/],
]

test('what does not fit is refused by its place, and reaches nothing', async () => {
  const rig = makeRig()
  for (const [{ id, ...asked }, path, message] of REFUSALS) {
    const problem = await problemOf(await ask(rig, id, asked), 400, 'invalid_request')
    const flaw = problem.errors.find((error) => error.path === path)
    assert.ok(
      flaw && message.test(flaw.message),
      `${id} ${JSON.stringify(asked)}: ${JSON.stringify(problem.errors)}`,
    )
  }
  const reached = rig.calls.filter(({ name }) => !/^(keys.authenticate|tenants.get)$/.test(name))
  assert.deepEqual(reached, [])
})

test('all flaws of a small body are named, of a large one the first, and never more than twenty', async () => {
  const rig = makeRig()
  const two = await problemOf(
    await ask(rig, 'createSubscription', { body: { ...SUBSCRIPTION, name: '', x: 1 } }),
    400,
    'invalid_request',
  )
  assert.deepEqual(two.errors.map(({ path }) => path).sort(), ['/name', '/x'])
  const names = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`x${index}`, 1]))
  const many = await problemOf(
    await ask(rig, 'createSubscription', { body: { ...SUBSCRIPTION, ...names } }),
    400,
    'invalid_request',
  )
  assert.equal(many.errors.length, 20)
  const events = Array.from({ length: 40_000 }, () => 1)
  const large = await problemOf(
    await ask(rig, 'createSubscription', { body: { ...SUBSCRIPTION, events } }),
    400,
    'invalid_request',
  )
  assert.equal(large.errors.length, 1)
})

test('JSON that is broken or too deep is refused on every operation with a body', async () => {
  const rig = makeRig()
  for (const id of [
    'createSubscription',
    'updateSubscription',
    'createTenant',
    'enableSubscription',
  ] as const) {
    await problemOf(await ask(rig, id, { payload: '{"a":' }), 400, 'json_malformed')
    await problemOf(await ask(rig, id, { payload: '['.repeat(10_000) }), 400, 'json_too_deep')
  }
})

test('a cursor goes to the engine as it is, and comes back refused as the engine says', async () => {
  const rig = makeRig({
    subscriptions: {
      list: async (_tenantId, { cursor }) => {
        throw new PosthornError('cursor_invalid', `not mine: ${cursor}`)
      },
    },
  })
  const response = await ask(rig, 'listSubscriptions', { query: { cursor: "tampered'; --" } })
  const problem = await problemOf(response, 400, 'cursor_invalid')
  assert.equal(problem.detail, "not mine: tampered'; --")
  await problemOf(
    await ask(rig, 'listSubscriptions', { query: { cursor: 'x'.repeat(1025) } }),
    400,
    'invalid_request',
  )
})

test('only JSON in UTF-8, not compressed, is taken', async () => {
  const rig = makeRig()
  const body = JSON.stringify(SUBSCRIPTION)
  const refusals: Array<Record<string, string>> = [
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'application/json; charset=latin1' },
    { 'content-type': 'nonsense' },
    { 'content-encoding': 'gzip' },
  ]
  for (const headers of refusals)
    await problemOf(
      await ask(rig, 'createSubscription', { payload: body, headers }),
      415,
      'media_type_unsupported',
    )
  const headers = { 'content-type': 'application/json;charset="UTF-8"' }
  assert.equal((await ask(rig, 'createSubscription', { payload: body, headers })).statusCode, 201)
})

test('an unknown path is 404, a known one with another method 405 with the methods it takes', async () => {
  const { server } = makeRig()
  const request = (method: 'GET' | 'PUT' | 'POST' | 'OPTIONS', url: string) => server.inject({ method, url })
  await problemOf(await request('GET', '/api/v1/webhooks/nothing'), 404, 'not_found')
  await problemOf(await request('GET', '/api/v1/webhooks/subscriptions/sub_1/nothing'), 404, 'not_found')
  const wrong = await request('PUT', '/api/v1/webhooks/subscriptions/sub_1')
  await problemOf(wrong, 405, 'method_not_allowed')
  assert.equal(wrong.headers.allow, 'GET, HEAD, PATCH, DELETE')
  const options = await request('OPTIONS', '/api/v1/webhooks/events/batch')
  await problemOf(options, 405, 'method_not_allowed')
  assert.equal(options.headers.allow, 'POST, GET, HEAD')
  await problemOf(await request('POST', '/healthz'), 405, 'method_not_allowed')
})

test('odd paths are refused in our own form', async () => {
  const { server } = makeRig()
  for (const url of ['/%', '/api/v1/webhooks/subscriptions/%ff', '/api/v1/webhooks/subscriptions/%c0%ae']) {
    const response = await server.inject({ url, headers: { authorization: 'Bearer admin-key' } })
    const { status } = response.json<{ status: number }>()
    assert.ok(status === 400 || status === 404, response.body)
    assert.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
  }
  const empty = await ask(makeRig(), 'getSubscription', { path: '/api/v1/webhooks/subscriptions/' })
  await problemOf(empty, 400, 'invalid_request')
  const long = await ask(makeRig(), 'getSubscription', {
    path: `/api/v1/webhooks/subscriptions/${'a'.repeat(300)}`,
  })
  await problemOf(long, 400, 'invalid_request')
})

test('an id may hold what stands in a path only encoded', async () => {
  const rig = makeRig()
  await ask(rig, 'getEvent', { path: '/api/v1/webhooks/events/a%2Fb%3A%40c' })
  assert.equal(rig.calls.find(({ name }) => name === 'events.get')?.args[1], 'a/b:@c')
})

test('every answer names the request, by a sane id of the caller or an own one', async () => {
  const rig = makeRig()
  const id = async (headers: Record<string, string>) =>
    String((await ask(rig, 'health', { key: null, headers })).headers['posthorn-request-id'])
  assert.equal(await id({ 'posthorn-request-id': 'mine:1' }), 'mine:1')
  assert.equal(await id({ 'x-request-id': 'abc-1.2_3' }), 'abc-1.2_3')
  for (const header of ['', 'a b', 'x'.repeat(65), 'a"b', 'ü'])
    assert.match(await id({ 'posthorn-request-id': header }), /^req_[0-9a-f]{16}-[0-9a-z]+$/)
  assert.notEqual(await id({}), await id({}))
  const missing = await rig.server.inject({ url: '/nowhere' })
  assert.match(String(missing.headers['posthorn-request-id']), /^req_/)
})

test('what breaks inside is 500 without its cause, which the log has under the request id', async () => {
  for (const error of [
    new TypeError('the secret cause'),
    new PosthornError('config_invalid', 'the secret cause'),
  ]) {
    const rig = makeRig({
      subscriptions: {
        list: async () => {
          throw error
        },
      },
    })
    const response = await ask(rig, 'listSubscriptions', { headers: { 'posthorn-request-id': 'r-1' } })
    const problem = await problemOf(response, 500, 'internal')
    assert.match(problem.detail, /r-1/)
    assert.ok(!response.body.includes('secret cause'))
    assert.equal(rig.log.length, 1)
    assert.deepEqual(
      [rig.log[0]?.level, rig.log[0]?.fields?.request_id, rig.log[0]?.fields?.error],
      ['error', 'r-1', error],
    )
  }
})

test('503 says when to come back', async () => {
  const rig = makeRig({
    events: {
      publish: async () => {
        throw new PosthornError('store_unavailable', 'The disk is full.')
      },
    },
    health: { ready: async () => ({ ready: false, reasons: ['the disk is full'], oldestDueAgeMs: 7 }) },
  })
  const response = await ask(rig, 'publishEvent', { body: { event_type: 'a.b', data: 1 } })
  await problemOf(response, 503, 'store_unavailable')
  assert.equal(response.headers['retry-after'], '1')
  const ready = await ask(rig, 'readiness', { key: null })
  assert.equal(ready.statusCode, 503)
  assert.deepEqual(ready.json(), { ready: false, reasons: ['the disk is full'], oldest_due_age_ms: 7 })
})

test('a key that asks too often is told when to come back, others go on', async () => {
  const rig = makeRig({}, { requestLimit: { limit: 2, windowMs: 60_000 } })
  for (let count = 0; count < 2; count += 1)
    assert.equal((await ask(rig, 'listSubscriptions')).statusCode, 200)
  const response = await ask(rig, 'listSubscriptions')
  await problemOf(response, 429, 'rate_limited')
  assert.match(String(response.headers['retry-after']), /^([1-5]?\d|60)$/)
  assert.equal((await ask(rig, 'listSubscriptions', { key: 'read-key' })).statusCode, 200)
  assert.equal((await ask(rig, 'health', { key: null })).statusCode, 200)
})

test('a subscription with ed25519 shows its public key beside the secret', async () => {
  const { generateSecret } = await import('@posthorn/receiver/node')
  const { publicKeyOf } = await import('@posthorn/receiver')
  const { SUBSCRIPTION: stored } = await import('./support/fake-use-cases.ts')
  const secret = generateSecret('standard-ed25519', new Uint8Array(32).fill(7))
  const subscription = {
    ...stored,
    signature: { scheme: 'standard-ed25519' as const, headerPrefix: 'X-Webhook' },
  }
  const rig = makeRig({
    subscriptions: {
      create: async () => ({ subscription, secret }),
      get: async () => subscription,
      rotateSecret: async () => ({ secret, previousExpiresAt: 0, bothSignatures: true }),
    },
  })
  const created = await ask(rig, 'createSubscription', { body: SUBSCRIPTION })
  const rotated = await ask(rig, 'rotateSubscriptionSecret')
  for (const response of [created, rotated])
    assert.equal(response.json<{ public_key: string }>().public_key, publicKeyOf(secret))
  const shown = await ask(rig, 'getSubscription')
  assert.ok(!shown.body.includes('wh'), shown.body)
})
