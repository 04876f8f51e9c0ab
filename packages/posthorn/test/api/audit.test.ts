/** Who changed what: every operation that changes something has its entry, and no entry has a secret. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATIONS, type OperationId } from '../../src/api/contract/operations.ts'
import { ADMIN_KEY, cookieOf, type Desk, OWN_PAGE, openDesk } from './support/console.ts'

interface Entry {
  readonly id: string
  readonly at: string
  readonly tenant_id: string | null
  readonly actor: { readonly kind: string; readonly key_id: string | null; readonly name: string }
  readonly action: string
  readonly object: { readonly kind: string; readonly id: string; readonly name: string }
  readonly changes: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>
  readonly request_id: string | null
  readonly address: string | null
}

type Ids = Record<string, string>

interface Step {
  /** The last word on what this operation does. */
  readonly action: string
  readonly body?: (ids: Ids) => unknown
  /** Name under which the answer's id is kept for the paths of others. */
  readonly keeps?: string
  /** Which kept ids stand in its path. */
  readonly at?: readonly string[]
  /** Made before it. */
  readonly before?: (desk: Desk, ids: Ids) => Promise<void>
}

const CANARY = 'canary-secret-0123456789abcdef'
const HIDDEN = `whsec_${Buffer.from(CANARY).toString('base64')}`
const subscription = {
  name: 'CRM',
  // Nobody listens there: an attempt ends at once.
  url: `http://127.0.0.1:9/in?token=${CANARY}`,
  events: ['user.*'],
  headers: { authorization: `Bearer ${CANARY}` },
  signing_secret: HIDDEN,
}

/** The operations that change something, in an order in which they can be asked for. */
const CHANGING: Partial<Record<OperationId, Step>> = {
  createTenant: { action: 'tenant.created', body: () => ({ slug: 'fresh' }), keeps: 'tenant' },
  updateTenant: { action: 'tenant.updated', body: () => ({ name: 'Fresh' }), at: ['tenant'] },
  deleteTenant: { action: 'tenant.deleted', at: ['tenant'] },
  createKey: { action: 'key.created', body: () => ({ name: 'ci', scope: 'tenant' }), keeps: 'key' },
  revokeKey: { action: 'key.revoked', at: ['key'] },
  createEventType: {
    action: 'event_type.created',
    body: () => ({ name: 'user.made', examples: [{ password: CANARY }] }),
    keeps: 'type',
  },
  updateEventType: { action: 'event_type.updated', body: () => ({ archived: true }), at: ['type'] },
  deleteEventType: { action: 'event_type.deleted', at: ['type'] },
  createSource: {
    action: 'source.created',
    body: () => ({ slug: 'shop', provider: 'standard-webhooks', secrets: [HIDDEN] }),
    keeps: 'source',
  },
  updateSource: {
    action: 'source.updated',
    body: () => ({ secrets: [HIDDEN, `${HIDDEN}AA`] }),
    at: ['source'],
  },
  letThrough: { action: 'source.let_through', body: () => ({ for_s: 60 }), at: ['source'] },
  replayRequest: {
    action: 'request.replayed',
    body: () => ({ unverified: true }),
    at: ['source', 'request'],
    before: async (desk, ids) => {
      // Over a socket: what comes in is read from it.
      const { url } = await desk.server.listen({ host: '127.0.0.1', port: 0 })
      const body = `{"type":"a.b","data":"${CANARY}"}`
      const { status } = await fetch(`${url}/in/${ids.source}`, { method: 'POST', body })
      assert.equal(status, 401)
      const list = await desk.keyed('GET', `/sources/${ids.source}/requests`)
      ids.request = list.json<{ data: Array<{ id: string }> }>().data[0]?.id ?? ''
    },
  },
  deleteSource: { action: 'source.deleted', at: ['source'] },
  createSubscription: { action: 'subscription.created', body: () => subscription, keeps: 'sub' },
  updateSubscription: {
    action: 'subscription.updated',
    body: () => ({ max_in_flight: 3, headers: { authorization: `Bearer ${CANARY}-2` } }),
    at: ['sub'],
  },
  rotateSubscriptionSecret: { action: 'subscription.secret_rotated', at: ['sub'] },
  testSubscription: { action: 'subscription.tested', at: ['sub'] },
  disableSubscription: { action: 'subscription.disabled', at: ['sub'] },
  enableSubscription: { action: 'subscription.enabled', at: ['sub'] },
  replayEvent: {
    action: 'event.replayed',
    at: ['event'],
    before: async (desk, ids) => {
      const deliverAt = new Date(desk.clock.now() + 3_600_000).toISOString()
      const body = { event_type: 'user.made', data: { password: CANARY }, deliver_at: deliverAt }
      const published = await desk.keyed('POST', '/events', body)
      ids.event = published.json<{ event_id: string }>().event_id
      const list = await desk.keyed('GET', `/deliveries?event_id=${ids.event}`)
      ids.delivery = list.json<{ data: Array<{ id: string }> }>().data[0]?.id ?? ''
    },
  },
  cancelDelivery: { action: 'delivery.cancelled', at: ['delivery'] },
  retryDelivery: { action: 'delivery.retried', at: ['delivery'] },
  replaySubscription: {
    action: 'replay.started',
    body: () => ({ since: '2020-01-01T00:00:00Z' }),
    at: ['sub'],
    keeps: 'replay',
  },
  cancelReplay: {
    action: 'replay.cancelled',
    at: ['replay'],
    before: async ({ store }, ids) => {
      // The one that was started is done by now; this one waits for a process that works on it.
      const done = await store.replays.get(null, ids.replay ?? '')
      assert.ok(done !== null)
      const running = {
        ...done.record,
        id: `${done.record.id}-2`,
        state: 'running',
        finishedAt: null,
      } as const
      ids.replay = running.id
      await store.replays.insert(running)
    },
  },
  startBulk: {
    action: 'bulk.started',
    body: () => ({ action: 'drop', ids: ['dlv_none'] }),
    keeps: 'bulk',
  },
  cancelBulk: {
    action: 'bulk.cancelled',
    at: ['bulk'],
    before: async ({ store }, ids) => {
      // The same as with a replay.
      const done = await store.bulks.get(null, ids.bulk ?? '')
      assert.ok(done !== null)
      const running = { ...done.record, id: `${done.record.id}-2`, state: 'running' } as const
      ids.bulk = running.id
      await store.bulks.insert({ ...running, finishedAt: null })
    },
  },
  deleteSubscription: { action: 'subscription.deleted', at: ['sub'] },
  createAlertRule: {
    action: 'alert_rule.created',
    body: () => ({
      name: 'Dead',
      when: { kind: 'dead_letters', above: 3 },
      slack_urls: [`https://127.0.0.1:9/services/${CANARY}`],
    }),
    keeps: 'rule',
  },
  updateAlertRule: { action: 'alert_rule.updated', body: () => ({ hold_s: 5 }), at: ['rule'] },
  deleteAlertRule: { action: 'alert_rule.deleted', at: ['rule'] },
  createPortalSession: { action: 'session.created', body: () => ({ tenant: 'default', scope: 'view' }) },
  createSession: { action: 'session.created', body: () => ({ key: ADMIN_KEY }) },
  deleteCurrentSession: { action: 'session.ended' },
}

