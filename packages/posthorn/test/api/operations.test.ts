import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OPERATIONS, type OperationId } from '../../src/api/contract/operations.ts'
import { type Asked, ask, makeRig } from './support/api.ts'
import { NOW, NOW_TEXT } from './support/fake-use-cases.ts'

interface Case extends Asked {
  readonly status: number
  /** Fields of the answer that must be there with these values. */
  readonly answer?: Readonly<Record<string, unknown>>
  /** The use case, and the arguments that follow the tenant. */
  readonly calls?: readonly [name: string, ...args: unknown[]]
  /** Text that the answer may not hold. */
  readonly hides?: readonly string[]
}

const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const SUBSCRIPTION_BODY = { name: 'CRM', url: 'https://example.com/in', events: ['user.*'] }

/** One request for each operation of the contract. */
const CASES: Record<OperationId, Case> = {
  createSubscription: {
    status: 201,
    body: {
      ...SUBSCRIPTION_BODY,
      timeout_ms: 5000,
      max_in_flight: 2,
      rate_limit: { limit: 5, window_s: 1 },
      retry: { base_s: 1, factor: 2, max_s: 9, attempts: 3 },
      on_client_error: 'drop',
      source: 'github',
      signature: { scheme: 'split' },
      headers: { 'X-Team': 'crm' },
      signing_secret: 'own',
    },
    calls: [
      'subscriptions.create',
      {
        ...SUBSCRIPTION_BODY,
        timeoutMs: 5000,
        maxInFlight: 2,
        rateLimit: { limit: 5, windowS: 1 },
        retry: { baseS: 1, factor: 2, maxS: 9, attempts: 3 },
        onClientError: 'drop',
        source: ['github'],
        signature: { scheme: 'split', headerPrefix: undefined },
        headers: { 'X-Team': 'crm' },
        secret: 'own',
      },
    ],
    answer: { id: 'sub_1', source: null, signing_secret: 'whsec_shown', created_at: NOW_TEXT },
    hides: ['SEALED'],
  },
  listSubscriptions: {
    status: 200,
    query: { limit: '7', cursor: 'CURSOR' },
    calls: ['subscriptions.list', { limit: 7, cursor: 'CURSOR' }],
    answer: { next_cursor: 'NEXT' },
    hides: ['SEALED', 'whsec'],
  },
  getSubscription: {
    status: 200,
    calls: ['subscriptions.get', 'sub_1'],
    answer: {
      timeout_ms: 10_000,
      retry: { base_s: 1, factor: 2, max_s: 60, attempts: 5 },
      rate_limit: { limit: 10, window_s: 1 },
    },
    hides: ['SEALED', 'whsec', 'signing_secret'],
  },
  updateSubscription: {
    status: 200,
    body: { active: false, rate_limit: null },
    calls: ['subscriptions.update', 'sub_1', { active: false, rateLimit: null }],
    hides: ['SEALED'],
  },
  deleteSubscription: { status: 204, calls: ['subscriptions.delete', 'sub_1'] },
  rotateSubscriptionSecret: {
    status: 200,
    calls: ['subscriptions.rotateSecret', 'sub_1', { overlapS: 86_400, secret: null }],
    answer: { signing_secret: 'whsec_new', previous_expires_at: NOW_TEXT, both_signatures: true },
  },
  testSubscription: {
    status: 200,
    calls: ['subscriptions.test', 'sub_1'],
    answer: {
      success: false,
      status_code: 503,
      response_body: 'down\ufffd',
      duration_ms: 1.5,
      delivery_id: 'dlv_1',
    },
  },
  enableSubscription: { status: 200, calls: ['subscriptions.enable', 'sub_1'], answer: { active: true } },
  disableSubscription: {
    status: 200,
    body: {},
    calls: ['subscriptions.disable', 'sub_1'],
    answer: { active: false, disabled_reason: 'user' },
  },
  listSubscriptionDeliveries: {
    status: 200,
    query: { state: 'dead', since: '2026-01-31T13:00:00.007+01:00' },
    calls: [
      'deliveries.list',
      { state: 'dead', targetId: 'sub_1', eventId: null, eventType: null, since: NOW, until: null },
      { limit: 50, cursor: null },
    ],
    hides: ['LEASE'],
  },
  getSubscriptionStats: {
    status: 200,
    query: { window_s: '60' },
    calls: ['deliveries.stats', 'sub_1', 60_000],
    answer: { window_s: 60, p90_ms: 20, p99_ms: null, oldest_due_at: NOW_TEXT },
  },
  replaySubscription: {
    status: 202,
    body: { since: NOW_TEXT, states: ['dead'] },
    calls: ['replays.start', 'sub_1', { since: NOW, until: null, states: ['dead'], eventTypes: null }],
    answer: { replay_id: 'rpl_1' },
  },
  listReplays: { status: 200, calls: ['replays.list', { limit: 50, cursor: null }] },
  getReplay: {
    status: 200,
    calls: ['replays.get', 'rpl_1'],
    answer: { created: 3, scanned: 9, state: 'running' },
  },
  cancelReplay: { status: 200, calls: ['replays.cancel', 'rpl_1'], answer: { state: 'cancelled' } },
  publishEvent: {
    status: 202,
    headers: { traceparent: TRACEPARENT, 'posthorn-request-id': 'asked-1' },
    body: {
      event_type: 'user.created',
      data: { a: 1 },
      event_id: 'e-1',
      occurred_at: NOW_TEXT,
      deliver_at: NOW_TEXT,
    },
    calls: [
      'events.publish',
      {
        ...{ type: 'user.created', data: Buffer.from('{"a":1}'), id: 'e-1', occurredAt: NOW, deliverAt: NOW },
        ...{ requestId: 'asked-1', trace: TRACEPARENT },
      },
    ],
    answer: { event_id: 'e-1', deliveries: 2, duplicate: false },
  },
  publishEvents: {
    status: 202,
    headers: { traceparent: `${TRACEPARENT}, or another`, 'posthorn-request-id': 'asked-2' },
    body: { events: [{ event_type: 'a.b', data: 1 }] },
    calls: ['events.publishBatch', [{ type: 'a.b', data: Buffer.from('1'), requestId: 'asked-2' }]],
    answer: { results: [{ event_id: 'evt_made', deliveries: 2, duplicate: false }] },
  },
  listEvents: {
    status: 200,
    query: { event_type: 'user.*', source: 'src_1', limit: '250' },
    calls: [
      'events.list',
      { eventType: 'user.*', source: 'src_1', since: null, until: null },
      { limit: 250, cursor: null },
    ],
    answer: { next_cursor: 'NEXT' },
  },
  getEvent: {
    status: 200,
    query: { source: 'github' },
    calls: ['events.get', 'evt_1', 'github'],
    answer: {
      event_id: 'evt_1',
      event_type: 'user.created',
      source: null,
      request_id: null,
      data: { price: 1 },
      data_bytes: 14,
    },
    hides: ['"key"', 'content_hash'],
  },
  listEventDeliveries: {
    status: 200,
    calls: [
      'deliveries.list',
      {
        ...{ state: null, targetId: null, eventId: 'evt_1', eventSource: null },
        ...{ eventType: null, since: null, until: null },
      },
      { limit: 50, cursor: null },
    ],
  },
  replayEvent: {
    status: 202,
    path: '/api/v1/webhooks/events/evt_1/replay',
    body: { subscription_id: 'sub_1' },
    query: { source: 'src_1' },
    calls: ['events.replay', 'evt_1', 'sub_1', 'src_1'],
    answer: { event_id: 'evt_1', deliveries: 2, delivery_ids: ['dlv_8', 'dlv_9'] },
  },
  listDeliveries: {
    status: 200,
    query: {
      state: 'dead',
      subscription_id: 'sub_1',
      event_type: 'user.*',
      event_id: 'evt_1',
      source: 'github',
      until: NOW_TEXT,
    },
    calls: [
      'deliveries.list',
      {
        ...{ state: 'dead', targetId: 'sub_1', eventId: 'evt_1', eventSource: 'github' },
        ...{ eventType: 'user.*', since: null, until: NOW },
      },
      { limit: 50, cursor: null },
    ],
    hides: ['LEASE'],
  },
  getDelivery: {
    status: 200,
    calls: ['deliveries.get', 'dlv_1'],
    answer: { state: 'pending', next_attempt_at: NOW_TEXT, subscription_id: 'sub_1', handler: null },
    hides: ['LEASE'],
  },
  getRequestBody: {
    status: 200,
    calls: ['deliveries.requestBody', 'dlv_1'],
    answer: { content_type: 'application/json', bytes: 9, body_base64: 'eyJhIjoiACJ9' },
  },
  listAttempts: {
    status: 200,
    calls: ['deliveries.attempts', 'dlv_1'],
    answer: { next_cursor: null },
  },
  retryDelivery: { status: 200, calls: ['deliveries.retry', 'dlv_1'] },
  cancelDelivery: {
    status: 200,
    calls: ['deliveries.cancel', 'dlv_1'],
    answer: { state: 'cancelled', next_attempt_at: null, finished_at: NOW_TEXT },
  },
  createSource: {
    status: 201,
    body: {
      ...{ slug: 'shop', provider: 'paypal', settings: { webhook_id: '1' }, secrets: ['s'] },
      ...{ verify_token: 't', allowed_origins: ['a.example'], allowed_rate: 60, tolerance_s: 0 },
      ...{ allowed_ips: ['10.0.0.0/8'], https_only: true, body_limit_bytes: 9, public_url: 'https://a.b/c' },
      ...{ rate_limit: { limit: 5, window_s: 1 }, address_rate_limit: null, dedupe_s: 60 },
      ...{ expected_tenant: null, check_schemas: true, test_events: 'skip', active: false, description: 'x' },
    },
    calls: [
      'sources.create',
      {
        ...{ slug: 'shop', provider: 'paypal', settings: { webhook_id: '1' }, secrets: ['s'] },
        ...{ verifyToken: 't', allowedOrigins: ['a.example'], allowedRate: 60, toleranceS: 0 },
        ...{ allowedIps: ['10.0.0.0/8'], httpsOnly: true, bodyLimitBytes: 9, publicUrl: 'https://a.b/c' },
        ...{ rateLimit: { limit: 5, windowS: 1 }, addressRateLimit: null, dedupeS: 60 },
        ...{ expectedTenant: null, checkSchemas: true, testEvents: 'skip', active: false, description: 'x' },
      },
    ],
    answer: {
      ...{ slug: 'shop', ingest_url: 'http://localhost/in/src_1', has_verify_token: true },
      ...{
        secrets: [{ created_at: NOW_TEXT, last_used_at: null }],
        allowed_origins: ['*'],
        allowed_rate: 120,
      },
      ...{ rate_limit: { limit: 10, window_s: 1 }, let_through: [{ event_id: null, until: NOW_TEXT }] },
    },
    hides: ['SEALED'],
  },
  listSources: {
    status: 200,
    query: { limit: '7', cursor: 'CURSOR' },
    calls: ['sources.list', { limit: 7, cursor: 'CURSOR' }],
    answer: { next_cursor: 'NEXT' },
    hides: ['SEALED'],
  },
  getSource: {
    status: 200,
    headers: { host: 'hooks.example:8443' },
    calls: ['sources.get', 'src_1'],
    answer: { id: 'src_1', ingest_url: 'http://hooks.example:8443/in/src_1' },
    hides: ['SEALED'],
  },
  updateSource: {
    status: 200,
    body: { scheme: { header: 'X-S' }, tolerance_s: null, address_rate_limit: { limit: 1, window_s: 2 } },
    calls: [
      'sources.update',
      'src_1',
      { scheme: { header: 'X-S' }, toleranceS: null, addressRateLimit: { limit: 1, windowS: 2 } },
    ],
    hides: ['SEALED'],
  },
  deleteSource: { status: 204, calls: ['sources.delete', 'src_1'] },
  letThrough: {
    status: 200,
    calls: ['sources.letThrough', 'src_1', { eventId: null, forS: 600 }],
    answer: { id: 'src_1' },
  },
  listRequests: {
    status: 200,
    query: { verdict: 'refused' },
    calls: ['requests.list', 'src_1', { verdict: 'refused' }, { limit: 50, cursor: null }],
    answer: { next_cursor: 'NEXT' },
  },
  getRequest: {
    status: 200,
    calls: ['requests.get', 'src_1', 'req_1'],
    answer: {
      ...{ verdict: 'refused', reason: 'signature_mismatch', received_at: NOW_TEXT, status: 401 },
      ...{ body_text: '{"zen": 1.0}\n', body_bytes: 13, secret_index: null, event_ids: [] },
      headers: [
        { name: 'x-github-event', value: 'push' },
        { name: 'x-twice', value: '1' },
        { name: 'x-twice', value: '2' },
      ],
    },
  },
  verifyRequest: {
    status: 200,
    calls: ['requests.verify', 'src_1', 'req_1'],
    answer: {
      ok: false,
      reason: 'signature_mismatch',
      diagnoses: [{ cause: 'secret_quotes', detail: 'It fits without them.', remedy: 'Take them off.' }],
    },
  },
  replayRequest: {
    status: 202,
    body: { body_text: 'ü', headers: { 'X-A': 'b', 'x-c': null }, unverified: true },
    calls: [
      'requests.replay',
      'src_1',
      'req_1',
      { body: Buffer.from('ü'), headers: { 'X-A': 'b', 'x-c': null }, unverified: true },
    ],
    answer: { request_id: 'req_2', event_ids: ['e-1'], deliveries: 2 },
  },
  listProviders: { status: 200, key: 'publish-key', query: { limit: '2' } },
  createEventType: {
    status: 201,
    body: { name: 'user.created', schema: { type: 'object' }, examples: [1] },
    calls: ['eventTypes.create', { name: 'user.created', schema: { type: 'object' }, examples: [1] }],
  },
  listEventTypes: { status: 200, calls: ['eventTypes.list', { limit: 50, cursor: null }] },
  getEventType: {
    status: 200,
    calls: ['eventTypes.get', 'user.created'],
    answer: { schema: { type: 'object' } },
  },
  updateEventType: {
    status: 200,
    body: { archived: true },
    calls: ['eventTypes.update', 'user.created', { archived: true }],
  },
  deleteEventType: { status: 204, calls: ['eventTypes.delete', 'user.created'] },
  createTenant: { status: 201, body: { slug: 'new-one' }, answer: { slug: 'new-one' } },
  listTenants: { status: 200, answer: { next_cursor: 'NEXT' } },
  getTenant: { status: 200, answer: { id: 'ten_acme', slug: 'acme', created_at: NOW_TEXT } },
  updateTenant: { status: 200, body: { name: 'Acme Ltd' }, answer: { name: 'Acme Ltd' } },
  deleteTenant: { status: 204 },
  createKey: {
    status: 201,
    body: { name: 'CI', scope: 'publish' },
    answer: { key: 'phk_shown', tenant_id: 'ten_default', scope: 'publish' },
    hides: ['HASH'],
  },
  listKeys: { status: 200, answer: { next_cursor: 'NEXT' }, hides: ['HASH', 'phk_shown'] },
  revokeKey: { status: 200, answer: { revoked_at: NOW_TEXT }, hides: ['HASH'] },
  createSession: {
    status: 201,
    key: null,
    headers: { 'posthorn-console': '1', 'sec-fetch-site': 'same-origin' },
    body: { key: 'acme-key' },
    answer: { id: 'ses_1', scope: 'tenant', key: { id: 'key_acme', name: 'acme' } },
    hides: ['phs_', 'acme-key'],
  },
  createAlertRule: {
    status: 201,
    body: {
      name: 'Failures',
      when: { kind: 'failure_rate', above: 20, window_s: 600 },
      ...{ hold_s: 5, remind_s: null, slack_urls: ['https://hooks.example.com/T/B/x'] },
    },
    answer: { name: 'Failures', hold_s: 60, remind_s: null, slack_hosts: ['hooks.example.com'] },
    hides: ['SEALED', '/T/B/x'],
  },
  listAlertRules: { status: 200, answer: { next_cursor: 'NEXT' }, hides: ['SEALED'] },
  getAlertRule: { status: 200, hides: ['SEALED'] },
  updateAlertRule: { status: 200, body: { active: false }, hides: ['SEALED'] },
  deleteAlertRule: { status: 204 },
  listAlerts: {
    status: 200,
    query: { state: 'open' },
    answer: { next_cursor: 'NEXT' },
    hides: ['SEALED', 'evt_9'],
  },
  createPortalSession: {
    status: 201,
    body: { tenant: 'acme', scope: 'view' },
    answer: { url: 'http://localhost/portal/enter?token=phl_shown' },
    hides: ['HASH'],
  },
  getCurrentSession: {
    status: 200,
    key: null,
    headers: { cookie: 'posthorn_session=phs_acme' },
    answer: { id: 'ses_1', tenant: { id: 'ten_acme', slug: 'acme', name: 'Acme' } },
    hides: ['phs_'],
  },
  deleteCurrentSession: {
    status: 204,
    key: null,
    headers: {
      cookie: 'posthorn_session=phs_acme',
      'posthorn-console': '1',
      'sec-fetch-site': 'same-origin',
    },
  },
  listAudit: {
    status: 200,
    query: { action: 'subscription.*', actor: 'key_1', limit: '7', since: NOW_TEXT },
    answer: { next_cursor: 'NEXT' },
  },
  listDeadLetters: { status: 200, calls: ['insight.deadLetters'], answer: { complete: true } },
  startBulk: {
    status: 202,
    body: {
      action: 'drop',
      filter: { state: 'dead', subscription_id: 'sub_1', cause: 'timeout', since: NOW_TEXT },
    },
    calls: [
      'bulks.start',
      {
        ...{ action: 'drop', ids: null },
        filter: { targetId: 'sub_1', eventType: null, cause: 'timeout', since: NOW, until: null },
      },
    ],
    answer: { bulk_id: 'blk_1', matched: 9 },
  },
  listBulks: { status: 200, answer: { next_cursor: 'NEXT' } },
  getBulk: { status: 200, calls: ['bulks.get', 'blk_1'], answer: { done: 4, changed: 3, finished_at: null } },
  listBulkItems: { status: 200, answer: { data: [{ delivery_id: 'dlv_1', result: 'changed' }] } },
  cancelBulk: { status: 200, calls: ['bulks.cancel', 'blk_1'], answer: { state: 'cancelled' } },
  getOverview: {
    status: 200,
    query: { window_s: '7200' },
    calls: ['insight.overview', 7_200_000],
    answer: { step_s: 60, success_rate: 0.75, oldest_due_s: 1.5, queue: { kind: 'store', ready: true } },
  },
  search: {
    status: 200,
    query: { q: 'evt_1' },
    calls: ['insight.find', 'evt_1'],
    answer: { data: [{ kind: 'event', id: 'evt_1', name: 'user.created', source: null }] },
  },
  // A stream has no end: live.test.ts.
  live: { status: 404, query: { subscription_id: 'sub_none' } },
  health: { status: 200, key: null, answer: { status: 'alive', version: '9.9.9-test' } },
  readiness: { status: 200, key: null, answer: { ready: true, reasons: [], oldest_due_age_ms: 0 } },
  metrics: { status: 200, key: null },
  openApi: { status: 200, key: null, answer: { openapi: '3.1.0' } },
}

for (const id of Object.keys(OPERATIONS) as OperationId[]) {
  test(`${id} asks the engine and answers as the contract says`, async () => {
    const rig = makeRig()
    const { status, answer = {}, calls, hides = [], ...asked } = CASES[id]
    const response = await ask(rig, id, asked)
    assert.equal(response.statusCode, status, response.body)
    for (const [field, value] of Object.entries(answer))
      assert.deepEqual(response.json<Record<string, unknown>>()[field], value, field)
    for (const text of hides) assert.ok(!response.body.includes(text), `${text} is shown: ${response.body}`)
    if (calls === undefined) return
    const [name, ...args] = calls
    const made = rig.calls.filter((call) => call.name === name)
    assert.equal(made.length, 1, `${name} was called ${made.length} times`)
    const [tenant, ...given] = made[0]?.args ?? []
    assert.equal(typeof tenant === 'object' ? (tenant as { id: string }).id : tenant, 'ten_default')
    assert.deepEqual(given, args)
  })
}
