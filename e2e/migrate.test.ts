/** From SQLite to PostgreSQL with `posthorn migrate --from`, as an operator does it: everything is there and goes on. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import pg from 'pg'
import { findPostgres } from '../test/servers/postgres.ts'
import type { Server } from '../test/servers/server.ts'
import type { Api } from './support/api.ts'
import { GITHUB_SECRET, githubHeaders, type Inbound, type Source, send } from './support/inbound.ts'
import { LOOPBACK, Run, ServerProcess, startServer } from './support/server.ts'
import type { CreatedSubscription, Delivery, Listed, Published } from './support/shapes.ts'
import { startTarget, type Target } from './support/targets.ts'
import { until, within } from './support/until.ts'
import { foreignVerifier } from './support/verifiers.ts'

let database: Server
let client: pg.Client
let made = 0

before(
  async () => {
    database = await findPostgres()
    client = new pg.Client({ connectionString: database.url })
    await client.connect()
  },
  { timeout: 240_000 },
)
after(async () => {
  await client.end()
  await database.stop()
})

/** An embedded store with a history, a backlog and a source, and what came to the target. */
interface Old {
  readonly server: ServerProcess
  readonly target: Target
  readonly schema: string
  readonly subscriptions: readonly CreatedSubscription[]
  readonly publishKey: string
  readonly githubId: string
}

const EVENTS = 30
/** What stands in the URLs of sources must not be the port. */
const FLAGS = [...LOOPBACK, '--public-url', 'https://posthorn.test']

/** `ok` is delivered, `down` is tried again for ever, `bad` gives up at once. */
async function fill(t: TestContext): Promise<Old> {
  const target = await startTarget({
    answer: ({ path }) => ({
      status: path === '/ok' ? 200 : path === '/down' ? 503 : 400,
      body: `answer to ${path}`,
    }),
  })
  const server = await startServer({ flags: FLAGS })
  const schema = `move_${process.pid}_${++made}`
  t.after(async () => {
    await server.dispose()
    await target.close()
    await client.query(`drop schema if exists ${schema} cascade`)
  })
  const { api } = server
  const subscriptions: CreatedSubscription[] = []
  for (const name of ['ok', 'down', 'bad'])
    subscriptions.push(
      await api.post<CreatedSubscription>(
        '/subscriptions',
        {
          ...{ name, url: target.urlFor('127.0.0.1', `/${name}`), events: ['*'] },
          ...{ retry: Array<number>(20).fill(1), on_client_error: 'drop' },
        },
        201,
      ),
    )
  const github = { slug: 'github', provider: 'github', secrets: [GITHUB_SECRET] }
  const { id: githubId } = await api.post<Source>('/sources', github, 201)
  const { key: publishKey } = await api.post<{ key: string }>(
    '/keys',
    { name: 'shop', scope: 'publish' },
    201,
  )
  for (let number = 0; number < EVENTS; number += 1) await publish(api, number)
  for (const id of ['first', 'second', 'first']) await sendGithub(server, githubId, id, GITHUB_SECRET)
  await sendGithub(server, githubId, 'forged', 'a secret that is of somebody else')
  await until('the backlog to be tried', async () => {
    const all = await api.all<Delivery>('/deliveries')
    const in3 = (state: string) => all.filter((one) => one.state === state).length
    return in3('delivered') === EVENTS && in3('dead') === EVENTS && all.every(({ attempts }) => attempts > 0)
  })
  await until('the refused request', async () => (await requestsOf(api)).length === 4)
  await useConsole(api)
  return { server, target, schema, subscriptions, publishKey, githubId }
}

/** What people do there: a rule, and a dead letter that is dropped in a bulk. */
async function useConsole(api: Api): Promise<void> {
  const rule = { name: 'Dead letters', when: { kind: 'dead_letters', above: 1_000_000 } }
  await api.post('/alert-rules', rule, 201)
  const [dead] = await api.all<Delivery>('/deliveries?state=dead')
  const order = { action: 'drop', ids: [dead?.id] }
  const { bulk_id: id } = await api.post<{ bulk_id: string }>('/deliveries/bulk', order, 202)
  await until(
    'the end of the bulk',
    async () => (await api.get<{ state: string }>(`/deliveries/bulk/${id}`)).state === 'done',
  )
}

