import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PROVIDERS } from '@posthorn/receiver/providers'
import { OPERATIONS, type OperationId } from '../../src/api/contract/operations.ts'
import { createClient, publishJson } from '../../src/client/client.ts'
import { PosthornApiError } from '../../src/client/error.ts'
import { PosthornError } from '../../src/domain/error.ts'
import type { InboundRequest } from '../../src/domain/inbound-request.ts'
import { makeRig } from '../api/support/api.ts'
import { REQUEST, SUBSCRIPTION } from '../api/support/fake-use-cases.ts'
import { listeningRig } from '../api/support/raw.ts'

/** A client whose `fetch` asks the server without a socket. */
function makeClient(...args: Parameters<typeof makeRig>) {
  const rig = makeRig(...args)
  const urls: string[] = []
  const fetchInside: typeof fetch = async (url, init) => {
    urls.push(String(url))
    const { pathname, search } = new URL(String(url))
    const response = await rig.server.inject({
      method: (init?.method ?? 'GET') as 'GET',
      url: pathname + search,
      headers: init?.headers as Record<string, string>,
      ...(init?.body === undefined ? {} : { payload: init.body as string }),
    })
    return new Response(response.statusCode === 204 ? null : response.body, {
      status: response.statusCode,
      headers: response.headers as Record<string, string>,
    })
  }
  const client = createClient({ baseUrl: 'http://server.test/', key: 'admin-key', fetch: fetchInside })
  return { ...rig, urls, client }
}

/** A client that always gets this answer. */
function answered(body: string | null, init: ResponseInit) {
  return createClient({
    baseUrl: 'http://server.test',
    key: 'k',
    fetch: async () => new Response(body, init),
  })
}

async function failure(promise: Promise<unknown>): Promise<PosthornApiError> {
  try {
    await promise
  } catch (error) {
    assert.ok(error instanceof PosthornApiError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: 'it did not fail' })
}

test('a call fills in path, query and body, and gives the body of the answer', async () => {
  const { client, urls, calls } = makeClient()
  const created = await client.call('createSubscription', {
    body: { name: 'CRM', url: 'https://example.com/in', events: ['user.*'] },
  })
  assert.deepEqual([created.id, created.signing_secret], ['sub_1', 'whsec_shown'])
  const stats = await client.call('getSubscriptionStats', {
    params: { id: 'sub_1' },
    query: { window_s: 60 },
  })
  assert.equal(stats.window_s, 60)
  assert.equal(await client.call('deleteSubscription', { params: { id: 'sub_1' } }), null)
  const published = await client.call('publishEvent', {
    headers: { 'idempotency-key': 'e-1' },
    body: { event_type: 'a.b', data: { x: 1 } },
  })
  assert.equal(published.event_id, 'e-1')
  assert.match(await client.call('metrics'), /posthorn_up/)
  assert.deepEqual(urls, [
    'http://server.test/api/v1/webhooks/subscriptions',
    'http://server.test/api/v1/webhooks/subscriptions/sub_1/stats?window_s=60',
    'http://server.test/api/v1/webhooks/subscriptions/sub_1',
    'http://server.test/api/v1/webhooks/events',
    'http://server.test/metrics',
  ])
  assert.ok(calls.some(({ name }) => name === 'subscriptions.delete'))
})

test('what stands in a path or query is encoded', async () => {
  const { client, urls } = makeClient()
  await failure(client.call('getEvent', { params: { id: '../a/b?c#d ü' }, query: { source: 'a&b=c' } }))
  assert.equal(
    urls[0],
    'http://server.test/api/v1/webhooks/events/..%2Fa%2Fb%3Fc%23d%20%C3%BC?source=a%26b%3Dc',
  )
  await assert.rejects(client.call('getEvent', { params: { id: '' } }), /needs params\.id/)
})

test('JSON that is already written is sent as it stands', async () => {
  const { client, calls } = makeClient()
  await client.call('publishEvent', { json: publishJson({ event_type: 'a.b' }, '{"price":1.0}') })
  const input = calls.find(({ name }) => name === 'events.publish')?.args[1] as { data: Uint8Array }
  assert.equal(Buffer.from(input.data).toString(), '{"price":1.0}')
})

