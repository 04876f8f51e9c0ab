/**
 * A company's night, for pictures: most targets answer, one has had a full disk for two hours, one hangs, one is gone;
 * dead letters, alerts, a provider's refused request. It happens at the times it tells of: the server runs with
 * its clock behind (`past.ts`), and is started anew for each part of the night.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import type { Api } from '../../support/api.ts'
import { GITHUB_SECRET, githubHeaders, type Source, send } from '../../support/inbound.ts'
import { LOOPBACK, ServerProcess } from '../../support/server.ts'
import { answers, startTarget, type Target } from '../../support/targets.ts'
import { until } from '../../support/until.ts'
import { countsOfADay } from './night-counts.ts'
import { describeTypes, examplesOf } from './night-events.ts'

export interface Night {
  readonly server: ServerProcess
  readonly target: Target
  /** Ids of subscriptions. */
  readonly full: string
  readonly hanging: string
  readonly billing: string
  readonly paused: string
  /** An event with a delivery that arrived and one that died. */
  readonly event: string
  /** A delivery that is tried again and again. */
  readonly retried: string
  /** A request that was refused. */
  readonly refused: string
  close(): Promise<void>
}

const PAST = fileURLToPath(new URL('past.ts', import.meta.url))
const MINUTE = 60_000
const HOUR = 60 * MINUTE

type Ids = Pick<Night, 'full' | 'hanging' | 'billing' | 'paused'>

/** @param flags beside those that let targets on this machine be called */
export async function setNight(flags: readonly string[] = []): Promise<Night> {
  const dataDir = mkdtempSync(join(tmpdir(), 'posthorn-night-'))
  const json = { 'content-type': 'application/json' }
  const target = await startTarget({ answer: { headers: json, body: '{"ok":true}' } })
  const at = async (agoMs: number) => {
    const within = ['env', `NODE_OPTIONS=--import=${PAST}`, `PAST_MS=${agoMs}`]
    const server = new ServerProcess({ dataDir, flags: [...LOOPBACK, ...flags], within })
    return await server.start()
  }
  const during = async <T>(agoMs: number, act: (api: Api) => Promise<T>): Promise<T> => {
    const server = await at(agoMs)
    const done = await act(server.api)
    await server.kill('SIGTERM')
    return done
  }
  const ids = await during(26 * HOUR, async (api) => {
    await describeTypes(api)
    await people(api)
    return await subscribe(api, target)
  })
  await during(5 * HOUR, (api) => publishSome(api, 3))
  misbehave(target)
  await during(125 * MINUTE, (api) => publishSome(api, 2))
  await during(100 * MINUTE, (api) => alertRules(api))
  const refused = await during(47 * MINUTE, receive)
  await during(31 * MINUTE, (api) => publishSome(api, 3))
  const event = await during(4 * MINUTE, (api) => publishSome(api, 4))
  writeCounts(dataDir, ids)
  const server = await at(0)
  await publishSome(server.api, 1)
  const [late] = await server.api.all<{ id: string }>(
    `/deliveries?subscription_id=${ids.hanging}&state=pending`,
  )
  const close = async () => {
    await server.kill('SIGKILL')
    await target.close()
    rmSync(dataDir, { recursive: true, force: true })
  }
  return { server, target, ...ids, event, refused, retried: late?.id ?? '', close }
}

function misbehave(target: Target): void {
  const headers = { 'content-type': 'application/json', server: 'nginx', 'x-request-id': 'a1f0c9' }
  target.answer(({ path }) => {
    if (path.startsWith('/search'))
      return { status: 503, headers, body: '{"error":"index is read-only: disk is full","free_bytes":0}' }
    if (path.startsWith('/analytics')) return answers.hang()
    if (path.startsWith('/erp')) return { status: 410, body: 'This system was switched off.' }
    if (path.startsWith('/partner'))
      return { status: 401, headers, body: '{"error":"unknown signature version"}' }
    return { headers, body: '{"ok":true}' }
  })
}

