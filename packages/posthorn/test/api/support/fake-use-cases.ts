/** Use cases that remember how they were called and answer with plain records, typed like the real ones. */

import type { Alert, AlertRule } from '../../../src/domain/alert.ts'
import type { AuditEntry } from '../../../src/domain/audit.ts'
import type { Bulk } from '../../../src/domain/bulk.ts'
import type { Attempt, Delivery } from '../../../src/domain/delivery.ts'
import { PosthornError } from '../../../src/domain/error.ts'
import type { StoredEvent } from '../../../src/domain/event.ts'
import type { InboundRequest } from '../../../src/domain/inbound-request.ts'
import type { ApiKey, EventType, Replay, Tenant } from '../../../src/domain/records.ts'
import type { Source } from '../../../src/domain/source.ts'
import type { Subscription } from '../../../src/domain/subscription.ts'
import type { OpenSession } from '../../../src/engine/access/use-cases.ts'
import type { Overview } from '../../../src/engine/insight/use-cases.ts'
import type { Page, Principal, Published, PublishInput, UseCases } from '../../../src/engine/use-cases.ts'

export const NOW = Date.UTC(2026, 0, 31, 12, 0, 0, 7)
export const NOW_TEXT = '2026-01-31T12:00:00.007Z'

export const DEFAULT_TENANT: Tenant = { id: 'ten_default', slug: 'default', name: 'Default', createdAt: NOW }
export const ACME: Tenant = { id: 'ten_acme', slug: 'acme', name: 'Acme', createdAt: NOW }

/** Keys by their text. */
export const KEYS: Readonly<Record<string, Principal>> = {
  'admin-key': { name: 'ops', sessionId: null, keyId: 'key_admin', tenantId: null, scope: 'admin' },
  'acme-key': { name: 'acme', sessionId: null, keyId: 'key_acme', tenantId: 'ten_acme', scope: 'tenant' },
  'publish-key': {
    name: 'ci',
    sessionId: null,
    keyId: 'key_publish',
    tenantId: 'ten_acme',
    scope: 'publish',
  },
  'read-key': { name: 'eyes', sessionId: null, keyId: 'key_read', tenantId: 'ten_acme', scope: 'read' },
}

export const SUBSCRIPTION: Subscription = {
  id: 'sub_1',
  tenantId: 'ten_default',
  name: 'CRM',
  url: 'https://example.com/in',
  source: null,
  events: ['user.*'],
  description: '',
  headers: { 'x-team': 'crm' },
  timeoutMs: 10_000,
  maxInFlight: 8,
  rateLimit: { limit: 10, windowS: 1 },
  retry: { baseS: 1, factor: 2, maxS: 60, attempts: 5 },
  onClientError: 'retry',
  signature: { scheme: 'standard', headerPrefix: 'X-Webhook' },
  format: 'standard',
  active: true,
  disabledReason: null,
  ownerEmail: null,
  failingSince: null,
  secrets: [{ sealed: 'SEALED-TEXT', createdAt: NOW, expiresAt: null }],
  createdAt: NOW,
  updatedAt: NOW,
}

export const EVENT: StoredEvent = {
  key: 7,
  tenantId: 'ten_default',
  sourceId: null,
  id: 'evt_1',
  type: 'user.created',
  contentType: 'application/json',
  data: Buffer.from('{"price": 1.0}'),
  contentHash: 'hash',
  occurredAt: NOW,
  receivedAt: NOW,
  requestId: null,
  trace: null,
  dedupeUntil: null,
}

export const DELIVERY: Delivery = {
  id: 'dlv_1',
  tenantId: 'ten_default',
  eventKey: 7,
  eventId: 'evt_1',
  eventType: 'user.created',
  targetId: 'sub_1',
  format: 'standard',
  state: 'pending',
  dueAt: NOW,
  attempts: 1,
  scheduleStart: 0,
  leaseToken: 'SECRET-LEASE',
  leaseUntil: NOW,
  createdAt: NOW,
  finishedAt: null,
  lastStatusCode: 500,
  lastError: 'status: 500',
  replayId: null,
}