/** Those that ask by another method than GET and change nothing that an entry would tell. */
const UNTOLD: Partial<Record<OperationId, string>> = {
  publishEvent: 'the event is its own record, and its path is hot',
  publishEvents: 'as publishEvent',
  verifyRequest: 'only looks',
}

test('each operation that changes something is told, with who did it, and without secrets', async (t) => {
  const desk = await openDesk(t)
  t.after(() => desk.server.close())
  await desk.instance.engine.start()
  const operations = (Object.keys(OPERATIONS) as OperationId[]).filter(
    (id) => !OPERATIONS[id].startsWith('GET '),
  )
  assert.deepEqual(
    operations.filter((id) => CHANGING[id] === undefined && UNTOLD[id] === undefined),
    [],
    'it is in neither table: say here what entry of the audit log it makes',
  )
  const ids: Ids = {}
  let cookie = await desk.signIn(ADMIN_KEY)
  for (const [id, step] of Object.entries(CHANGING)) {
    await desk.clock.advance(1)
    await step.before?.(desk, ids)
    const [method = '', path = ''] = OPERATIONS[id as OperationId].split(' ')
    const named = [...(step.at ?? [])]
    const url = path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(ids[named.shift() ?? ''] ?? ''))
    const body = step.body?.(ids)
    const response = await desk.ask(method, `root:${url}`, {
      headers: { ...OWN_PAGE, cookie, 'posthorn-request-id': `walk-${id}` },
      ...(body === undefined ? {} : { body }),
    })
    assert.ok(response.statusCode < 300, `${id}: ${response.statusCode} ${response.body}`)
    // The session that signed in once more has ended.
    cookie = cookieOf(response) || cookie
    if (step.keeps !== undefined) {
      const made = response.json<{ id?: string; replay_id?: string; bulk_id?: string; name: string }>()
      ids[step.keeps] = made.id ?? made.replay_id ?? made.bulk_id ?? made.name
    }
    const log = await desk.keyed('GET', '/audit?limit=250')
    const [entry] = log.json<{ data: Entry[] }>().data.filter(({ request_id }) => request_id === `walk-${id}`)
    assert.equal(entry?.action, step.action, id)
    assert.deepEqual(
      [entry?.actor.kind, entry?.actor.name, entry?.address, Date.parse(entry?.at ?? '')],
      [id === 'createSession' ? 'key' : 'session', 'configured admin key', '203.0.113.7', desk.clock.now()],
      id,
    )
  }
  const stored = JSON.stringify(await desk.store.audit.list({ ...EVERYTHING, limit: 1000 }))
  for (const secret of [CANARY, HIDDEN, ADMIN_KEY, 'phs_', 'sealed', 'whsec_'])
    assert.ok(!stored.includes(secret), `${secret} is in the audit log`)
  // They were there to be found: names of headers, and that something secret was changed.
  assert.match(stored, /"headers":\{"from":\["authorization"\],"to":\["authorization"\]\}/)
  assert.match(stored, /"signing_secrets":\{"from":"1 hidden","to":"2 hidden"\}/)
})

