/** What the one table shape needs to know of each kind of record. */
import { type Alert, type AlertRule, alertKey } from '../../domain/alert.ts'
import type { Bulk } from '../../domain/bulk.ts'
import type { ApiKey, EventType, Replay, Tenant } from '../../domain/records.ts'
import type { Session } from '../../domain/session.ts'
import type { Source } from '../../domain/source.ts'
import type { Subscription } from '../../domain/subscription.ts'

export interface RecordKind<T> {
  readonly table: string
  /**
   * What a change is noted under, as processes keep such records in memory and must hear of it: the column `id`, or `''`
   * for all of the tenant's records alike. null: nobody keeps them.
   */
  readonly noted: 'id' | "''" | null
  /** null: it belongs to none. */
  tenantId(record: T): string | null
  /** Unique within the tenant. */
  id(record: T): string
  /** Unique as the table's index says; null: it has none. */
  name(record: T): string | null
}

/** A tenant belongs to itself. */
export const TENANTS: RecordKind<Tenant> = {
  table: 'tenants',
  noted: "''",
  tenantId: (tenant) => tenant.id,
  id: (tenant) => tenant.id,
  name: (tenant) => tenant.slug,
}

export const SUBSCRIPTIONS: RecordKind<Subscription> = {
  table: 'subscriptions',
  // A tenant may have 100,000 of them.
  noted: 'id',
  tenantId: (subscription) => subscription.tenantId,
  id: (subscription) => subscription.id,
  name: () => null,
}

export const SOURCES: RecordKind<Source> = {
  table: 'sources',
  noted: "''",
  tenantId: (source) => source.tenantId,
  id: (source) => source.id,
  name: (source) => source.slug,
}

/** Has no id but its name. */
export const EVENT_TYPES: RecordKind<EventType> = {
  table: 'event_types',
  noted: "''",
  tenantId: (eventType) => eventType.tenantId,
  id: (eventType) => eventType.name,
  name: (eventType) => eventType.name,
}

export const API_KEYS: RecordKind<ApiKey> = {
  table: 'api_keys',
  noted: "''",
  tenantId: (key) => key.tenantId,
  id: (key) => key.id,
  name: (key) => key.hash,
}

export const REPLAYS: RecordKind<Replay> = {
  table: 'replays',
  noted: null,
  tenantId: (replay) => replay.tenantId,
  id: (replay) => replay.id,
  name: () => null,
}

export const SESSIONS: RecordKind<Session> = {
  table: 'sessions',
  // Looked up at each request that has one.
  noted: null,
  tenantId: (session) => session.tenantId,
  id: (session) => session.id,
  name: (session) => session.hash,
}

export const ALERT_RULES: RecordKind<AlertRule> = {
  table: 'alert_rules',
  noted: null,
  tenantId: (rule) => rule.tenantId,
  id: (rule) => rule.id,
  name: () => null,
}

/** What is closed gives its name free. */
export const ALERTS: RecordKind<Alert> = {
  table: 'alerts',
  noted: null,
  tenantId: (alert) => alert.tenantId,
  id: (alert) => alert.id,
  name: (alert) => (alert.state === 'closed' ? null : alertKey(alert)),
}

export const BULKS: RecordKind<Bulk> = {
  table: 'bulks',
  noted: null,
  tenantId: (bulk) => bulk.tenantId,
  id: (bulk) => bulk.id,
  name: () => null,
}
