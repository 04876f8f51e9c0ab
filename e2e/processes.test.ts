/** Several processes on one PostgreSQL, from outside: two that accept, two that deliver. */
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { findPostgres } from '../test/servers/postgres.ts'
import type { Server } from '../test/servers/server.ts'
import { Cluster } from './support/cluster.ts'
import type { ServerProcess } from './support/server.ts'
import type { CreatedSubscription, Delivery, Published } from './support/shapes.ts'
import { answers, arrived, startTarget, type Target } from './support/targets.ts'
import { until, within } from './support/until.ts'
import { foreignVerifier } from './support/verifiers.ts'

const EVENTS = 300
const A_SECOND = { timeoutMs: 1_000 }
const BOUNDED = { timeout: 60_000 }

let database: Server

// A machine without a PostgreSQL has one installed, which takes its time.
before(
  async () => {
    database = await findPostgres()
  },
  { timeout: 240_000 },
)
after(() => database.stop())

async function open(t: TestContext): Promise<{ cluster: Cluster; target: Target }> {
  const target = await startTarget()
  t.after(() => target.close())
  const cluster = await Cluster.open(database)
  t.after(() => cluster.dispose())
  return { cluster, target }
}

async function subscribe(
  server: ServerProcess,
  url: string,
  more: object = {},
): Promise<CreatedSubscription> {
  return server.api.post<CreatedSubscription>(
    '/subscriptions',
    { name: 's', url, events: ['*'], ...more },
    201,
  )
}

async function publish(server: ServerProcess, type = 'a.b', id?: string): Promise<Published> {
  const event = { event_type: type, data: { a: 1 }, ...(id === undefined ? {} : { event_id: id }) }
  return server.api.post<Published>('/events', event, 202)
}

/** Waits until the delivery of an event is delivered. */
async function delivered(server: ServerProcess, eventId: string): Promise<Delivery> {
  const rows = await until(`the event ${eventId} to be delivered`, async () => {
    const found = await server.api.all<Delivery>(`/events/${eventId}/deliveries`)
    return found.length > 0 && found.every(({ state }) => state === 'delivered') && found
  })
  return rows[0] as Delivery
}

test('two that accept, two that deliver: every event once, whoever took it', BOUNDED, async (t) => {
  const { cluster, target } = await open(t)
  const [one, two] = (await cluster.startAll('api', 'api', 'worker', 'worker')) as [
    ServerProcess,
    ServerProcess,
  ]
  await subscribe(one, target.url, { max_in_flight: 20 })
  await until(
    'the other one to know the subscription',
    async () => (await publish(two)).deliveries === 1,
    A_SECOND,
  )
  target.requests.length = 0
  const published = Array.from({ length: EVENTS }, (_, at) =>
    publish(at % 2 === 0 ? one : two, 'a.b', `e-${at}`),
  )
  for (const { deliveries } of await Promise.all(published)) assert.equal(deliveries, 1)
  const again = await publish(two, 'a.b', 'e-0')
  assert.equal(again.duplicate, true)
  await until('all of them to be delivered', async () => {
    const { data } = await one.api.get<{ data: unknown[] }>('/deliveries?state=pending')
    return data.length === 0
  })
  const ids = target.requests
    .map((request) => request.header('webhook-id'))
    .filter((id) => id?.startsWith('e-'))
  assert.deepEqual([ids.length, new Set(ids).size], [EVENTS, EVENTS])
  const deliveries = await two.api.all<Delivery>('/deliveries')
  for (const { state, attempts } of deliveries) assert.deepEqual([state, attempts], ['delivered', 1])
  // Both have worked.
  const leases = await cluster.query<{ role: string }>('select role from {schema}.processes')
  assert.deepEqual(leases.map(({ role }) => role).sort(), ['api', 'api', 'worker', 'worker'])
})

test('what one process changes the others use within a second', BOUNDED, async (t) => {
  const { cluster, target } = await open(t)
  const [one, two] = (await cluster.startAll('api', 'api', 'worker')) as [ServerProcess, ServerProcess]
  const keys = await one.api.post<{ id: string; key: string }>('/keys', { name: 'k', scope: 'publish' }, 201)
  const mine = two.apiAs(keys.key)
  await mine.post('/events', { event_type: 'a.b', data: 1 }, 202)
  const { id } = await subscribe(one, target.url)
  await until('the subscription to be used', async () => (await publish(two)).deliveries === 1, A_SECOND)

  const { signing_secret } = await one.api.post<{ signing_secret: string }>(
    `/subscriptions/${id}/rotate-secret`,
    { overlap_s: 0 },
    200,
  )
  const subscription = await one.api.get<CreatedSubscription>(`/subscriptions/${id}`)
  const verify = foreignVerifier({ ...subscription, signing_secret })
  await until(
    'the new secret to sign',
    async () => {
      const { event_id } = await publish(two)
      await delivered(two, event_id)
      const request = target.requests.find((sent) => sent.header('webhook-id') === event_id) ?? assert.fail()
      return Promise.resolve(verify(request)).then(
        () => true,
        () => false,
      )
    },
    A_SECOND,
  )

  await one.api.call('DELETE', `/keys/${keys.id}`, { status: 200 })
  await until(
    'the key to be refused',
    async () => (await mine.call('POST', '/events', { body: { event_type: 'a.b', data: 1 } })).status === 401,
    A_SECOND,
  )

  await two.api.post(`/subscriptions/${id}/disable`, undefined, 200)
  await until('nobody to be matched', async () => (await publish(one)).deliveries === 0, A_SECOND)
})