const EVERYTHING = {
  ...{ tenantId: null, action: null, actor: null, objectId: null },
  ...{ since: null, until: null, before: null, limit: 100 },
}

const entriesOf = async (answer: ReturnType<Desk['ask']>) => (await answer).json<{ data: Entry[] }>().data

test('an entry says what was changed from what, and what changed nothing has none', async (t) => {
  const desk = await openDesk(t)
  const { key, keyId } = await desk.tenant('acme')
  const made = await desk.keyed('POST', '/subscriptions', subscription, key)
  const { id } = made.json<{ id: string }>()
  await desk.clock.advance(5)
  const patch = { name: 'New', rate_limit: { limit: 5, window_s: 1 } }
  for (let times = 0; times < 2; times += 1) await desk.keyed('PATCH', `/subscriptions/${id}`, patch, key)
  assert.equal((await desk.keyed('PATCH', `/subscriptions/${id}`, { max_in_flight: 0 }, key)).statusCode, 400)
  const entries = await entriesOf(desk.keyed('GET', `/audit?object=${id}`, undefined, key))
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['subscription.updated', 'subscription.created'],
  )
  assert.deepEqual(entries[0]?.actor, { kind: 'key', key_id: keyId, name: 'of acme' })
  assert.deepEqual(entries[0]?.changes, {
    name: { from: 'CRM', to: 'New' },
    rate_limit: { from: null, to: { limit: 5, window_s: 1 } },
  })
  assert.deepEqual(entries[1]?.changes.url, { from: null, to: 'http://127.0.0.1:9/in?(hidden)' })
})

test('a tenant reads of its own things alone, an admin of all, and filters hold', async (t) => {
  const desk = await openDesk(t)
  const { key: acme } = await desk.tenant('acme')
  const { key: other } = await desk.tenant('other', 'read')
  const { key: publisher } = await desk.tenant('third', 'publish')
  await desk.keyed('POST', '/event-types', { name: 'a.b' }, acme)
  const cookie = await desk.signIn(other)
  const own = await entriesOf(desk.keyed('GET', '/audit', undefined, acme))
  assert.deepEqual(
    own.map(({ action }) => action),
    ['event_type.created', 'key.created', 'tenant.created'],
  )
  const seen = await entriesOf(desk.paged(cookie, 'GET', '/audit'))
  assert.deepEqual(
    seen.map(({ action }) => action),
    ['session.created', 'key.created', 'tenant.created'],
  )
  assert.equal((await desk.keyed('GET', '/audit', undefined, publisher)).statusCode, 403)
  const foreign = await desk.keyed('GET', '/audit', undefined, acme, 'other')
  assert.equal(foreign.statusCode, 404)
  const named = await entriesOf(desk.keyed('GET', '/audit', undefined, ADMIN_KEY, 'acme'))
  assert.deepEqual(named, own)
  const all = await entriesOf(desk.keyed('GET', '/audit'))
  assert.ok(all.some(({ actor }) => actor.kind === 'system'))
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length)
  const kinds = await entriesOf(desk.keyed('GET', '/audit?action=tenant.*&actor=key'))
  assert.deepEqual(
    kinds.map(({ object }) => object.name),
    ['third', 'other', 'acme'],
  )
  const first = (await desk.keyed('GET', '/audit?limit=2')).json<{ next_cursor: string; data: Entry[] }>()
  const second = await entriesOf(desk.keyed('GET', `/audit?limit=2&cursor=${first.next_cursor}`))
  assert.deepEqual([...first.data, ...second], all.slice(0, 4))
  for (const query of ['action=*.*', 'actor=somebody', 'since=yesterday', 'cursor=x'])
    assert.equal((await desk.keyed('GET', `/audit?${query}`)).statusCode, 400, query)
})

test('what goes on by itself after a request is told as nobody’s, and entries leave when they are old', async (t) => {
  const desk = await openDesk(t, { keepAuditMs: KEPT_MS })
  const { audit, tenants } = desk.instance.engine
  let later: Promise<unknown> = Promise.resolve()
  const request = Promise.withResolvers<void>()
  const acting = { actor: { kind: 'key', keyId: 'key_x', name: 'x' }, requestId: 'r', address: null } as const
  await audit.run(acting, async () => {
    await tenants.create({ slug: 'during' })
    later = request.promise.then(() => tenants.create({ slug: 'after' }))
  })
  request.resolve()
  await later
  const told = await desk.store.audit.list({ ...EVERYTHING, action: 'tenant.created', limit: 2 })
  assert.deepEqual(
    told.map(({ actor, object }) => [object.name, actor.kind]),
    [
      ['after', 'system'],
      ['during', 'key'],
    ],
  )
  await desk.instance.engine.start()
  await desk.clock.advance(KEPT_MS - 61_000)
  assert.ok((await desk.store.audit.list(EVERYTHING)).length >= 2)
  await desk.clock.advance(122_000)
  assert.deepEqual(await desk.store.audit.list(EVERYTHING), [])
})

const KEPT_MS = 300_000
