/**
 * Every operation of the contract on what is another tenant's, by whoever can be of a tenant: it finds nothing, tells
 * nothing and changes nothing. An operation that is not in the table fails.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TSchema } from 'typebox'
import { CONTRACT } from '../../src/api/contract/contract.ts'
import type { Operation } from '../../src/api/contract/operation.ts'
import { OPERATIONS, type OperationId } from '../../src/api/contract/operations.ts'
import { ADMIN_KEY, type Desk } from './support/console.ts'
import { type Caller, MARK, openScene, type Scene, secretsOf, type Things } from './support/two-tenants.ts'

interface Ask {
  readonly path?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Answered, with nothing of the other's in it; else it must be refused. */
  readonly told?: true
}

type Asks = (other: Things, mine: Things) => readonly Ask[]

const PAST = '2020-01-01T00:00:00Z'
const URL_ = 'http://127.0.0.1:9/mine'

/** For those without a way to name anything: nothing of the other's is in the answer. */
const own: Asks = () => [{ told: true }]
const subscription: Asks = ({ subscription: id }) => [{ path: { id } }]
const delivery: Asks = ({ delivery: id }) => [{ path: { id } }]
const eventPaths = ({ event, inbound, source }: Things): Ask[] => [
  { path: { id: event } },
  { path: { id: inbound } },
  { path: { id: inbound }, query: { source } },
  { path: { id: inbound }, query: { source: `${MARK}-shop` } },
]
const requestPaths = ({ source, request }: Things, mine: Things): Ask[] => [
  { path: { id: source, request_id: request } },
  { path: { id: `${MARK}-shop`, request_id: request } },
  { path: { id: mine.source, request_id: request } },
]
const source: Asks = ({ source: id }) => [{ path: { id } }, { path: { id: `${MARK}-shop` } }]
const typed: Asks = ({ type }) => [{ path: { name: type } }]

