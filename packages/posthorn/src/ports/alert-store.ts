import type { Alert } from '../domain/alert.ts'
import type { TenantId } from '../domain/ids.ts'
import type { Subscription } from '../domain/subscription.ts'
import type { RecordStore, Versioned } from './record-store.ts'

/** By name: what the rule and its subject are, while it is not closed. So there is one of them, whoever looks. */
export interface AlertStore extends RecordStore<Alert> {
  /** Those that are not closed, and those of which something waits to be told. */
  live(): Promise<Array<Versioned<Alert>>>
  /** Open and closed ones, newest first. */
  find(query: AlertQuery): Promise<Array<Versioned<Alert> & { readonly cursor: number }>>
  /** Removes at most `limit` that were closed before `before`. @returns how many */
  prune(before: number, limit: number): Promise<number>
  /** What rules ask for. null: of nothing. */
  measure(what: Measure): Promise<Measured>
  /** Subscriptions that do nothing but fail, or were disabled for it; the oldest, at most `limit`. */
  troubled(limit: number): Promise<Subscription[]>
}

export interface AlertQuery {
  /** null: of all tenants and of none. */
  readonly tenantId: TenantId | null
  readonly state: 'open' | 'closed' | null
  readonly before: number | null
  readonly limit: number
}

export interface Measure {
  readonly of: 'attempts' | 'dead' | 'oldestDue' | 'lastEvent' | 'refused'
  /** null: all. */
  readonly tenantId: TenantId | null
  readonly subscriptionId: string | null
  /** Of `lastEvent` and `refused`: needed. */
  readonly sourceId: string | null
  /** Of `attempts` and `refused`: at or after; epoch ms. */
  readonly since: number
}

export interface Measured {
  /** Attempts, dead deliveries, refused requests; or the instant of the oldest due delivery, of the last event. */
  readonly value: number | null
  /** Of `attempts`: how many of them have failed. */
  readonly failed: number
}