export const ATTEMPT: Attempt = {
  id: 'att_1',
  deliveryId: 'dlv_1',
  number: 1,
  startedAt: NOW,
  durationMs: 12.5,
  outcome: 'retry',
  statusCode: 500,
  errorCode: 'status',
  errorDetail: '500',
  responseBody: Buffer.from('ouch'),
  responseTruncated: false,
  exchange: 'https://example.com/in\nF=\nG=\nx-team?\n\nserver:nginx\nset-cookie?',
}

export const REPLAY: Replay = {
  id: 'rpl_1',
  tenantId: 'ten_default',
  subscriptionId: 'sub_1',
  since: NOW,
  until: NOW,
  states: ['dead'],
  eventTypes: null,
  state: 'running',
  cursor: 0,
  created: 3,
  scanned: 9,
  createdAt: NOW,
  finishedAt: null,
}

export const BULK: Bulk = {
  ...{ id: 'blk_1', tenantId: 'ten_default', action: 'retry', ids: null, state: 'running' },
  filter: { targetId: 'sub_1', eventType: null, cause: 'timeout', since: null, until: NOW },
  ...{ matched: 9, done: 4, changed: 3, cursor: 'dlv_1', createdAt: NOW, finishedAt: null },
}

const OVERVIEW: Overview = {
  ...{ from: NOW, to: NOW, stepMs: 60_000, successRate: 0.75, oldestDueMs: 1500 },
  series: [{ at: NOW, events: 1, delivered: 3, failed: 1, p50Ms: 5, p99Ms: null }],
  ...{ waiting: 2, retrying: 1, dead: 3 },
  eventTypes: [{ eventType: 'user.created', events: 1 }],
  failing: [
    {
      ...({ subscriptionId: 'sub_1', name: 'CRM', url: 'https://example.com/in', active: true } as const),
      ...{ failingSince: NOW, cause: 'failed', statusCode: 503, failed: 1, dead: 3, successRate: 0.5 },
    },
  ],
  store: { kind: 'sqlite', ready: true },
  queue: { kind: 'store', ready: true },
}

export const EVENT_TYPE: EventType = {
  tenantId: 'ten_default',
  name: 'user.created',
  description: 'Somebody signed up.',
  schema: { type: 'object' },
  examples: [{ id: 1 }],
  archived: false,
  createdAt: NOW,
  updatedAt: NOW,
}

export const API_KEY: ApiKey = {
  id: 'key_1',
  tenantId: 'ten_default',
  name: 'CI',
  scope: 'publish',
  hash: 'HASH-OF-KEY',
  hint: 'phk_ab',
  createdAt: NOW,
  revokedAt: null,
}

export const SOURCE: Source = {
  id: 'src_1',
  tenantId: 'ten_default',
  slug: 'github',
  description: '',
  provider: 'github',
  scheme: null,
  settings: {},
  secrets: [{ sealed: 'SEALED-TEXT', createdAt: NOW, expiresAt: null }],
  handshake: { verifyToken: 'SEALED-TOKEN', allowedOrigins: ['*'], allowedRate: 120 },
  toleranceS: null,
  bodyLimitBytes: 1024,
  allowedIps: ['203.0.113.0/24'],
  httpsOnly: true,
  rateLimit: { limit: 10, windowS: 1 },
  addressRateLimit: null,
  publicUrl: null,
  dedupeS: 2_592_000,
  expectedTenant: null,
  checkSchemas: false,
  testEvents: 'handle',
  letThrough: [{ eventId: null, until: NOW }],
  active: true,
  createdAt: NOW,
  updatedAt: NOW,
}