test('a refusal becomes an error with its code, place and time to wait', async () => {
  const { client } = makeClient({
    events: {
      publish: async () => {
        throw new PosthornError('store_unavailable', 'The disk is full.', { retryAfterS: 7 })
      },
    },
  })
  const bad = await failure(client.call('createTenant', { body: { slug: 'No!' } }))
  assert.deepEqual(
    [bad.code, bad.status, bad.errors[0]?.path, bad.retryAfterS],
    ['invalid_request', 400, '/slug', null],
  )
  assert.match(bad.message, /^invalid_request: slug must be a slug/)
  assert.match(bad.requestId ?? '', /^req_/)
  const later = await failure(client.call('publishEvent', { body: { event_type: 'a.b', data: 1 } }))
  assert.deepEqual([later.code, later.status, later.retryAfterS], ['store_unavailable', 503, 7])
})

test('a server that is not ready says why', async () => {
  const { client } = makeClient({
    health: { ready: async () => ({ ready: false, reasons: ['the disk is full'], oldestDueAgeMs: 0 }) },
  })
  const { ready, reasons } = await client.call('readiness')
  assert.deepEqual([ready, reasons], [false, ['the disk is full']])
})

test('an answer that is none of Posthorn is called that', async () => {
  const html = { headers: { 'content-type': 'text/html' } }
  for (const client of [
    answered('<html>', { ...html, status: 200 }),
    answered('<html>', { ...html, status: 502 }),
    answered('{"code":5}', { status: 500, headers: { 'content-type': 'application/problem+json' } }),
    answered('{', { status: 500, headers: { 'content-type': 'application/problem+json' } }),
    answered('{', { status: 200, headers: { 'content-type': 'application/json' } }),
    answered(null, { status: 302, headers: { location: 'http://elsewhere.test' } }),
  ]) {
    const error = await failure(client.call('listTenants'))
    assert.equal(error.code, 'unexpected_answer', error.message)
    assert.match(error.detail, /GET http:\/\/server\.test\/api\/v1\/webhooks\/tenants was answered/)
  }
})

test('no answer at all names the address', async (t) => {
  const { url, server } = await listeningRig(t)
  await server.close()
  const error = await failure(createClient({ baseUrl: url, key: 'k' }).call('listTenants'))
  assert.deepEqual([error.code, error.status], ['unreachable', 0])
  assert.match(error.detail, /ECONNREFUSED/)
  assert.ok(error.detail.includes(`Is the server running at ${url}?`), error.detail)
})

test('an answer that breaks off is no answer', async () => {
  const body = new ReadableStream({ pull: (stream) => stream.error(new TypeError('terminated')) })
  const client = createClient({
    baseUrl: 'http://server.test',
    fetch: async () => new Response(body, { headers: { 'content-type': 'application/json' } }),
  })
  assert.equal((await failure(client.call('health'))).code, 'unreachable')
})

test('a call can be aborted, with the reason of who aborted it', async () => {
  const never: typeof fetch = (_url, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
    })
  const client = createClient({ baseUrl: 'http://server.test', fetch: never })
  const controller = new AbortController()
  const call = client.call('health', { signal: controller.signal })
  controller.abort(new RangeError('enough'))
  await assert.rejects(call, RangeError)
})

test('each goes through all pages, as far as it is asked', async () => {
  const asked: unknown[] = []
  const pages: Record<string, string | null> = { start: 'two', two: 'three', three: null }
  const { client } = makeClient({
    subscriptions: {
      list: async (_tenantId, { cursor, limit }) => {
        asked.push([cursor, limit])
        const name = cursor ?? 'start'
        return { items: [{ ...SUBSCRIPTION, name }], next: pages[name] ?? null }
      },
    },
  })
  const names: string[] = []
  for await (const { name } of client.each('listSubscriptions', { query: { limit: 1 } })) names.push(name)
  assert.deepEqual(names, ['start', 'two', 'three'])
  assert.deepEqual(asked, [
    [null, 1],
    ['two', 1],
    ['three', 1],
  ])
  for await (const { name } of client.each('listSubscriptions')) {
    assert.equal(name, 'start')
    break
  }
  assert.equal(asked.length, 4)
})

