/**
 * The HTTP API as its documentation says it, called as a stranger would: plain requests, nothing of the code. One
 * server for all; each test works on a tenant of its own, so that lists hold what it made.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Api } from './support/api.ts'
import { type ServerProcess, startServer } from './support/server.ts'
import type {
  Attempt,
  CreatedSubscription,
  Delivery,
  Listed,
  Published,
  Replay,
  Subscription,
} from './support/shapes.ts'
import { arrived, headersOf, nextRequest, startTarget, type Target } from './support/targets.ts'
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

/** A tenant that nobody else uses. */
async function newTenant(slug: string): Promise<Api> {
  const made = await server.api.post<{ id: string; slug: string }>('/tenants', { slug }, 201)
  assert.match(made.id, /^ten_/)
  return server.api.forTenant(slug)
}

/** A target of the test's own. */
async function ownTarget(t: { after(run: () => unknown): void }, ...options: Parameters<typeof startTarget>) {
  const own = await startTarget(...options)
  t.after(() => own.close())
  return own
}

function subscribe(api: Api, more: Record<string, unknown> = {}): Promise<CreatedSubscription> {
  const input = { name: 'one', url: target.url, events: ['*'], ...more }
  return api.post<CreatedSubscription>('/subscriptions', input, 201)
}

function publish(api: Api, more: Record<string, unknown> = {}): Promise<Published> {
  return api.post<Published>('/events', { event_type: 'user.signed_up', data: { n: 1 }, ...more }, 202)
}