test('a worker that is killed loses nothing: another one takes up what it had begun', BOUNDED, async (t) => {
  const { cluster, target } = await open(t)
  const margin = ['--lease-margin-ms', '1000']
  const api = await cluster.start('api', margin)
  const [first, second] = [await cluster.start('worker', margin), cluster.make('worker', margin)]
  await subscribe(api, target.url, { timeout_ms: 1000, max_in_flight: 8 })
  target.answer(answers.hang())
  const published = await Promise.all(Array.from({ length: 4 }, () => publish(api)))
  await arrived(target, 4)
  await first.kill('SIGKILL')
  target.answer({})
  await second.start()
  for (const { event_id } of published) {
    const { attempts } = await delivered(api, event_id)
    assert.equal(attempts, 1, 'what nobody saw the end of counts for nothing')
  }
  assert.equal(target.requests.length, 8, 'each once more, and no more')
})

test(
  'SIGTERM: a worker ends what it has begun, takes nothing new, and leaves the rest to others',
  BOUNDED,
  async (t) => {
    const { cluster, target } = await open(t)
    const [api, worker] = (await cluster.startAll('api', 'worker')) as [ServerProcess, ServerProcess]
    const gate = Promise.withResolvers<void>()
    target.answer({ after: gate.promise })
    await subscribe(api, target.url, { max_in_flight: 3 })
    const published = await Promise.all(Array.from({ length: 9 }, () => publish(api)))
    await arrived(target, 3)
    worker.run.kill('SIGTERM')
    await until('the worker to take no more requests', () =>
      fetch(`${worker.url}/healthz`).then(
        ({ status }) => status === 503,
        () => true,
      ),
    )
    gate.resolve()
    assert.deepEqual(await within('the end of the worker', worker.run.exited), { code: 0, signal: null })
    assert.equal(target.requests.length, 3, worker.run.stderr)
    const other = await cluster.start('worker', ['--drain-ms', '200'])
    for (const { event_id } of published) assert.equal((await delivered(api, event_id)).attempts, 1)
    assert.equal(target.requests.length, 9)

    // An attempt that outlives the drain is cut off, counts for nothing, and another worker makes it at once.
    target.answerNext(answers.hang())
    const { event_id } = await publish(api)
    await arrived(target, 10)
    const third = await cluster.start('worker')
    assert.deepEqual(await other.kill('SIGTERM'), { code: 0, signal: null })
    assert.equal((await delivered(api, event_id)).attempts, 1)
    assert.equal(target.requests.length, 11)

    // An API process ends like that too, and accepts nothing on its way.
    assert.deepEqual(await api.kill('SIGTERM'), { code: 0, signal: null })
    assert.deepEqual(await third.kill('SIGTERM'), { code: 0, signal: null })
    assert.deepEqual(await cluster.query('select from {schema}.processes'), [])
  },
)

test('/readyz is red while the database is away or says nothing, and green after', BOUNDED, async (t) => {
  const { cluster, target } = await open(t)
  const servers = await cluster.startAll('all', 'api', 'worker')
  const [, api] = servers as [ServerProcess, ServerProcess]
  await subscribe(api, target.url)
  const answersOf = async () =>
    Promise.all(
      servers.map(async ({ url }) => {
        const response = await fetch(`${url}/readyz`)
        return { status: response.status, ...((await response.json()) as { reasons: string[] }) }
      }),
    )
  const all = (status: number) => async () => (await answersOf()).every((answer) => answer.status === status)
  await until('all to be ready', all(200))

  await cluster.way.shut()
  await until('all to be red', all(503))
  for (const { reasons } of await answersOf()) assert.match(reasons.join(), /store/i)
  const refused = await api.api.call('POST', '/events', { body: { event_type: 'a.b', data: 1 } })
  assert.equal(refused.status, 503)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  await cluster.way.open()
  await until('all to be green', all(200))

  cluster.way.swallow()
  await until('all to be red again', all(503), { timeoutMs: 30_000 })
  await cluster.way.shut()
  await cluster.way.open()
  await until('all to be green again', all(200))
  await delivered(api, (await publish(api)).event_id)
})