export const REQUEST: InboundRequest = {
  id: 'req_1',
  tenantId: 'ten_default',
  sourceId: 'src_1',
  receivedAt: NOW,
  method: 'POST',
  url: '/in/src_1?a=b',
  headers: [
    ['x-github-event', 'push'],
    ['x-twice', '1'],
    ['x-twice', '2'],
  ],
  address: '203.0.113.7',
  verdict: 'refused',
  reason: 'signature_mismatch',
  status: 401,
  secretIndex: null,
  eventIds: [],
  body: Buffer.from('{"zen": 1.0}\n'),
}

export const SESSION: OpenSession = {
  id: 'ses_1',
  tenantId: 'ten_acme',
  scope: 'tenant',
  key: { id: 'key_acme', name: 'acme' },
  expiresAt: NOW + 43_200_000,
  idleExpiresAt: NOW + 1_800_000,
}

const AUDIT_ENTRY: AuditEntry = {
  id: 'aud_1',
  at: NOW,
  tenantId: 'ten_acme',
  actor: { kind: 'session', keyId: 'key_acme', name: 'acme' },
  action: 'subscription.updated',
  object: { kind: 'subscription', id: 'sub_1', name: 'CRM' },
  changes: { url: { from: 'https://example.com/in', to: 'https://example.com/new' } },
  requestId: 'r-1',
  address: '203.0.113.7',
}

const ALERT_RULE: AlertRule = {
  id: 'alr_1',
  tenantId: 'ten_acme',
  name: 'Failures',
  when: {
    ...{ kind: 'failure_rate', above: 20, windowS: 300, attemptsMin: 10 },
    ...{ subscriptionId: null, sourceId: null },
  },
  ...{ holdMs: 60_000, clearMs: 120_000, remindMs: null, emails: ['ops@example.com'] },
  slack: [{ sealed: 'SEALED-URL', host: 'hooks.example.com' }],
  ...{ active: true, createdAt: NOW, updatedAt: NOW },
}

const ALERT: Alert = {
  ...{ id: 'alt_1', tenantId: 'ten_acme', ruleId: 'alr_1', name: 'Failures', kind: 'failure_rate' },
  ...{ subject: null, state: 'open', since: NOW, openedAt: NOW, clearSince: null, closedAt: null },
  ...{ above: 20, value: 35, valueAt: NOW, cause: '7 of 20 attempts have failed.', toldAt: NOW },
  notices: [
    {
      ...{ id: 'evt_9', change: 'opened', channel: 'slack', to: 'SEALED-URL', notice: 'waiting' },
      ...{ tries: 1, dueAt: NOW, madeAt: NOW, error: 'status: 500' },
    },
  ],
}

export interface CallRecord {
  readonly name: string
  readonly args: readonly unknown[]
}

/** One page with a next one. */
function pageOf<T>(item: T): Page<T> {
  return { items: [item], next: 'NEXT' }
}

function found<T extends { readonly id?: string }>(item: T, id: string, what: string): T {
  if (item.id !== id) throw new PosthornError('not_found', `There is no ${what} ${id}.`)
  return item
}

const TENANTS = [DEFAULT_TENANT, ACME]

export const published = (input: PublishInput): Published => ({
  eventId: input.id ?? 'evt_made',
  deliveries: 2,
  duplicate: false,
})

