/** The API on the real engine and a real SQLite file, asked by the typed client over a socket. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createApiServer } from '../../src/api/server.ts'
import { createClient, type PosthornClient, publishJson } from '../../src/client/client.ts'
import { PosthornApiError } from '../../src/client/error.ts'
import { openInstance } from '../../src/instance/instance.ts'
import { systemClock } from '../../src/system/clock.ts'
import { SystemRandom } from '../../src/system/random.ts'
import { Recorder } from '../../src/testing/recorder.ts'
import { startTarget } from '../../src/testing/target.ts'

const ADMIN_KEY = 'an-admin-key-of-the-tests-0123456789'

async function start(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-api-'))
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const telemetry = new Recorder()
  const instance = await openInstance({
    ...{ dataDir, logger, telemetry, adminKey: ADMIN_KEY, storeThread: false, drainMs: 0 },
    ...{ allowHttp: true, allowNetworks: ['127.0.0.0/8'] },
  })
  await instance.engine.start()
  const server = createApiServer({
    ...{
      useCases: instance.engine,
      clock: systemClock,
      random: new SystemRandom(),
      logger,
      version: '1.2.3',
    },
    metrics: () => instance.metrics.scrape(),
  })
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 })
  t.after(async () => {
    await server.close()
    await instance.close()
    await rm(dataDir, { recursive: true })
  })
  const connect = (key: string, tenant?: string) => createClient({ baseUrl: url, key, tenant })
  return { url, telemetry, connect, admin: connect(ADMIN_KEY) }
}

async function refused(call: Promise<unknown>): Promise<PosthornApiError> {
  const outcome = await call.catch((error: unknown) => error)
  assert.ok(outcome instanceof PosthornApiError, `it was not refused: ${JSON.stringify(outcome)}`)
  return outcome
}

function subscribe(client: PosthornClient, url: string, more: object = {}) {
  return client.call('createSubscription', { body: { name: 'A', url, events: ['user.*'], ...more } })
}

test('from a subscription to its attempts, byte for byte', async (t) => {
  const { admin, telemetry } = await start(t)
  const target = await startTarget({ answer: { status: 200, body: 'thanks' } })
  t.after(() => target.close())
  const created = await subscribe(admin, target.url, { format: 'raw' })
  assert.match(created.signing_secret, /^whsec_/)
  const data = '{ "price":1.0,"big":12345678901234567890,"__proto__":{"x":1} }'
  const published = await admin.call('publishEvent', {
    json: publishJson({ event_type: 'user.created' }, data),
  })
  assert.deepEqual([published.deliveries, published.duplicate], [1, false])
  await telemetry.next('delivery.finished')
  assert.equal(Buffer.from(target.requests[0]?.body ?? []).toString(), data)

  const { data: feed } = await admin.call('listSubscriptionDeliveries', { params: { id: created.id } })
  assert.deepEqual(
    feed.map(({ state, event_id }) => [state, event_id]),
    [['delivered', published.event_id]],
  )
  const id = feed[0]?.id ?? ''
  const { data: attempts } = await admin.call('listAttempts', { params: { id } })
  assert.deepEqual(
    attempts.map((one) => [one.outcome, one.status_code, one.response_body, one.error]),
    [['success', 200, 'thanks', null]],
  )
  const event = await admin.call('getEvent', { params: { id: published.event_id } })
  assert.equal(event.data_bytes, data.length)
  const stats = await admin.call('getSubscriptionStats', { params: { id: created.id } })
  assert.deepEqual([stats.attempts, stats.succeeded, stats.pending], [1, 1, 0])

  const tested = await admin.call('testSubscription', { params: { id: created.id } })
  assert.deepEqual([tested.success, tested.status_code, tested.response_body], [true, 200, 'thanks'])
  const revived = await admin.call('retryDelivery', { params: { id } })
  assert.equal(revived.state, 'pending')
  await telemetry.next(
    'delivery.finished',
    ({ deliveryId, attempts: count }) => deliveryId === id && count === 2,
  )
  assert.equal((await refused(admin.call('cancelDelivery', { params: { id } }))).code, 'state_conflict')
  assert.match(await admin.call('metrics'), /^# (HELP|TYPE) /m)
  assert.equal((await admin.call('readiness')).ready, true)
})

test('the same id again, and with other content', async (t) => {
  const { admin } = await start(t)
  const body = { event_type: 'user.created', data: { a: 1 }, event_id: 'order-1' }
  const first = await admin.call('publishEvent', { body })
  const again = await admin.call('publishEvent', { body })
  assert.deepEqual([first.duplicate, again.duplicate, again.event_id], [false, true, 'order-1'])
  const other = await refused(admin.call('publishEvent', { body: { ...body, data: { a: 2 } } }))
  assert.deepEqual([other.status, other.code], [409, 'event_conflict'])
  const { results } = await admin.call('publishEvents', {
    body: {
      events: [
        body,
        { ...body, data: 3 },
        { event_type: 'odd type!', data: 1 },
        { event_type: 'user.x', data: 4 },
      ],
    },
  })
  const codes = results.map((result) =>
    'code' in result ? [result.code, result.errors[0]?.path] : [result.duplicate],
  )
  assert.deepEqual(codes[0], [true])
  assert.equal(codes[1]?.[0], 'event_conflict')
  assert.deepEqual(codes[2], ['invalid_request', '/events/2/event_type'])
  assert.deepEqual(codes[3], [false])
})

test('what the engine refuses is named by its place on the wire', async (t) => {
  const { admin } = await start(t)
  const cases: Array<[Promise<unknown>, number, string, string]> = [
    [subscribe(admin, 'http://10.0.0.1/'), 422, 'url_refused', '/url'],
    [subscribe(admin, 'https://user:pw@example.com/'), 422, 'url_refused', '/url'],
    [subscribe(admin, 'https://example.com/\r\nx'), 422, 'url_refused', '/url'],
    [
      subscribe(admin, 'https://example.com/', { headers: { Host: 'x' } }),
      422,
      'header_refused',
      '/headers/Host',
    ],
    [
      subscribe(admin, 'https://example.com/', { headers: { 'x-a': 'b\r\nc: d' } }),
      422,
      'header_refused',
      '/headers/x-a',
    ],
    [subscribe(admin, 'https://example.com/', { events: ['us*er'] }), 400, 'invalid_request', '/events/0'],
    [
      subscribe(admin, 'https://example.com/', { signing_secret: 'whsec_' }),
      422,
      'secret_refused',
      '/signing_secret',
    ],
    [
      admin.call('publishEvent', { body: { event_type: 'user..x', data: 1 } }),
      400,
      'invalid_request',
      '/event_type',
    ],
    [
      admin.call('publishEvent', { body: { event_type: 'a.b', data: 1, event_id: 'a.b' } }),
      400,
      'invalid_request',
      '/event_id',
    ],
    [admin.call('createEventType', { body: { name: 'a b' } }), 400, 'invalid_request', '/name'],
    [
      admin.call('createEventType', { body: { name: 'a.b', schema: { type: 'nonsense' } } }),
      422,
      'schema_refused',
      '/schema',
    ],
  ]
  for (const [call, status, code, path] of cases) {
    const error = await refused(call)
    assert.deepEqual([error.status, error.code], [status, code], error.message)
    assert.ok(
      error.errors[0]?.path.startsWith(path),
      `${path}: ${JSON.stringify(error.errors)} ${error.detail}`,
    )
  }
})

test('an event that does not fit its schema is refused with the path into its data', async (t) => {
  const { admin } = await start(t)
  const schema = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
  await admin.call('createEventType', { body: { name: 'user.created', schema } })
  const error = await refused(
    admin.call('publishEvent', { body: { event_type: 'user.created', data: { id: 'x' } } }),
  )
  assert.deepEqual([error.status, error.code], [422, 'schema_mismatch'])
  assert.match(JSON.stringify(error.errors), /\/data\/id/)
  const { data } = await admin.call('listEventTypes')
  assert.deepEqual(
    data.map(({ name }) => name),
    ['user.created'],
  )
})

test('a cursor goes on where the page ended, and only in its own list', async (t) => {
  const { admin } = await start(t)
  const events = Array.from({ length: 7 }, (_, index) => ({
    event_type: 'user.x',
    data: index,
    event_id: `e-${index}`,
  }))
  await admin.call('publishEvents', { body: { events } })
  const ids: string[] = []
  for await (const event of admin.each('listEvents', { query: { limit: 3 } })) ids.push(event.event_id)
  assert.deepEqual(
    ids.sort(),
    events.map(({ event_id }) => event_id),
  )
  const { next_cursor: next } = await admin.call('listEvents', { query: { limit: 3 } })
  const cursor = next ?? ''
  const changed = cursor.slice(0, -2) + (cursor.endsWith('A') ? 'BB' : 'AA')
  for (const query of [{ cursor: changed }, { cursor: 'x' }, { cursor, event_type: 'user.*' }])
    assert.equal((await refused(admin.call('listEvents', { query }))).code, 'cursor_invalid')
  assert.equal((await refused(admin.call('listDeliveries', { query: { cursor } }))).code, 'cursor_invalid')
})

test('tenants do not see each other, and a revoked key is refused at once', async (t) => {
  const { admin, connect } = await start(t)
  await admin.call('createTenant', { body: { slug: 'acme' } })
  const forAcme = connect(ADMIN_KEY, 'acme')
  const {
    key,
    id: keyId,
    tenant_id: tenantId,
  } = await forAcme.call('createKey', { body: { name: 'k', scope: 'tenant' } })
  const acme = connect(key)
  const mine = await subscribe(acme, 'https://example.com/')
  const theirs = await subscribe(admin, 'https://example.com/')
  assert.equal((await acme.call('getSubscription', { params: { id: mine.id } })).id, mine.id)
  assert.equal((await refused(acme.call('getSubscription', { params: { id: theirs.id } }))).status, 404)
  assert.deepEqual(
    (await acme.call('listSubscriptions')).data.map(({ id }) => id),
    [mine.id],
  )
  assert.equal((await refused(connect(key, 'default').call('listSubscriptions'))).status, 404)
  assert.equal((await refused(acme.call('listTenants'))).code, 'forbidden')
  assert.ok((await admin.call('listKeys')).data.some((one) => one.id === keyId && one.tenant_id === tenantId))
  await admin.call('revokeKey', { params: { id: keyId } })
  assert.equal((await refused(acme.call('listSubscriptions'))).code, 'unauthorized')
})

test('replays make new deliveries, of one event and of a subscription', async (t) => {
  const { admin, telemetry } = await start(t)
  const target = await startTarget()
  t.after(() => target.close())
  const { event_id: eventId } = await admin.call('publishEvent', { body: { event_type: 'user.x', data: 1 } })
  const { id } = await subscribe(admin, target.url)
  const replayed = await admin.call('replayEvent', { params: { id: eventId }, body: { subscription_id: id } })
  assert.equal(replayed.deliveries, 1)
  await telemetry.next('delivery.finished', ({ deliveryId }) => deliveryId === replayed.delivery_ids[0])
  const since = new Date(systemClock.now() - 60_000).toISOString()
  const body = { since, dry_run: true }
  assert.deepEqual(await admin.call('replaySubscription', { params: { id }, body }), {
    events: 1,
    complete: true,
  })
  const started = await admin.call('replaySubscription', { params: { id }, body: { since } })
  assert.ok('replay_id' in started)
  const replayId = started.replay_id
  await telemetry.next('replay.advanced', ({ done }) => done)
  const replay = await admin.call('getReplay', { params: { id: replayId } })
  assert.deepEqual([replay.state, replay.created], ['done', 1])
  const { data } = await admin.call('listEventDeliveries', { params: { id: eventId } })
  assert.equal(data.length, 2)
  assert.ok(data.some(({ replay_id }) => replay_id === replayId))
})

test('rotation shows the new secret and keeps the old one for a while', async (t) => {
  const { admin } = await start(t)
  const { id, signing_secret: first } = await subscribe(admin, 'https://example.com/', {
    signature: { scheme: 'standard-ed25519' },
  })
  const rotated = await admin.call('rotateSubscriptionSecret', { params: { id }, body: { overlap_s: 60 } })
  assert.notEqual(rotated.signing_secret, first)
  assert.match(rotated.public_key ?? '', /^whpk_/)
  const shown = await admin.call('getSubscription', { params: { id } })
  assert.equal(shown.secrets.length, 2)
  assert.equal(shown.secrets[1]?.expires_at, rotated.previous_expires_at)
  assert.ok(!JSON.stringify(shown).includes('whsk'))
})
