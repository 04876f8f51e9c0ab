/** What must outlive a restart does, and what a server tells of itself without a key. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import { type ServerProcess, startServer } from './support/server.ts'
import type {
  CreatedSubscription,
  Delivery,
  Listed,
  Published,
  Replay,
  Subscription,
} from './support/shapes.ts'
import { nextRequest, startTarget, type Target } from './support/targets.ts'
import { until } from './support/until.ts'

let server: ServerProcess
let target: Target

before(async () => {
  server = await startServer()
  target = await startTarget()
})
after(async () => {
  await target?.close()
  await server?.dispose()
})

const REPLAYED = 6000

test('a replay that a kill cut off goes on after the restart, and replays each event once', {
  timeout: 90_000,
}, async () => {
  const { api } = server
  for (let batch = 0; batch < REPLAYED / 500; batch += 1) {
    const events = Array.from({ length: 500 }, (_, at) => ({ event_type: 'old.one', data: batch * 500 + at }))
    await api.post('/events/batch', { events }, 202)
  }
  const subscription = { name: 'replay', url: target.url, events: ['old.*'], max_in_flight: 64 }
  const { id } = await api.post<CreatedSubscription>('/subscriptions', subscription, 201)
  const request = { since: new Date(Date.now() - 3_600_000).toISOString() }
  const { replay_id } = await api.post<{ replay_id: string }>(`/subscriptions/${id}/replay`, request, 202)
  await server.kill('SIGKILL')
  // Otherwise this would show nothing.
  assert.equal(storedState(replay_id), 'running')
  await server.start()
  const done = await until(
    'the replay to end',
    async () => {
      const replay = await api.get<Replay>(`/replays/${replay_id}`)
      return replay.finished_at !== null && replay
    },
    { timeoutMs: 40_000 },
  )
  assert.equal(done.created, REPLAYED)
  await until(
    'the replayed to be delivered',
    async () => (await api.get<Listed<unknown>>('/deliveries?state=pending&limit=1')).data.length === 0,
    { timeoutMs: 40_000 },
  )
  const deliveries = await api.all<Delivery>(`/subscriptions/${id}/deliveries`)
  assert.equal(deliveries.length, REPLAYED)
  assert.equal(new Set(deliveries.map((one) => one.event_id)).size, REPLAYED)
  assert.ok(deliveries.every((one) => one.state === 'delivered' && one.replay_id === replay_id))
  assert.equal(new Set(target.requests.map((one) => one.header('webhook-id'))).size, REPLAYED)
  await api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

function storedState(id: string): unknown {
  const db = new DatabaseSync(join(server.dataDir, 'posthorn.db'), { readOnly: true })
  try {
    return db.prepare("select doc ->> 'state' as state from replays where id = ?").get(id)?.state
  } finally {
    db.close()
  }
}

test('subscriptions, event types, scheduled events and idempotency outlive a restart', async (t) => {
  const { api } = server
  const own = await startTarget()
  t.after(() => own.close())
  const made = await api.post<CreatedSubscription>(
    '/subscriptions',
    {
      name: 'kept',
      url: own.url,
      events: ['kept.*'],
      signature: { scheme: 'split', header_prefix: 'X-Own' },
    },
    201,
  )
  const before = await api.get<Subscription>(`/subscriptions/${made.id}`)
  await api.post('/event-types', { name: 'kept.typed', schema: { type: 'integer' } }, 201)
  const due = Date.now() + 3000
  const event = {
    event_type: 'kept.later',
    data: 1,
    event_id: 'later',
    deliver_at: new Date(due).toISOString(),
  }
  const first = await api.post<Published>('/events', event, 202)
  await server.restart()
  assert.deepEqual(await api.get<Subscription>(`/subscriptions/${made.id}`), before)
  assert.deepEqual(await api.post<Published>('/events', event, 202), { ...first, duplicate: true })
  await api.refused(422, 'schema_mismatch', 'POST', '/events', {
    body: { event_type: 'kept.typed', data: 'a' },
  })
  assert.equal((await nextRequest(own)).header('X-Own-ID'), 'later')
  assert.ok(Date.now() >= due)
})

test('healthz, readyz, metrics, the contract and its pages need no key from here', async () => {
  const nobody = server.apiAs(null)
  assert.equal(
    (await nobody.call<{ status: string }>('GET', 'root:/healthz', { status: 200 })).body.status,
    'alive',
  )
  const ready = await nobody.call<{ ready: boolean; reasons: unknown[] }>('GET', 'root:/readyz', {
    status: 200,
  })
  assert.deepEqual([ready.body.ready, ready.body.reasons], [true, []])
  const metrics = await nobody.call('GET', 'root:/metrics', { status: 200 })
  assert.match(metrics.headers.get('content-type') ?? '', /^text\/plain/)
  assert.match(metrics.text, /^# TYPE webhook_queue_depth gauge$/m)
  assert.match(metrics.text, /^webhook_queue_depth(?:\{[^}]*\})? 0$/m)
  type Contract = { openapi: string; paths: Record<string, Record<string, unknown>> }
  const contract = (await nobody.call<Contract>('GET', 'root:/openapi.json', { status: 200 })).body
  assert.match(contract.openapi, /^3\.1\./)
  const paths = Object.keys(contract.paths)
  for (const [path, methods] of Object.entries(DOCUMENTED)) {
    const found = paths.find((one) => one.endsWith(path)) ?? assert.fail(`${path} is not in ${paths}`)
    for (const method of methods) assert.ok(contract.paths[found]?.[method], `${method} ${path}`)
  }
  const docs = await fetch(`${server.url}/docs`)
  assert.equal(docs.status, 200)
  assert.match(docs.headers.get('content-type') ?? '', /^text\/html/)
  assert.match(await docs.text(), /<html/i)
})

/** The calls of the documented API, but for sources and the way in. */
const DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  '/subscriptions': ['get', 'post'],
  '/subscriptions/{id}': ['get', 'patch', 'delete'],
  '/subscriptions/{id}/rotate-secret': ['post'],
  '/subscriptions/{id}/test': ['post'],
  '/subscriptions/{id}/enable': ['post'],
  '/subscriptions/{id}/disable': ['post'],
  '/subscriptions/{id}/deliveries': ['get'],
  '/subscriptions/{id}/stats': ['get'],
  '/subscriptions/{id}/replay': ['post'],
  '/replays/{id}': ['get'],
  '/events': ['get', 'post'],
  '/events/batch': ['post'],
  '/events/{id}': ['get'],
  '/events/{id}/deliveries': ['get'],
  '/events/{id}/replay': ['post'],
  '/deliveries': ['get'],
  '/deliveries/{id}': ['get'],
  '/deliveries/{id}/attempts': ['get'],
  '/deliveries/{id}/retry': ['post'],
  '/deliveries/{id}/cancel': ['post'],
  '/event-types': ['get', 'post'],
  '/event-types/{name}': ['get', 'patch', 'delete'],
  '/tenants': ['get', 'post'],
  '/tenants/{id}': ['get', 'patch', 'delete'],
  '/keys': ['get', 'post'],
  '/keys/{id}': ['delete'],
}