function plain(): UseCases {
  return {
    events: {
      publish: async (_tenant, input) => published(input),
      publishBatch: async (_tenant, inputs) => inputs.map(published),
      get: async (_tenantId, id) => found(EVENT, id, 'event'),
      list: async () => pageOf(EVENT),
      search: async () => ({ ...pageOf(EVENT), searchedUntil: NOW }),
      replay: async (_tenant, id) => found(EVENT, id, 'event') && ['dlv_8', 'dlv_9'],
    },
    subscriptions: {
      create: async (_tenantId, { name, url }) => ({
        subscription: { ...SUBSCRIPTION, name, url },
        secret: 'whsec_shown',
      }),
      get: async (_tenantId, id) => found(SUBSCRIPTION, id, 'subscription'),
      list: async () => pageOf(SUBSCRIPTION),
      update: async (_tenantId, id) => found(SUBSCRIPTION, id, 'subscription'),
      delete: async (_tenantId, id) => void found(SUBSCRIPTION, id, 'subscription'),
      rotateSecret: async () => ({ secret: 'whsec_new', previousExpiresAt: NOW, bothSignatures: true }),
      enable: async () => SUBSCRIPTION,
      disable: async () => ({ ...SUBSCRIPTION, active: false, disabledReason: 'user' }),
      test: async () => ({
        success: false,
        statusCode: 503,
        responseBody: Buffer.from('down\0'),
        durationMs: 1.5,
        error: 'status: 503',
        deliveryId: 'dlv_1',
      }),
    },
    deliveries: {
      get: async (_tenantId, id) => found(DELIVERY, id, 'delivery'),
      list: async () => pageOf(DELIVERY),
      attempts: async (_tenantId, id) => found(DELIVERY, id, 'delivery') && [ATTEMPT],
      requestBody: async (_tenant, id) =>
        found(DELIVERY, id, 'delivery') && {
          contentType: 'application/json',
          body: Buffer.from('{"a":"\0"}'),
        },
      retry: async (_tenantId, id) => found(DELIVERY, id, 'delivery'),
      cancel: async () => ({ ...DELIVERY, state: 'cancelled', finishedAt: NOW }),
      stats: async () => ({
        attempts: 4,
        succeeded: 3,
        failed: 1,
        p50Ms: 10,
        p90Ms: 20,
        p99Ms: null,
        pending: 2,
        dead: 1,
        oldestDueAt: NOW,
      }),
    },
    replays: {
      start: async () => REPLAY,
      get: async (_tenantId, id) => found(REPLAY, id, 'replay'),
      list: async () => pageOf(REPLAY),
      preview: async () => ({ events: 7, complete: true }),
      cancel: async () => ({ ...REPLAY, state: 'cancelled', finishedAt: NOW }),
    },
    eventTypes: {
      create: async () => EVENT_TYPE,
      get: async () => EVENT_TYPE,
      list: async () => pageOf(EVENT_TYPE),
      update: async () => EVENT_TYPE,
      delete: async () => undefined,
    },
    sources: {
      create: async (_tenantId, { slug }) => ({ ...SOURCE, slug }),
      get: async (_tenantId, id) => found(SOURCE, id, 'source'),
      list: async () => pageOf(SOURCE),
      lastUses: async () => new Map(),
      update: async (_tenantId, id) => found(SOURCE, id, 'source'),
      delete: async (_tenantId, id) => void found(SOURCE, id, 'source'),
      letThrough: async (_tenantId, id) => found(SOURCE, id, 'source'),
      declare: async () => [],
      wayIn: () => null,
    },
    requests: {
      list: async (_tenantId, id) => pageOf(found(SOURCE, id, 'source') && { ...REQUEST, body: null }),
      get: async (_tenantId, _source, id) => found(REQUEST, id, 'request'),
      verify: async () => ({
        ok: false,
        reason: 'signature_mismatch',
        detail: null,
        diagnoses: [{ cause: 'secret_quotes', detail: 'It fits without them.', remedy: 'Take them off.' }],
      }),
      replay: async () => ({ requestId: 'req_2', eventIds: ['e-1'], deliveries: 2 }),
    },
    tenants: {
      create: async ({ slug, name }) => ({ ...ACME, slug, name: name ?? slug }),
      get: async (idOrSlug) => {
        const tenant = TENANTS.find(({ id, slug }) => id === idOrSlug || slug === idOrSlug)
        if (tenant === undefined) throw new PosthornError('not_found', `There is no tenant ${idOrSlug}.`)
        return tenant
      },
      list: async () => pageOf(ACME),
      update: async (_id, { name }) => ({ ...ACME, name }),
      delete: async () => undefined,
    },
    insight: {
      overview: async () => OVERVIEW,
      processes: () => [
        {
          ...{ id: 'run', name: 'host:1', role: 'all', version: '9', startedAt: NOW, seenAt: NOW },
        } as const,
      ],
      find: async () => [{ kind: 'event', id: 'evt_1', name: 'user.created', source: null }],
      deadLetters: async () => ({
        groups: [
          {
            ...({ targetId: 'sub_1', cause: 'failed', count: 3, sample: 'dlv_1' } as const),
            statuses: [{ statusCode: 503, count: 2 }],
            ...{ oldestAt: NOW, newestAt: NOW },
          },
        ],
        complete: true,
      }),
      live: { open: () => () => undefined },
    },
    bulks: {
      start: async () => BULK,
      get: async (_tenantId, id) => found(BULK, id, 'bulk'),
      list: async () => pageOf(BULK),
      items: async () => pageOf({ deliveryId: 'dlv_1', result: 'changed' } as const),
      cancel: async () => ({ ...BULK, state: 'cancelled', finishedAt: NOW }),
    },
    keys: {
      create: async (input) => ({ key: { ...API_KEY, ...input }, text: 'phk_shown' }),
      list: async () => pageOf(API_KEY),
      revoke: async () => ({ ...API_KEY, revokedAt: NOW }),
      authenticate: async (text) => (Object.hasOwn(KEYS, text) ? (KEYS[text] as Principal) : null),
    },
    alertRules: {
      create: async (tenantId, { name }) => ({ ...ALERT_RULE, tenantId, name }),
      get: async (_tenantId, id) => found(ALERT_RULE, id, 'alert rule'),
      list: async () => pageOf(ALERT_RULE),
      update: async (_tenantId, id) => found(ALERT_RULE, id, 'alert rule'),
      delete: async (_tenantId, id) => void found(ALERT_RULE, id, 'alert rule'),
    },
    alerts: { list: async () => pageOf(ALERT) },
    sessions: {
      invite: async ({ keyId }, { tenantId, scope, user, theme }) => ({
        text: 'phl_shown',
        session: {
          ...{ id: 'ses_2', keyId, keyHash: 'HASH-OF-KEY', tenantId, hash: 'HASH-OF-LINK', secure: false },
          ...{ createdAt: NOW, seenAt: NOW, expiresAt: NOW + 600_000 },
          portal: { scope, user, theme, openedAt: null, endsAt: NOW + 3_600_000 },
        },
      }),
      guest: async () => null,
      openLink: async () => null,
      open: async ({ keyId, name }) => ({
        session: { ...SESSION, key: { id: keyId, name } },
        text: 'phs_shown',
      }),
      authenticate: async (text, { secure }) =>
        text === 'phs_acme' && !secure ? { ...(KEYS['acme-key'] as Principal), sessionId: SESSION.id } : null,
      get: async () => SESSION,
      holds: async () => true,
      end: async () => undefined,
      endByText: async () => undefined,
      endAllOf: async () => undefined,
    },
    audit: {
      list: async () => pageOf(AUDIT_ENTRY),
      run: async (_acting, work) => await work(),
      note: async () => undefined,
    },
    health: { ready: async () => ({ ready: true, reasons: [], oldestDueAgeMs: 0 }) },
  }
}

type Overrides = { readonly [G in keyof UseCases]?: Partial<UseCases[G]> }

/** Remembers every call as `group.method`. */
export function fakeUseCases(overrides: Overrides = {}): { useCases: UseCases; calls: CallRecord[] } {
  const calls: CallRecord[] = []
  const groups = Object.entries(plain()).map(([group, methods]) => {
    const all = { ...methods, ...overrides[group as keyof UseCases] }
    const watched = Object.entries(all).map(([method, run]) => [
      method,
      (...args: unknown[]) => {
        calls.push({ name: `${group}.${method}`, args })
        return (run as (...given: unknown[]) => unknown)(...args)
      },
    ])
    return [group, Object.fromEntries(watched)]
  })
  return { useCases: Object.fromEntries(groups) as unknown as UseCases, calls }
}
