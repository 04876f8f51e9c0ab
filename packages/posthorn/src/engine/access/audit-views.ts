/** What the audit log tells of each kind of record. Fields that Posthorn keeps for itself are left out. */
import type { AlertRule } from '../../domain/alert.ts'
import type { AuditObject } from '../../domain/audit.ts'
import type { Bulk } from '../../domain/bulk.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { ApiKey, EventType, Replay, Tenant } from '../../domain/records.ts'
import type { Session } from '../../domain/session.ts'
import type { Source } from '../../domain/source.ts'
import type { Subscription } from '../../domain/subscription.ts'
import { counted, type Fields, instant, namesOnly, onWire, told, withoutQuery } from './audit-fields.ts'

export interface AuditView<T> {
  /** First word of its actions. */
  readonly kind: string
  readonly tenantId: (record: T) => TenantId | null
  readonly id: (record: T) => string
  readonly name: (record: T) => string
  readonly fields: (record: T) => Fields
  /** Second word of the actions. @default `created`, `deleted` */
  readonly created?: string
  readonly deleted?: string
  /** Second word for a change of just these fields. @default `updated` */
  readonly updated?: (changed: ReadonlySet<string>, to: T) => string
}

export function objectOf<T>(view: AuditView<T>, record: T): AuditObject {
  return { kind: view.kind, id: view.id(record), name: view.name(record) }
}

const isOnly = (changed: ReadonlySet<string>, ...names: readonly string[]) =>
  [...changed].every((name) => names.includes(name))

export const SUBSCRIPTION_VIEW: AuditView<Subscription> = {
  kind: 'subscription',
  tenantId: ({ tenantId }) => tenantId,
  id: ({ id }) => id,
  name: ({ name }) => name,
  fields: (record) => ({
    name: record.name,
    url: withoutQuery(record.url),
    events: record.events,
    source: record.source,
    description: record.description,
    owner_email: record.ownerEmail,
    headers: namesOnly(record.headers),
    timeout_ms: record.timeoutMs,
    max_in_flight: record.maxInFlight,
    rate_limit: onWire(record.rateLimit),
    retry: onWire(record.retry),
    on_client_error: record.onClientError,
    signature: onWire(record.signature),
    format: record.format,
    active: record.active,
    disabled_reason: record.disabledReason,
    signing_secrets: counted(record.secrets),
  }),
  updated: (changed, { active }) => {
    if (isOnly(changed, 'active', 'disabled_reason')) return active ? 'enabled' : 'disabled'
    return isOnly(changed, 'signing_secrets') ? 'secret_rotated' : 'updated'
  },
}

export const SOURCE_VIEW: AuditView<Source> = {
  kind: 'source',
  tenantId: ({ tenantId }) => tenantId,
  id: ({ id }) => id,
  name: ({ slug }) => slug,
  fields: (record) => ({
    slug: record.slug,
    description: record.description,
    provider: record.provider,
    scheme: record.scheme,
    settings: namesOnly(record.settings as Readonly<Record<string, string>>),
    secrets: counted(record.secrets),
    verify_token: counted(record.handshake.verifyToken === null ? [] : [record.handshake.verifyToken]),
    allowed_origins: record.handshake.allowedOrigins,
    allowed_rate: record.handshake.allowedRate,
    tolerance_s: record.toleranceS,
    body_limit_bytes: record.bodyLimitBytes,
    allowed_ips: record.allowedIps,
    https_only: record.httpsOnly,
    rate_limit: onWire(record.rateLimit),
    address_rate_limit: onWire(record.addressRateLimit),
    public_url: withoutQuery(record.publicUrl),
    dedupe_s: record.dedupeS,
    expected_tenant: record.expectedTenant,
    check_schemas: record.checkSchemas,
    test_events: record.testEvents,
    let_through: record.letThrough.map(({ eventId, until }) => ({
      event_id: eventId,
      until: instant(until),
    })),
    active: record.active,
  }),
  updated: (changed) => (isOnly(changed, 'let_through') ? 'let_through' : 'updated'),
}

export const EVENT_TYPE_VIEW: AuditView<EventType> = {
  kind: 'event_type',
  tenantId: ({ tenantId }) => tenantId,
  id: ({ name }) => name,
  name: ({ name }) => name,
  fields: (record) => ({
    name: record.name,
    description: record.description,
    schema: record.schema,
    // Examples are often pieces of real data.
    examples: told(record.examples, `${record.examples.length} examples`),
    archived: record.archived,
  }),
}

export const TENANT_VIEW: AuditView<Tenant> = {
  kind: 'tenant',
  tenantId: ({ id }) => id,
  id: ({ id }) => id,
  name: ({ slug }) => slug,
  fields: ({ slug, name }) => ({ slug, name }),
}

export const KEY_VIEW: AuditView<ApiKey> = {
  kind: 'key',
  tenantId: ({ tenantId }) => tenantId,
  id: ({ id }) => id,
  name: ({ name }) => name,
  fields: (record) => ({
    name: record.name,
    scope: record.scope,
    // Another text: the operator has configured another admin key.
    hint: told(record.hash, record.hint),
    revoked_at: instant(record.revokedAt),
  }),
  updated: (changed, { revokedAt }) =>
    isOnly(changed, 'revoked_at') && revokedAt !== null ? 'revoked' : 'updated',
}

export const REPLAY_VIEW: AuditView<Replay> = {
  kind: 'replay',
  tenantId: ({ tenantId }) => tenantId,
  id: ({ id }) => id,
  name: ({ subscriptionId }) => subscriptionId,
  fields: (record) => ({
    subscription_id: record.subscriptionId,
    since: instant(record.since),
    until: instant(record.until),
    states: record.states,
    event_types: record.eventTypes,
    state: record.state,
  }),
  created: 'started',
  updated: (_, { state }) => state,
}

export const BULK_VIEW: AuditView<Bulk> = {
  kind: 'bulk',
  tenantId: ({ tenantId }) => tenantId,
  id: ({ id }) => id,
  name: ({ action }) => action,
  fields: (record) => ({
    action: record.action,
    ids: record.ids,
    filter: onWire(record.filter),
    matched: record.matched,
    state: record.state,
  }),
  created: 'started',
  updated: (_, { state }) => state,
}

export const SESSION_VIEW: AuditView<Session> = {
  kind: 'session',
  tenantId: ({ tenantId }) => tenantId,
  id: ({ id }) => id,
  name: ({ keyId }) => keyId,
  fields: ({ keyId, expiresAt, portal }) => ({
    key_id: keyId,
    expires_at: instant(expiresAt),
    portal: portal && { scope: portal.scope, user: portal.user },
    opened_at: instant(portal?.openedAt ?? null),
  }),
  updated: (changed) => (changed.has('opened_at') ? 'opened' : 'updated'),
  deleted: 'ended',
}

export const ALERT_RULE_VIEW: AuditView<AlertRule> = {
  kind: 'alert_rule',
  tenantId: ({ tenantId }) => tenantId,
  id: ({ id }) => id,
  name: ({ name }) => name,
  fields: (record) => ({
    name: record.name,
    when: onWire(record.when),
    hold_s: record.holdMs / 1000,
    clear_s: record.clearMs / 1000,
    remind_s: record.remindMs === null ? null : record.remindMs / 1000,
    emails: record.emails,
    slack_urls: counted(record.slack),
    active: record.active,
  }),
}