function publish(api: Api, number: number): Promise<Published> {
  return api
    .call<Published>('POST', '/events', {
      body: { event_type: 'order.paid', event_id: `order-${number}`, data: { number, text: 'Grüße 👋' } },
    })
    .then(({ body }) => body)
}

async function sendGithub(
  server: ServerProcess,
  sourceId: string,
  id: string,
  secret: string,
): Promise<number> {
  const body = JSON.stringify({ ref: id })
  const headers = await githubHeaders(secret === GITHUB_SECRET ? body : `${body} `, id)
  return (await send(`${server.url}/in/${sourceId}`, { headers, body })).status
}

async function requestsOf(api: Api): Promise<readonly Inbound[]> {
  return (await api.get<Listed<Inbound>>('/sources/github/requests')).data
}

/** All lists of the API, and one of each by itself. `down` goes on being tried, until it is stopped. */
async function shown(api: Api): Promise<Record<string, unknown>> {
  const lists: Record<string, unknown> = {}
  for (const path of [
    '/events',
    '/deliveries',
    '/subscriptions',
    '/sources',
    '/event-types',
    '/keys',
    '/tenants',
    '/audit',
    '/alert-rules',
    '/deliveries/bulk',
  ])
    lists[path] = await api.all(path)
  for (const { id } of lists['/deliveries/bulk'] as Array<{ id: string }>)
    lists[id] = await api.all(`/deliveries/bulk/${id}/items`)
  const { series } = await api.get<{ series: Array<{ events: number }> }>('/overview?window_s=86400')
  lists['counted events'] = series.reduce((sum, { events }) => sum + events, 0)
  for (const { id } of lists['/deliveries'] as Delivery[])
    lists[id] = await api.get(`/deliveries/${id}/attempts`)
  for (const { id } of await requestsOf(api)) lists[id] = await api.get(`/sources/github/requests/${id}`)
  lists['/events/order-3'] = await api.get('/events/order-3')
  return lists
}

function migrate(t: TestContext, { server, schema }: Old, ...flags: readonly string[]): Run {
  const place = ['--from', server.dataDir, '--to', database.url, '--database-schema', schema]
  const run = new Run(['migrate', ...place, ...flags])
  t.after(async () => {
    run.kill('SIGKILL')
    await run.exited
  })
  return run
}

/** A server on the PostgreSQL, with the key that the old one has made for itself. */
function onPostgres(t: TestContext, { server, schema }: Old): ServerProcess {
  const key = readFileSync(join(server.dataDir, 'secret.key'), 'utf8').trim()
  const place = ['--database-url', database.url, '--database-schema', schema, '--secret-key', key]
  const moved = new ServerProcess({ flags: [...FLAGS, ...place] })
  t.after(() => moved.dispose())
  return moved
}

/** No attempts while lists are compared: all subscriptions but none of their deliveries are stopped. */
async function halt({ server, subscriptions }: Old): Promise<void> {
  for (const { id } of subscriptions)
    await server.api.call('PATCH', `/subscriptions/${id}`, { body: { active: false }, status: 200 })
  await until('the attempts to end', async () => {
    const before = await server.api.get('/deliveries?state=pending')
    return JSON.stringify(before) === JSON.stringify(await server.api.get('/deliveries?state=pending'))
  })
}

async function ended(run: Run, code: number): Promise<void> {
  const exit = await within('the end of the migrate', run.exited, 60_000)
  assert.equal(exit.code, code, run.stdout + run.stderr)
}

