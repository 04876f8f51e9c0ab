/** What the one table shape needs to know of each kind of record. */
import type { ApiKey, EventType, Replay, Tenant } from '../../domain/records.ts'
import type { Source } from '../../domain/source.ts'
import type { Subscription } from '../../domain/subscription.ts'

export interface RecordKind<T> {
  readonly table: string
  /** Whether processes keep such records in memory, and must hear of changes. */
  readonly remembered: boolean
  /** What a change is noted under: the column `id`, or `''` for all of the tenant's records alike. */
  readonly noted: 'id' | "''"
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
  remembered: true,
  noted: "''",
  tenantId: (tenant) => tenant.id,
  id: (tenant) => tenant.id,
  name: (tenant) => tenant.slug,
}

export const SUBSCRIPTIONS: RecordKind<Subscription> = {
  table: 'subscriptions',
  remembered: true,
  // A tenant may have 100,000 of them.
  noted: 'id',
  tenantId: (subscription) => subscription.tenantId,
  id: (subscription) => subscription.id,
  name: () => null,
}

export const SOURCES: RecordKind<Source> = {
  table: 'sources',
  remembered: true,
  noted: "''",
  tenantId: (source) => source.tenantId,
  id: (source) => source.id,
  name: (source) => source.slug,
}

/** Has no id but its name. */
export const EVENT_TYPES: RecordKind<EventType> = {
  table: 'event_types',
  remembered: true,
  noted: "''",
  tenantId: (eventType) => eventType.tenantId,
  id: (eventType) => eventType.name,
  name: (eventType) => eventType.name,
}

export const API_KEYS: RecordKind<ApiKey> = {
  table: 'api_keys',
  remembered: true,
  noted: "''",
  tenantId: (key) => key.tenantId,
  id: (key) => key.id,
  name: (key) => key.hash,
}

export const REPLAYS: RecordKind<Replay> = {
  table: 'replays',
  remembered: false,
  noted: "''",
  tenantId: (replay) => replay.tenantId,
  id: (replay) => replay.id,
  name: () => null,
}