async function subscribe(api: Api, { url }: Target): Promise<Ids> {
  const make = async (name: string, path: string, events: string[], more: object = {}) =>
    (await api.post<{ id: string }>('/subscriptions', { name, url: url + path, events, ...more }, 201)).id
  const billing = await make('Billing', 'billing/events', ['invoice.*', 'subscription.*'])
  await make('CRM', 'crm/webhooks', ['user.*', 'invoice.paid', 'ticket.*'])
  await make('Support desk', 'support/in', ['ticket.*'])
  const full = await make('Search index', 'search/update', ['user.*', 'invoice.*'], {
    retry: [],
    description: 'Keeps what people search for up to date.',
    owner_email: 'search@example.com',
  })
  const hanging = await make('Analytics', 'analytics/collect', ['*'], { timeout_ms: 1000 })
  await make('Partner: Northwind', 'partner/northwind', ['invoice.*'], { retry: [1] })
  await make('ERP', 'erp/push', ['invoice.paid'])
  const paused = await make('Old warehouse', 'warehouse', ['*'])
  await api.post(`/subscriptions/${paused}/disable`, undefined, 200)
  return { full, hanging, billing, paused }
}

async function people(api: Api): Promise<void> {
  await api.post('/tenants', { slug: 'acme', name: 'Acme & Söhne' }, 201)
  await api.post('/tenants', { slug: 'globex', name: 'Globex' }, 201)
  await api.forTenant('default').post('/keys', { name: 'Checkout service', scope: 'publish' }, 201)
  await api.forTenant('default').post('/keys', { name: 'Nightly report', scope: 'read' }, 201)
  await api.post('/keys', { name: 'Ada’s laptop', scope: 'admin' }, 201)
}

async function alertRules(api: Api): Promise<void> {
  const make = (body: object) => api.forTenant('default').post('/alert-rules', body, 201)
  await make({
    name: 'Much fails',
    when: { kind: 'failure_rate', above: 20, window_s: 600, min_attempts: 5 },
    emails: ['ops@example.com'],
  })
  await make({ name: 'Dead letters pile up', when: { kind: 'dead_letters', above: 3 } })
  await make({ name: 'Late deliveries', when: { kind: 'oldest_due', above: 600 } })
  await until('an alert is open', async () => (await api.all('/alerts?state=open')).length > 0, {
    timeoutMs: 40_000,
  })
}

/** @returns the id of the last invoice's event, once all targets that answer have answered */
async function publishSome(api: Api, count: number): Promise<string> {
  let event = ''
  for (let round = 0; round < count; round += 1)
    for (const [event_type, data] of examplesOf(round)) {
      const made = await api.post<{ event_id: string }>('/events', { event_type, data }, 202)
      if (event_type === 'invoice.paid') event = made.event_id
    }
  await until('each was attempted', async () => {
    const pending = await api.all<{ attempts: number }>('/deliveries?state=pending')
    return pending.every(({ attempts }) => attempts > 0)
  })
  return event
}

/** @returns the id of a request whose JSON somebody has laid out anew on the way, so that its signature broke */
async function receive(api: Api): Promise<string> {
  const body = {
    slug: 'github',
    provider: 'github',
    secrets: [GITHUB_SECRET],
    description: 'Our repositories',
  }
  const { ingest_url } = await api.post<Source>('/sources', body, 201)
  for (const number of [1, 2, 3]) {
    const pushed = JSON.stringify({ ref: 'refs/heads/main', commits: [{ message: `Change ${number}` }] })
    await send(ingest_url, { headers: await githubHeaders(pushed, `push-${number}`), body: pushed })
  }
  const released = JSON.stringify({ action: 'published', release: { tag_name: 'v1.4.0' } })
  const headers = await githubHeaders(released, 'release-1', 'release')
  await send(ingest_url, { headers, body: `${released}\n` })
  const [request] = await api.all<{ id: string }>('/sources/github/requests?verdict=refused')
  return request?.id ?? ''
}

/** What a day's traffic would have counted: nobody waits for it to happen. */
function writeCounts(dataDir: string, { full, hanging }: Ids): void {
  const store = new DatabaseSync(join(dataDir, 'posthorn.db'))
  const tenant = store.prepare("select id from tenants where name = 'default'").get()
  const put = store.prepare('insert into minutes (tenant_id, minute, run_id, doc) values (?, ?, ?, ?)')
  store.exec('begin')
  const now = Math.floor(Date.now() / MINUTE)
  for (const [ago, count] of countsOfADay({ full, hanging }))
    put.run(String(tenant?.id), now - ago, 'the day', JSON.stringify(count))
  // A server tells since when a target fails once it has run for a minute.
  const failing = store.prepare(
    "update subscriptions set doc = json_set(doc, '$.failingSince', ?) where doc ->> 'name' = ?",
  )
  for (const name of ['Search index', 'Analytics', 'Partner: Northwind'])
    failing.run(Date.now() - 125 * MINUTE, name)
  store.exec('commit')
  store.close()
}