const TABLE: Readonly<Record<OperationId, Asks>> = {
  // A source need not be there yet; what comes to the other's goes to the other's subscriptions alone.
  createSubscription: (other) => [
    { body: { name: 'thief', url: URL_, events: ['*'], source: other.source }, told: true },
    { body: { name: 'thief', url: URL_, events: ['*'], source: [`${MARK}-shop`] }, told: true },
  ],
  listSubscriptions: own,
  getSubscription: subscription,
  updateSubscription: ({ subscription: id, source: of }, mine) => [
    { path: { id }, body: { name: 'stolen' } },
    { path: { id: mine.subscription }, body: { source: of }, told: true },
  ],
  deleteSubscription: subscription,
  rotateSubscriptionSecret: subscription,
  testSubscription: subscription,
  enableSubscription: subscription,
  disableSubscription: subscription,
  listSubscriptionDeliveries: subscription,
  getSubscriptionStats: subscription,
  replaySubscription: ({ subscription: id }) => [
    { path: { id }, body: { since: PAST } },
    { path: { id }, body: { since: PAST, dry_run: true } },
  ],
  listReplays: own,
  getReplay: ({ replay: id }) => [{ path: { id } }],
  cancelReplay: ({ replay: id }) => [{ path: { id } }],

  // Of the same name and id as the other's, and none of them.
  publishEvent: ({ type, event }) => [
    { body: { event_type: type, event_id: event, data: 'mine' }, told: true },
  ],
  publishEvents: ({ type, event }) => [
    { body: { events: [{ event_type: type, event_id: `${event}0`, data: 'mine' }] }, told: true },
  ],
  listEvents: ({ source: of, type }) => [
    { told: true },
    { query: { event_type: type }, told: true },
    { query: { text: MARK }, told: true },
    { query: { source: of }, told: true },
    { query: { source: `${MARK}-shop`, text: MARK }, told: true },
  ],
  getEvent: eventPaths,
  listEventDeliveries: eventPaths,
  replayEvent: (other, mine) => [
    ...eventPaths(other),
    { path: { id: mine.event }, body: { subscription_id: other.subscription } },
    { path: { id: mine.event }, query: { source: other.source } },
  ],

  listDeliveries: ({ subscription: of, event, source: from, inbound }) => [
    { told: true },
    { query: { subscription_id: of }, told: true },
    { query: { event_id: event }, told: true },
    { query: { event_id: inbound, source: from }, told: true },
  ],
  getDelivery: delivery,
  listAttempts: delivery,
  getRequestBody: delivery,
  retryDelivery: delivery,
  cancelDelivery: delivery,

  listDeadLetters: own,
  // Known by their items: there is none of this id.
  startBulk: ({ delivery: id, subscription: subscription_id }) => [
    { body: { action: 'drop', ids: [id] }, told: true },
    { body: { action: 'retry', filter: { subscription_id } }, told: true },
  ],
  listBulks: own,
  getBulk: ({ bulk: id }) => [{ path: { id } }],
  listBulkItems: ({ bulk: id }) => [{ path: { id } }],
  cancelBulk: ({ bulk: id }) => [{ path: { id } }],

  getOverview: own,
  search: (other) =>
    [...Object.values(other).filter((id) => id !== other.key), MARK].map((q) => ({
      query: { q },
      told: true,
    })),
  live: ({ subscription: subscription_id }) => [{ query: { subscription_id } }],

  createSource: () => [
    { body: { slug: `${MARK}-shop`, provider: 'gitlab-token', secrets: ['m'.repeat(24)] }, told: true },
  ],
  listSources: own,
  getSource: source,
  updateSource: (other, mine) =>
    source(other, mine).map((ask) => ({ ...ask, body: { description: 'stolen' } })),
  deleteSource: ({ source: id }) => [{ path: { id } }],
  letThrough: ({ source: id }) => [{ path: { id } }],
  listRequests: ({ source: id }) => [{ path: { id } }],
  getRequest: requestPaths,
  verifyRequest: requestPaths,
  replayRequest: requestPaths,
  listProviders: own,

  createEventType: ({ type }) => [{ body: { name: type, description: 'mine' }, told: true }],
  listEventTypes: own,
  getEventType: typed,
  updateEventType: (other) => [{ path: { name: other.type }, body: { archived: true } }],
  deleteEventType: typed,

  createTenant: () => [{ body: { slug: 'grown' } }],
  listTenants: () => [{}],
  getTenant: ({ tenant: id }) => [{ path: { id } }],
  updateTenant: ({ tenant: id }) => [{ path: { id }, body: { name: 'stolen' } }],
  deleteTenant: ({ tenant: id }) => [{ path: { id } }],
  createKey: () => [
    { body: { name: 'thief', scope: 'admin' } },
    { body: { name: 'thief', scope: 'tenant' } },
  ],
  listKeys: () => [{}],
  revokeKey: ({ keyId: id }) => [{ path: { id } }],

  createSession: ({ key }) => [{ body: { key: `${key}x` } }, { body: {} }],
  getCurrentSession: own,
  deleteCurrentSession: own,
  listAudit: ({ subscription: object, keyId: actor }) => [
    { told: true },
    { query: { object }, told: true },
    { query: { actor }, told: true },
    { query: { actor: 'session' }, told: true },
  ],
  createPortalSession: ({ tenant }) => [{ body: { tenant, scope: 'manage' } }],

  createAlertRule: ({ subscription: subscription_id, source: source_id }) => [
    { body: { name: 'spy', when: { kind: 'dead_letters', above: 0, subscription_id } } },
    { body: { name: 'spy', when: { kind: 'source_silent', above: 60, source_id } } },
    { body: { name: 'spy', when: { kind: 'source_silent', above: 60, source_id: `${MARK}-none` } } },
  ],
  listAlertRules: own,
  getAlertRule: ({ rule: id }) => [{ path: { id } }],
  updateAlertRule: ({ rule: id, subscription: subscription_id, source: source_id }, mine) => [
    { path: { id }, body: { active: false } },
    { path: { id: mine.rule }, body: { when: { kind: 'source_silent', above: 60, source_id } } },
    { path: { id: mine.rule }, body: { when: { kind: 'dead_letters', above: 0, subscription_id } } },
  ],
  deleteAlertRule: ({ rule: id }) => [{ path: { id } }],
  listAlerts: own,

  health: own,
  readiness: own,
  metrics: () => [{}],
  openApi: own,
}

