/** Two tenants that have one of everything each; what is the other's has a word in it by which it is known. */
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { cookieOf, type Desk, OWN_PAGE, openDesk } from './console.ts'

/** Stands in every name, payload and text of the other tenant. */
export const MARK = 'zebra'
export const PORTAL_PAGE = { 'posthorn-console': 'portal', 'sec-fetch-site': 'same-origin' }

/** Ids of a tenant's things. */
export interface Things {
  readonly tenant: string
  readonly key: string
  readonly keyId: string
  readonly subscription: string
  readonly type: string
  readonly event: string
  readonly delivery: string
  /** That of the inbound event, headers and all. */
  readonly forwarded: string
  readonly source: string
  readonly request: string
  /** Brought by the request. */
  readonly inbound: string
  readonly replay: string
  readonly bulk: string
  readonly rule: string
}

/** Who asks. */
export interface Caller {
  readonly name: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Scene {
  readonly desk: Desk
  readonly mine: Things
  readonly other: Things
  readonly callers: readonly Caller[]
}

export async function openScene(t: TestContext): Promise<Scene> {
  const desk = await openDesk(t)
  await desk.instance.engine.start()
  const { url } = await desk.server.listen({ host: '127.0.0.1', port: 0 })
  t.after(() => desk.server.close())
  const mine = await furnish(desk, url, 'horse')
  const other = await furnish(desk, url, MARK)
  const callers: Caller[] = [
    { name: 'a key', headers: { authorization: `Bearer ${mine.key}` } },
    { name: 'a session', headers: { ...OWN_PAGE, cookie: await desk.signIn(mine.key) } },
  ]
  for (const scope of ['view', 'manage'])
    callers.push({ name: `the portal, ${scope}`, headers: await portal(desk, mine, scope) })
  return { desk, mine, other, callers }
}

async function portal(desk: Desk, { tenant, key }: Things, scope: string): Promise<Record<string, string>> {
  const made = await desk.keyed('POST', '/portal-sessions', { tenant, scope, user: `${tenant} user` }, key)
  const { pathname, search } = new URL(made.json<{ url: string }>().url)
  const entered = await desk.ask('GET', `root:${pathname}${search}`)
  assert.equal(entered.statusCode, 303, entered.body)
  return { ...PORTAL_PAGE, cookie: cookieOf(entered) }
}

async function furnish(desk: Desk, url: string, word: string): Promise<Things> {
  const { key, keyId } = await desk.tenant(word)
  const make = async (path: string, body: unknown): Promise<Record<string, string>> => {
    const answer = await desk.keyed('POST', path, body, key)
    assert.ok(answer.statusCode < 300, `${path}: ${answer.body}`)
    return answer.json<Record<string, string>>()
  }
  const list = async (path: string) =>
    (await desk.keyed('GET', path, undefined, key)).json<{ data: Array<Record<string, string>> }>().data
  const once = { base_s: 1, factor: 1, max_s: 1, attempts: 1 }
  // Nobody listens there: the only attempt fails at once.
  const headers = { 'x-partner': secretsOf(word).header }
  const target = { url: `http://127.0.0.1:9/${word}`, events: [`${word}.*`], retry: once, headers }
  const { id: subscription = '' } = await make('/subscriptions', { ...target, name: word })
  const { name: type = '' } = await make('/event-types', { name: `${word}.made`, description: word })
  const { event_id: event = '' } = await make('/events', { event_type: type, data: { word } })
  const { token } = secretsOf(word)
  const settings = { slug: `${word}-shop`, provider: 'gitlab-token', secrets: [token] }
  const { id: source = '', ingest_url = '' } = await make('/sources', settings)
  const forward = { name: 'forward', url: target.url, events: ['*'], source, format: 'received', retry: once }
  const { id: forwarding = '' } = await make('/subscriptions', forward)
  // Over a socket: what comes in is read from it.
  const sent = await fetch(url + new URL(ingest_url).pathname, {
    method: 'POST',
    headers: { 'x-gitlab-token': token, 'x-gitlab-event': 'Push Hook', 'x-gitlab-event-uuid': word },
    body: JSON.stringify({ object_kind: 'push', word }),
  })
  assert.equal(sent.status, 200, await sent.text())
  const [request] = await list(`/sources/${source}/requests`)
  const [inbound] = await list(`/events?source=${source}`)
  await dead(desk, key, subscription)
  await dead(desk, key, forwarding)
  const { replay_id: replay = '' } = await make(`/subscriptions/${subscription}/replay`, { since: LONG_AGO })
  const { bulk_id: bulk = '' } = await make('/deliveries/bulk', { action: 'drop', ids: [`dlv_${word}`] })
  const when = { kind: 'dead_letters', above: 0, subscription_id: subscription }
  const { id: rule = '' } = await make('/alert-rules', { name: word, when, emails: [`${word}@example.com`] })
  const [one] = await list(`/deliveries?subscription_id=${subscription}`)
  const [forwarded] = await list(`/deliveries?subscription_id=${forwarding}`)
  assert.ok(request?.id && inbound?.event_id && one?.id && forwarded?.id, `${word} lacks something`)
  return {
    ...{ tenant: word, key, keyId, subscription, type, event, delivery: one.id, source },
    forwarded: forwarded.id,
    ...{ request: request.id, inbound: inbound.event_id, replay, bulk, rule },
  }
}

/** What a tenant has told Posthorn and nobody who only looks is told. */
export function secretsOf(word: string): { readonly header: string; readonly token: string } {
  return { header: `${word}-header-0123456789`, token: `${word}-secret-text-0123456789` }
}

const LONG_AGO = '2020-01-01T00:00:00Z'

async function dead(desk: Desk, key: string, subscription: string): Promise<void> {
  const path = `/deliveries?state=dead&subscription_id=${subscription}`
  for (let round = 0; round < 2000; round += 1) {
    const answer = await desk.keyed('GET', path, undefined, key)
    if (answer.json<{ data: unknown[] }>().data.length > 0) return
    await desk.clock.advance(100)
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.fail('no delivery has died')
}