test('the key and the tenant go along, and the base URL may have a path', async () => {
  const seen: Array<[string, RequestInit | undefined]> = []
  const client = createClient({
    baseUrl: 'https://proxy.test/posthorn//',
    key: 'K',
    tenant: 'acme',
    fetch: async (url, init) => {
      seen.push([String(url), init])
      return Response.json({ status: 'alive', version: '1' })
    },
  })
  await client.call('health')
  const [url, init] = seen[0] ?? []
  assert.equal(url, 'https://proxy.test/posthorn/healthz')
  const headers = init?.headers as Record<string, string>
  assert.deepEqual(
    [headers.authorization, headers['posthorn-tenant'], headers['content-type']],
    ['Bearer K', 'acme', undefined],
  )
  assert.equal(init?.redirect, 'manual')
  assert.throws(() => createClient({ baseUrl: 'ftp://x' }), /http:\/\/ or https:\/\//)
  assert.throws(() => createClient({ baseUrl: 'nonsense' }), TypeError)
})

test('every request of a source is read, page by page, with its filter', async () => {
  const pages: Array<{ items: InboundRequest[]; next: string | null }> = [
    { items: [REQUEST, { ...REQUEST, id: 'req_2' }], next: 'MORE' },
    { items: [{ ...REQUEST, id: 'req_3' }], next: null },
  ]
  const { client, urls } = makeClient({ requests: { list: async () => pages.shift() ?? assert.fail() } })
  const seen: string[] = []
  const query = { verdict: 'refused', limit: 2 } as const
  for await (const { id } of client.each('listRequests', { params: { id: 'a b' }, query })) seen.push(id)
  assert.deepEqual(seen, ['req_1', 'req_2', 'req_3'])
  const path = 'http://server.test/api/v1/webhooks/sources/a%20b/requests?verdict=refused&limit=2'
  assert.deepEqual(urls, [path, `${path}&cursor=MORE`])
})

test('the presets are a list like any other', async () => {
  const { client } = makeClient()
  const names: string[] = []
  for await (const { name } of client.each('listProviders', { query: { limit: 7 } })) names.push(name)
  assert.equal(new Set(names).size, names.length)
  assert.deepEqual(names, Object.keys(PROVIDERS))
})

test('over a real socket, with the global fetch', async (t) => {
  const { url } = await listeningRig(t)
  const client = createClient({ baseUrl: url, key: 'acme-key' })
  const { event_id: eventId } = await client.call('publishEvent', {
    body: { event_type: 'a.b', data: null, event_id: 'e' },
  })
  assert.equal(eventId, 'e')
})

test('every operation can be called without a type error', () => {
  const client = createClient({ baseUrl: 'http://server.test' })
  // Compiled, not run: the types are the test.
  const calls = (): unknown[] => [
    client.call('listSubscriptions'),
    client.call('rotateSubscriptionSecret', { params: { id: 'x' } }),
    client.call('enableSubscription', { params: { id: 'x' } }),
    client.call('listDeliveries', { query: { state: 'dead' } }),
    client.call('letThrough', { params: { id: 'x' } }),
    client.each('listProviders'),
    // @ts-expect-error the path needs a request, too
    client.call('getRequest', { params: { id: 'x' } }),
    // @ts-expect-error no such verdict
    client.each('listRequests', { params: { id: 'x' }, query: { verdict: 'good' } }),
    // @ts-expect-error the path needs an id
    client.call('getSubscription'),
    // @ts-expect-error no such state
    client.call('listDeliveries', { query: { state: 'failed' } }),
    // @ts-expect-error the body is needed
    client.call('createTenant'),
    // @ts-expect-error not a list
    client.each('getTenant', { params: { id: 'x' } }),
  ]
  assert.equal(typeof calls, 'function')
  const ids: OperationId[] = Object.keys(OPERATIONS) as OperationId[]
  assert.ok(ids.every((id) => /^(GET|POST|PATCH|DELETE) \/[a-z0-9/{}._-]*$/i.test(OPERATIONS[id])))
})