const IDS = Object.keys(OPERATIONS) as OperationId[]
/** Whoever may ask these is nobody in particular. */
const PUBLIC: ReadonlySet<string> = new Set(IDS.filter((id) => (CONTRACT[id] as Operation).scopes === null))
const OF_NO_TENANT: ReadonlySet<OperationId> = new Set(['createSession', 'deleteCurrentSession'])

async function put(desk: Desk, id: OperationId, { path = {}, query, body, headers }: Ask, caller: Caller) {
  const [method = '', template = ''] = OPERATIONS[id].split(' ')
  const filled = template.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name] ?? 'nothing'))
  const search = query === undefined ? '' : `?${new URLSearchParams(query)}`
  return await desk.ask(method, `root:${filled}${search}`, {
    headers: { ...caller.headers, ...headers },
    ...(body === undefined ? {} : { body }),
  })
}

/** All that the operator can see of a tenant. */
async function stateOf(desk: Desk, { tenant, source }: Things): Promise<unknown[]> {
  const lists = IDS.filter(
    (id) => OPERATIONS[id].startsWith('GET') && !/[{]|live|metrics|overview/.test(OPERATIONS[id]),
  )
  const paths = [
    ...lists.map((id) => OPERATIONS[id].split(' ')[1] ?? ''),
    `/api/v1/webhooks/sources/${source}/requests`,
  ]
  const headers = { authorization: `Bearer ${ADMIN_KEY}`, 'posthorn-tenant': tenant }
  const read = paths
    .filter((path) => path.startsWith('/api/') && !/sessions|search|providers|tenants/.test(path))
    .map(async (path) => [path, (await desk.ask('GET', `root:${path}`, { headers })).json()])
  return await Promise.all(read)
}

function idsIn({ other }: Scene): string[] {
  return Object.values(other).filter((id) => /^[a-z]{3}_/.test(id))
}

/** First what only looks; what makes something of the other's name; at the end whoever asks is signed out. */
function placeOf(id: OperationId): number {
  return ORDER.findIndex((names) => names.test(id))
}

const ORDER = [/^update/, /^(?:create|publish|start)/, /^deleteCurrentSession$/]

test('the table has every operation, and names whatever can be named', () => {
  assert.deepEqual(Object.keys(TABLE).toSorted(), IDS.toSorted())
  const other = new Proxy({}, { get: (_, name) => String(name) }) as Things
  for (const id of IDS) {
    if (id === 'search') continue
    const { params, query, body } = CONTRACT[id] as Operation
    const said = JSON.stringify(TABLE[id](other, other))
    for (const name of [...namesOf(params), ...namesOf(query), ...namesOf(body)])
      if (/(?:^|_)ids?$|^(?:source|object|actor|name|tenant)$/.test(name) && !ELSEWHERE.has(name))
        assert.ok(said.includes(`"${name}"`), `${id} is never asked with the other's ${name}`)
  }
})

/** Made by whoever asks. */
const ELSEWHERE: ReadonlySet<string> = new Set(['event_id', 'name'])

function namesOf(schema: TSchema | undefined): string[] {
  const {
    properties = {},
    anyOf = [],
    items,
  } = (schema ?? {}) as {
    properties?: Record<string, TSchema>
    anyOf?: TSchema[]
    items?: TSchema
  }
  const inner = [...Object.values(properties), ...anyOf, ...(items === undefined ? [] : [items])]
  return [...Object.keys(properties), ...inner.flatMap(namesOf)]
}

test("what is another tenant's is found, told and changed by nobody else's key, session or portal", async (t) => {
  const scene = await openScene(t)
  const { desk, mine, other, callers } = scene
  const before = await stateOf(desk, other)
  const shown = idsIn(scene)
  const inOrder = IDS.toSorted((a, b) => placeOf(a) - placeOf(b))
  for (const id of inOrder)
    for (const caller of callers)
      for (const ask of TABLE[id](other, mine)) {
        const what = `${caller.name}: ${id} ${JSON.stringify(ask)}`
        const answer = await put(desk, id, ask, caller)
        const { statusCode, body } = answer
        const refused = statusCode >= 400 && statusCode < 500
        assert.ok(refused || (ask.told === true && statusCode < 300), `${what}: ${statusCode} ${body}`)
        const asked = JSON.stringify(ask)
        assert.ok(!body.includes(`"${MARK}"`) || asked.includes(MARK), `${what}: ${body}`)
        for (const one of shown) assert.ok(!body.includes(one) || asked.includes(one), `${what}: ${body}`)
        if (!refused && /"data":\[(?!\])/.test(body) && ask.query !== undefined && id !== 'listAudit')
          assert.fail(`${what} finds something: ${body}`)
        if (PUBLIC.has(id) || OF_NO_TENANT.has(id)) continue
        // Nor by naming its tenant.
        const named = await put(desk, id, { ...ask, headers: { 'posthorn-tenant': other.tenant } }, caller)
        assert.ok([401, 403, 404].includes(named.statusCode), `${what} in its name: ${named.body}`)
      }
  assert.deepEqual(await stateOf(desk, other), before)
})

test("cursors of another tenant's lists are of no use", async (t) => {
  const { desk, other, callers } = await openScene(t)
  // A second one of each, so that there is a next page.
  await desk.keyed('POST', '/event-types', { name: `${MARK}.more` }, other.key)
  await desk.keyed('POST', '/events', { event_type: other.type, data: 1 }, other.key)
  const lists: ReadonlyArray<readonly [OperationId, Ask]> = [
    ['listEvents', {}],
    ['listEvents', { query: { event_type: '*' } }],
    ['listDeliveries', {}],
    ['listEventTypes', {}],
    ['listAudit', {}],
  ]
  let tried = 0
  for (const [id, { query = {} }] of lists) {
    const theirs = { name: 'they', headers: { authorization: `Bearer ${other.key}` } }
    const page = await put(desk, id, { query: { ...query, limit: '1' } }, theirs)
    const cursor = page.json<{ next_cursor: string | null }>().next_cursor
    assert.ok(cursor, id)
    for (const caller of callers) {
      const answer = await put(desk, id, { query: { ...query, limit: '1', cursor } }, caller)
      assert.ok([400, 403].includes(answer.statusCode), `${id}: ${answer.body}`)
      tried += 1
    }
  }
  assert.equal(tried, lists.length * callers.length)
})

test('who may only look changes nothing of its own tenant either, and is told no secret', async (t) => {
  const { desk, mine, callers } = await openScene(t)
  const { key } = (
    await desk.keyed('POST', '/keys', { name: 'eyes', scope: 'read' }, ADMIN_KEY, mine.tenant)
  ).json<{ key: string }>()
  const eyes = { name: 'a key that reads', headers: { authorization: `Bearer ${key}` } }
  const view = callers.find(({ name }) => name.endsWith('view')) ?? assert.fail()
  const before = await stateOf(desk, mine)
  const secrets = [...Object.values(secretsOf(mine.tenant)), mine.key, ADMIN_KEY]
  let answered = 0
  for (const caller of [eyes, view])
    for (const id of IDS) {
      if (OF_NO_TENANT.has(id) || id === 'live') continue
      const asks = [
        ...TABLE[id](mine, mine),
        ...(id === 'listAttempts' ? [{ path: { id: mine.forwarded } }] : []),
      ]
      for (const ask of asks) {
        const { statusCode, body } = await put(desk, id, ask, caller)
        if (statusCode < 300) answered += 1
        for (const secret of secrets)
          assert.ok(
            !body.includes(secret),
            `${caller.name}: ${id} ${JSON.stringify(ask)} tells ${secret}: ${body}`,
          )
      }
    }
  assert.ok(answered > 60, String(answered))
  assert.deepEqual(await stateOf(desk, mine), before)
})