test('everything that the API shows is the same afterwards, and everything goes on', {
  timeout: 180_000,
}, async (t) => {
  const old = await fill(t)
  const { server, target, subscriptions } = old
  await ended(migrate(t, old), 75)
  await halt(old)
  const wanted = await shown(server.api)
  assert.equal(wanted['counted events'], EVENTS + 2)
  await server.kill('SIGTERM')
  const run = migrate(t, old)
  await ended(run, 0)
  assert.match(run.stdout, new RegExp(`${EVENTS + 2}  events`))
  assert.match(run.stdout, /POSTHORN_SECRET_KEY="\$\(cat .*secret\.key\)"/)
  const key = readFileSync(join(server.dataDir, 'secret.key'), 'utf8').trim()
  assert.ok(!`${run.stdout}${run.stderr}`.includes(key), 'the secret key was shown')

  await refusedToStart(server, /--unmark/)
  const moved = await onPostgres(t, old).start()
  assert.deepEqual(await shown(moved.api), wanted)
  assert.equal((await publish(moved.apiAs(old.publishKey), 3)).duplicate, true)
  assert.equal(await sendGithub(moved, old.githubId, 'first', GITHUB_SECRET), 200)
  await until('the repeated request', async () => (await requestsOf(moved.api)).length === 5)
  assert.deepEqual((await requestsOf(moved.api))[0]?.verdict, 'duplicate')

  const already = target.requests.length
  target.answer({ status: 200 })
  for (const { id } of subscriptions)
    await moved.api.call('PATCH', `/subscriptions/${id}`, { body: { active: true }, status: 200 })
  await until(
    'what was pending',
    async () => {
      const pending = await moved.api.get<Listed<Delivery>>('/deliveries?state=pending')
      return pending.data.length === 0
    },
    { timeoutMs: 60_000 },
  )
  const late = target.requests.slice(already)
  assert.deepEqual(
    late.map(({ path }) => path),
    Array(EVENTS).fill('/down'),
  )
  const verify = foreignVerifier(subscriptions[1] as CreatedSubscription)
  for (const request of late) await verify(request)
})

async function refusedToStart(server: ServerProcess, says: RegExp): Promise<void> {
  const run = server.launch()
  const { code } = await within('the refusal', run.exited, 30_000)
  assert.equal(code, 65, run.stderr)
  assert.match(run.stderr, says)
}

test('killed in the middle: nothing is served from half a copy, and it begins anew', {
  timeout: 180_000,
}, async (t) => {
  const old = await fill(t)
  await halt(old)
  const wanted = await shown(old.server.api)
  await old.server.kill('SIGTERM')
  const tables = new Run(['migrate', '--database-url', database.url, '--database-schema', old.schema])
  await ended(tables, 0)
  await client.query('select pg_advisory_lock(4711)')
  await client.query(`create function ${old.schema}.wait() returns trigger language plpgsql as
    $$ begin perform pg_advisory_xact_lock(4711); return null; end $$`)
  await client.query(
    `create trigger wait before insert on ${old.schema}.requests execute function ${old.schema}.wait()`,
  )
  const run = migrate(t, old)
  await until(
    'the copy to be at the requests',
    async () => {
      const { rows } = await client.query(
        `select 1 from pg_stat_activity where wait_event = 'advisory' and query like '%${old.schema}.requests%'`,
      )
      return rows.length > 0
    },
    { timeoutMs: 60_000 },
  )
  run.kill('SIGKILL')
  await run.exited
  await refusedToStart(onPostgres(t, old), /run it again/)
  await client.query('select pg_advisory_unlock(4711)')
  await client.query(`drop trigger wait on ${old.schema}.requests`)

  // Until it has ended the old one is whole, and can be used.
  await old.server.start()
  assert.deepEqual(await shown(old.server.api), wanted)
  await old.server.kill('SIGTERM')
  const again = migrate(t, old, '--json')
  await ended(again, 0)
  const told = JSON.parse(again.stdout) as { rows: Record<string, number>; moved_before: boolean }
  assert.deepEqual([told.rows.events, told.rows.inbound_requests, told.moved_before], [EVENTS + 2, 4, false])
  const moved = await onPostgres(t, old).start()
  assert.deepEqual(await shown(moved.api), wanted)
})

test('with another secret key nothing is copied; the mark is taken away by --unmark', {
  timeout: 120_000,
}, async (t) => {
  const old = await fill(t)
  await old.server.kill('SIGKILL')
  const wrong = migrate(t, old, '--secret-key', 'a secret key that is another one')
  await ended(wrong, 78)
  assert.match(wrong.stderr, /sealed with the secret key/)
  await ended(migrate(t, old), 0)
  await ended(migrate(t, old), 1)
  const unmark = new Run(['migrate', '--from', old.server.dataDir, '--unmark'])
  await ended(unmark, 0)
  assert.match(unmark.stdout, /can be served again/)
  await old.server.start()
})