function inState(api: Api, eventId: string, state: Delivery['state'], count = 1): Promise<Delivery[]> {
  return until(`${count} deliveries of ${eventId} to be ${state}`, async () => {
    const rows = await api.all<Delivery>(`/events/${eventId}/deliveries`)
    return rows.length === count && rows.every((row) => row.state === state) && rows
  })
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'

test('a subscription: created, read, listed, changed, deleted; its secret shown once', async () => {
  const api = await newTenant('subscriptions')
  const input = {
    ...{ name: 'orders', url: target.url, events: ['user.signed_up', 'user.*', '*'] },
    ...{ description: 'all of it', headers: { 'x-own': 'yes' }, timeout_ms: 5000, max_in_flight: 3 },
    ...{ rate_limit: { limit: 5, window_s: 1 }, retry: 'fast', on_client_error: 'drop' },
    ...{ signature: { scheme: 'timestamped', header_prefix: 'X-Own' }, format: 'envelope', active: true },
  }
  const made = await api.post<CreatedSubscription>('/subscriptions', input, 201)
  assert.match(made.id, new RegExp(`^sub_${UUID}$`))
  assert.ok(made.signing_secret.length >= 24)
  for (const [name, value] of Object.entries(input))
    assert.deepEqual(made[name as keyof CreatedSubscription], value, name)
  const path = `/subscriptions/${made.id}`
  const read = await api.get<Subscription & { created_at: string }>(path)
  assert.match(read.created_at, INSTANT)
  assert.equal('signing_secret' in read, false)
  assert.deepEqual((await api.get<Listed<Subscription>>('/subscriptions')).data, [read])
  const changed = (await api.call<Subscription>('PATCH', path, { body: { name: 'new' }, status: 200 })).body
  assert.deepEqual([changed.name, changed.timeout_ms, changed.events], ['new', 5000, input.events])
  await api.call('DELETE', path, { status: 204 })
  await api.refused(404, 'not_found', 'GET', path)
  await api.refused(404, 'not_found', 'DELETE', path)
})

test('what is not given has the documented defaults', async () => {
  const api = await newTenant('defaults')
  const made = await subscribe(api)
  assert.deepEqual(
    [made.max_in_flight, made.timeout_ms, made.format, made.active, made.signature],
    [8, 10_000, 'standard', true, { scheme: 'standard', header_prefix: 'X-Webhook' }],
  )
})

test('retry as a preset, a list with fractions, an exponential curve', async () => {
  const api = await newTenant('retries')
  for (const retry of [
    'standard',
    'fast',
    'patient',
    [0.05, 1, 2.5],
    { base_s: 1, factor: 2, max_s: 60, attempts: 5 },
  ])
    assert.deepEqual(((await subscribe(api, { retry })) as unknown as { retry: unknown }).retry, retry)
  for (const retry of ['slow', [-1], { base_s: 1 }, 7])
    await api.refused(400, 'invalid_request', 'POST', '/subscriptions', {
      body: { name: 'a', url: target.url, events: ['*'], retry },
    })
})

test('disable and enable: what is published in between is not delivered', async (t) => {
  const api = await newTenant('enable')
  const own = await ownTarget(t)
  const { id } = await subscribe(api, { url: own.url })
  const off = await api.post<Subscription>(`/subscriptions/${id}/disable`, undefined, 200)
  assert.equal(off.active, false)
  assert.equal((await publish(api)).deliveries, 0)
  const on = await api.post<Subscription>(`/subscriptions/${id}/enable`, undefined, 200)
  assert.equal(on.active, true)
  const { event_id, deliveries } = await publish(api)
  assert.equal(deliveries, 1)
  assert.equal((await nextRequest(own)).header('webhook-id'), event_id)
})

test('a test event: the answer tells all, and carries data.test', async (t) => {
  const api = await newTenant('pings')
  const own = await ownTarget(t)
  own.answerNext({ status: 200, body: 'hello there' }, { status: 418, body: 'no coffee' })
  const { id } = await subscribe(api, { url: own.url })
  type Tested = Record<string, unknown>
  const tested = await api.post<Tested>(`/subscriptions/${id}/test`, undefined, 200)
  const names = ['delivery_id', 'duration_ms', 'error', 'response_body', 'status_code', 'success']
  assert.deepEqual(Object.keys(tested).sort(), names)
  const { success, status_code, response_body, error } = tested
  assert.deepEqual([success, status_code, response_body, error], [true, 200, 'hello there', null])
  assert.ok(typeof tested.duration_ms === 'number' && tested.duration_ms >= 0)
  const body = JSON.parse(Buffer.from((await nextRequest(own)).body).toString())
  assert.deepEqual([body.type, body.data.test], ['test.ping', true])
  const failed = await api.post<Tested>(`/subscriptions/${id}/test`, undefined, 200)
  assert.deepEqual([failed.success, failed.status_code, failed.response_body], [false, 418, 'no coffee'])
  assert.match(String(failed.error), /^rejected/)
  const { data } = await api.get<Listed<Attempt>>(`/deliveries/${failed.delivery_id}/attempts`)
  assert.deepEqual([data.length, data[0]?.status_code, data[0]?.response_body], [1, 418, 'no coffee'])
})

test('publishing is idempotent by event_id, and by the idempotency-key header', async () => {
  const api = await newTenant('idempotent')
  await subscribe(api)
  const first = await publish(api, { event_id: 'order-1' })
  assert.deepEqual(first, { event_id: 'order-1', deliveries: 1, duplicate: false })
  assert.deepEqual(await publish(api, { event_id: 'order-1' }), { ...first, duplicate: true })
  const body = { event_type: 'user.signed_up', data: { n: 2 } }
  await api.refused(409, 'event_conflict', 'POST', '/events', { body: { ...body, event_id: 'order-1' } })
  const other = { ...body, data: { n: 1 }, event_type: 'user.left', event_id: 'order-1' }
  await api.refused(409, 'event_conflict', 'POST', '/events', { body: other })

  const headers = { 'idempotency-key': 'key-1' }
  const once = await api.call<Published>('POST', '/events', { body, headers, status: 202 })
  assert.deepEqual(once.body, { event_id: 'key-1', deliveries: 1, duplicate: false })
  const twice = await api.call<Published>('POST', '/events', { body, headers, status: 202 })
  assert.deepEqual(twice.body, { event_id: 'key-1', deliveries: 1, duplicate: true })
  await api.refused(409, 'event_conflict', 'POST', '/events', { body: { ...body, data: 3 }, headers })
  const event = await api.get<Record<string, unknown>>('/events/key-1')
  assert.deepEqual([event.event_id, event.event_type, event.data], ['key-1', 'user.signed_up', { n: 2 }])
  assert.equal((await inState(api, 'order-1', 'delivered')).length, 1)
})

test('the same id in two tenants is two events', async () => {
  const [one, two] = [await newTenant('same-one'), await newTenant('same-two')]
  assert.equal((await publish(one, { event_id: 'x' })).duplicate, false)
  assert.equal((await publish(two, { event_id: 'x', data: 'other' })).duplicate, false)
})

test('a batch is answered event by event', async () => {
  const api = await newTenant('batches')
  await subscribe(api, { events: ['user.*'] })
  const good = { event_type: 'user.created', data: 1 }
  const events = [
    { ...good, event_id: 'b-1' },
    { ...good, event_id: 'b-1' },
    { ...good, event_id: 'b-1', data: 2 },
    { event_type: 'no such type!', data: 1 },
    { event_type: 'order.created', data: null, event_id: 'b-2' },
  ]
  const { results } = await api.post<{ results: Array<Record<string, unknown>> }>(
    '/events/batch',
    { events },
    202,
  )
  assert.deepEqual(results[0], { event_id: 'b-1', deliveries: 1, duplicate: false })
  assert.deepEqual(results[1], { event_id: 'b-1', deliveries: 1, duplicate: true })
  assert.deepEqual([results[2]?.status, results[2]?.code], [409, 'event_conflict'])
  assert.deepEqual([results[3]?.status, results[3]?.code], [400, 'invalid_request'])
  assert.deepEqual(results[4], { event_id: 'b-2', deliveries: 0, duplicate: false })
  const many = (count: number) => ({ events: Array.from({ length: count }, () => good) })
  assert.equal((await api.post<{ results: unknown[] }>('/events/batch', many(500), 202)).results.length, 500)
  await api.refused(400, 'invalid_request', 'POST', '/events/batch', { body: many(501) })
  await api.refused(400, 'invalid_request', 'POST', '/events/batch', { body: { events: [] } })
})

test('deliver_at: not before, and soon after', async (t) => {
  const api = await newTenant('later')
  const own = await ownTarget(t)
  await subscribe(api, { url: own.url })
  const at = Date.now() + 1000
  const { event_id } = await publish(api, { deliver_at: new Date(at).toISOString() })
  const [waiting] = await inState(api, event_id, 'pending')
  assert.equal(Date.parse(waiting?.due_at ?? ''), at)
  assert.equal(own.requests.length, 0)
  await nextRequest(own)
  assert.ok(Date.now() >= at, 'too early')
  assert.ok(Date.now() < at + 3000, `${Date.now() - at} ms late`)
})

test('lists: newest first, page by page, and no cursor but their own', async () => {
  const api = await newTenant('pages')
  const ids: string[] = []
  for (let at = 0; at < 7; at += 1) ids.push((await publish(api, { event_id: `p-${at}` })).event_id)
  const seen: string[] = []
  let cursor: string | null = null
  do {
    const more: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`
    const page: Listed<Published> = await api.get(`/events?limit=3${more}`)
    assert.ok(page.data.length <= 3)
    seen.push(...page.data.map((row) => row.event_id))
    cursor = page.next_cursor
    if (seen.length === 3) for (const bad of tampered(cursor ?? '')) await refuseCursor(api, bad)
  } while (cursor !== null)
  assert.deepEqual(seen, ids.toReversed())
  for (const limit of ['0', '251', '-1', 'a', '1.5', ''])
    await api.refused(400, 'invalid_request', 'GET', `/events?limit=${limit}`)
  assert.equal((await api.get<Listed<unknown>>('/events?limit=250')).data.length, 7)
  // A cursor is of its own list, with its own filters.
  const { next_cursor } = await api.get<Listed<unknown>>('/events?limit=1')
  await refuseCursor(api, next_cursor ?? '', '/deliveries')
  await refuseCursor(api, next_cursor ?? '', '/events?event_type=other')
})

function tampered(cursor: string): string[] {
  assert.ok(cursor.length > 4)
  const flipped = cursor.slice(0, 4) + (cursor[4] === 'A' ? 'B' : 'A') + cursor.slice(5)
  return [
    flipped,
    cursor.slice(0, -1),
    `${cursor}A`,
    'AAAA',
    '..',
    '0',
    '{"key":1}',
    "' or 1=1 --",
    cursor.toUpperCase(),
  ]
}

async function refuseCursor(api: Api, cursor: string, path = '/events'): Promise<void> {
  const sign = path.includes('?') ? '&' : '?'
  await api.refused(
    400,
    'cursor_invalid',
    'GET',
    `${path}${sign}limit=1&cursor=${encodeURIComponent(cursor)}`,
  )
}

test('events are filtered by type with wildcards, and by time', async () => {
  const api = await newTenant('filters')
  const types = ['user.created', 'user.profile.updated', 'order.created', 'users.created']
  for (const event_type of types) await publish(api, { event_type })
  const listed = async (query: string) =>
    (await api.get<Listed<{ event_type: string }>>(`/events?${query}`)).data
      .map((row) => row.event_type)
      .sort()
  assert.deepEqual(await listed('event_type=user.*'), ['user.created', 'user.profile.updated'])
  assert.deepEqual(await listed('event_type=*'), types.toSorted())
  assert.deepEqual(await listed('event_type=order.created'), ['order.created'])
  assert.deepEqual(await listed(`since=${new Date(Date.now() + 60_000).toISOString()}`), [])
  assert.deepEqual(await listed(`until=${new Date(Date.now() - 60_000).toISOString()}`), [])
  assert.equal((await listed(`since=${new Date(Date.now() - 60_000).toISOString()}`)).length, 4)
  await api.refused(400, 'invalid_request', 'GET', '/events?since=yesterday')
})

test('filters of subscriptions: exact, category and all', async (t) => {
  const api = await newTenant('matching')
  const own = await ownTarget(t)
  const cases = { exact: ['user.created'], category: ['user.*'], all: ['*'] }
  for (const [name, events] of Object.entries(cases))
    await subscribe(api, { name, events, url: own.urlFor('127.0.0.1', `/${name}`) })
  const wanted = { 'user.created': 3, 'user.profile.updated': 2, users: 1, user: 1, 'order.user.created': 1 }
  for (const [event_type, count] of Object.entries(wanted))
    assert.equal((await publish(api, { event_type })).deliveries, count, event_type)
  for (const filter of ['user*', 'us*.a', '**', '*.created', '', 'user..a', 'user.*.b', 'a b'])
    await api.refused(400, 'invalid_request', 'POST', '/subscriptions', {
      body: { name: 'a', url: own.url, events: [filter] },
    })
})

test('deliveries: list, filters, one, its attempts; the feed and the stats of a subscription', async (t) => {
  const api = await newTenant('deliveries')
  const own = await ownTarget(t)
  own.answerNext({ status: 500, body: 'oh no' })
  const { id } = await subscribe(api, { url: own.url, retry: [0.05] })
  const { event_id } = await publish(api)
  const [delivery] = await inState(api, event_id, 'delivered')
  assert.match(delivery?.id ?? '', new RegExp(`^dlv_${UUID}$`))
  assert.deepEqual(
    [delivery?.event_id, delivery?.subscription_id, delivery?.attempts, delivery?.last_status_code],
    [event_id, id, 2, 200],
  )
  assert.deepEqual(await api.get<Delivery>(`/deliveries/${delivery?.id}`), delivery)
  const { data } = await api.get<Listed<Attempt>>(`/deliveries/${delivery?.id}/attempts`)
  assert.deepEqual(
    data.map((one) => [one.number, one.outcome, one.status_code, one.response_body]),
    [
      [1, 'retry', 500, 'oh no'],
      [2, 'success', 200, ''],
    ],
  )
  for (const one of data) {
    assert.match(one.id, new RegExp(`^att_${UUID}$`))
    assert.match(one.started_at, INSTANT)
  }
  const one = await api.all<Attempt>(`/deliveries/${delivery?.id}/attempts`, 1)
  assert.deepEqual(one, data, 'page by page it is the same list')
  await refuseCursor(api, 'AAAA', `/deliveries/${delivery?.id}/attempts`)
  for (const query of [
    ...['state=delivered', `subscription_id=${id}`, 'event_type=user.*', 'event_type=user.signed_up'],
    `since=${new Date(Date.now() - 60_000).toISOString()}`,
  ])
    assert.deepEqual((await api.get<Listed<Delivery>>(`/deliveries?${query}`)).data, [delivery], query)
  for (const query of ['state=dead', 'event_type=order.*', `until=${new Date(0).toISOString()}`])
    assert.deepEqual((await api.get<Listed<Delivery>>(`/deliveries?${query}`)).data, [], query)
  await api.refused(400, 'invalid_request', 'GET', '/deliveries?state=failed')
  assert.deepEqual((await api.get<Listed<Delivery>>(`/subscriptions/${id}/deliveries`)).data, [delivery])
  const stats = await api.get<Record<string, number>>(`/subscriptions/${id}/stats`)
  assert.deepEqual(
    [stats.attempts, stats.succeeded, stats.failed, stats.pending, stats.dead],
    [2, 1, 1, 0, 0],
  )
  assert.ok((stats.p50_ms ?? -1) > 0 && (stats.p99_ms ?? -1) >= (stats.p50_ms ?? 0))
})

test('dead letters: listed, retried by hand; cancel works on pending only', async (t) => {
  const api = await newTenant('dead')
  const own = await ownTarget(t, { answer: { status: 500 } })
  await subscribe(api, { url: own.url, retry: [] })
  const { event_id } = await publish(api)
  const [dead] = await inState(api, event_id, 'dead')
  assert.deepEqual((await api.get<Listed<Delivery>>('/deliveries?state=dead')).data, [dead])
  const path = `/deliveries/${dead?.id}`
  await api.refused(409, 'state_conflict', 'POST', `${path}/cancel`)
  own.answer({})
  await api.post(`${path}/retry`, undefined, 200)
  const [delivered] = await inState(api, event_id, 'delivered')
  assert.equal(delivered?.attempts, 2)
  // A delivered one can be sent once more, too.
  await api.post(`${path}/retry`, undefined, 200)
  const requests = await arrived(own, 3)
  assert.equal(headersOf(requests[2] as never)['posthorn-attempt'], '3')

  const later = { deliver_at: new Date(Date.now() + 3_600_000).toISOString() }
  const scheduled = await publish(api, later)
  const [pending] = await inState(api, scheduled.event_id, 'pending')
  const cancelled = await api.post<Delivery>(`/deliveries/${pending?.id}/cancel`, undefined, 200)
  assert.equal(cancelled.state, 'cancelled')
  await api.refused(409, 'state_conflict', 'POST', `/deliveries/${pending?.id}/cancel`)
  await api.post(`/deliveries/${pending?.id}/retry`, undefined, 200)
  await inState(api, scheduled.event_id, 'delivered')
  for (const call of ['retry', 'cancel'])
    await api.refused(
      404,
      'not_found',
      'POST',
      `/deliveries/dlv_00000000-0000-7000-8000-000000000000/${call}`,
    )
})

test('one event is replayed to all that match now, or to one subscription', async (t) => {
  const api = await newTenant('replay-one')
  const own = await ownTarget(t)
  const { event_id } = await publish(api)
  const first = await subscribe(api, { url: own.url })
  await subscribe(api, { url: own.url, name: 'two' })
  await subscribe(api, { url: own.url, name: 'other', events: ['order.*'] })
  const all = await api.post<{ deliveries: number }>(`/events/${event_id}/replay`, undefined, 202)
  assert.equal(all.deliveries, 2)
  const body = { subscription_id: first.id }
  assert.equal(
    (await api.post<{ deliveries: number }>(`/events/${event_id}/replay`, body, 202)).deliveries,
    1,
  )
  await inState(api, event_id, 'delivered', 3)
  assert.deepEqual([...new Set((await arrived(own, 3)).map((one) => one.header('webhook-id')))], [event_id])
  await api.refused(404, 'not_found', 'POST', '/events/no-such-event/replay')
})

test('a subscription is replayed since a time, with progress', async (t) => {
  const api = await newTenant('replay-many')
  const own = await ownTarget(t, { answer: { status: 500 } })
  const { id } = await subscribe(api, { url: own.url, retry: [] })
  const since = new Date(Date.now() - 1000).toISOString()
  const events = Array.from({ length: 40 }, (_, at) => ({
    event_type: at % 2 ? 'a.odd' : 'a.even',
    data: at,
  }))
  await api.post('/events/batch', { events }, 202)
  await until('all to be dead', async () => (await api.all('/deliveries?state=dead')).length === 40)
  own.answer({})
  const request = { since, states: ['dead'], event_types: ['a.odd'] }
  const { replay_id } = await api.post<{ replay_id: string }>(`/subscriptions/${id}/replay`, request, 202)
  assert.match(replay_id, new RegExp(`^rpl_${UUID}$`))
  const done = await until('the replay to end', async () => {
    const replay = await api.get<Replay>(`/replays/${replay_id}`)
    return replay.finished_at !== null && replay
  })
  assert.deepEqual([done.created, done.subscription_id], [20, id])
  await until(
    'the replayed to be delivered',
    async () => (await api.all('/deliveries?state=delivered')).length === 20,
  )
  assert.equal(
    (await api.all<Delivery>('/deliveries?state=delivered')).every((one) => one.event_type === 'a.odd'),
    true,
  )
  await api.refused(404, 'not_found', 'GET', '/replays/rpl_00000000-0000-7000-8000-000000000000')
  await api.refused(400, 'invalid_request', 'POST', `/subscriptions/${id}/replay`, { body: {} })
})

test('event types: created, enforced with the path, archived, deleted', async () => {
  const api = await newTenant('types')
  const schema = {
    type: 'object',
    properties: {
      user: { type: 'object', properties: { age: { type: 'integer', minimum: 0 } }, required: ['age'] },
    },
    required: ['user'],
  }
  const input = { name: 'user.aged', description: 'a birthday', schema, examples: [{ user: { age: 1 } }] }
  const made = await api.post<Record<string, unknown>>('/event-types', input, 201)
  assert.deepEqual(
    [made.name, made.schema, made.examples, made.archived],
    ['user.aged', schema, input.examples, false],
  )
  await api.refused(409, 'name_taken', 'POST', '/event-types', { body: input })
  await publish(api, { event_type: 'user.aged', data: { user: { age: 3 } } })
  const bad = { event_type: 'user.aged', data: { user: { age: -1 } } }
  const problem = await api.refused(422, 'schema_mismatch', 'POST', '/events', { body: bad })
  assert.ok(
    problem.errors.some(({ path }) => path === '/data/user/age'),
    JSON.stringify(problem.errors),
  )
  assert.equal((await api.all('/events')).length, 1)
  const broken = { name: 'x.y', description: '', schema: { type: 'nonsense' } }
  await api.refused(422, 'schema_refused', 'POST', '/event-types', { body: broken })
  await api.call('PATCH', '/event-types/user.aged', { body: { archived: true }, status: 200 })
  const again = { event_type: 'user.aged', data: { user: { age: 3 } } }
  await api.refused(422, 'event_type_archived', 'POST', '/events', { body: again })
  assert.equal((await api.get<Listed<unknown>>('/event-types')).data.length, 1)
  await api.call('DELETE', '/event-types/user.aged', { status: 204 })
  await api.refused(404, 'not_found', 'GET', '/event-types/user.aged')
  await publish(api, bad)
})
