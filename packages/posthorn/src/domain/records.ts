import type { DeliveryState } from './delivery.ts'
import type { EventKey } from './event.ts'
import type { KeyId, ReplayId, SubscriptionId, TenantId } from './ids.ts'

export interface Tenant {
  readonly id: TenantId
  /** Unique, never changed: it stands in the bodies that are signed. */
  readonly slug: string
  readonly name: string
  readonly createdAt: number
}

export interface EventType {
  readonly tenantId: TenantId
  /** Unique within the tenant. */
  readonly name: string
  readonly description: string
  /** JSON Schema 2020-12 that `data` must fit, or null. */
  readonly schema: unknown
  readonly examples: readonly unknown[]
  readonly archived: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

export const KEY_SCOPES = ['admin', 'tenant', 'publish', 'read'] as const
/** admin: everything, every tenant; tenant: all of one tenant; publish: publish events only; read: read one tenant. */
export type KeyScope = (typeof KEY_SCOPES)[number]

export interface ApiKey {
  readonly id: KeyId
  /** null for an admin key. */
  readonly tenantId: TenantId | null
  readonly name: string
  readonly scope: KeyScope
  /** SHA-256 of the key's text, hex. The key has 256 random bits, so no slow hash is needed. */
  readonly hash: string
  /** The first characters of the key's text, to recognise it by. */
  readonly hint: string
  readonly createdAt: number
  readonly revokedAt: number | null
}

export const REPLAY_STATES = ['running', 'done', 'cancelled'] as const

/** A durable order to make new deliveries of old events for one subscription. */
export interface Replay {
  readonly id: ReplayId
  readonly tenantId: TenantId
  readonly subscriptionId: SubscriptionId
  readonly since: number
  readonly until: number
  /** Only events whose last delivery to the subscription is in one of these; null: all that match. */
  readonly states: readonly DeliveryState[] | null
  readonly eventTypes: readonly string[] | null
  readonly state: (typeof REPLAY_STATES)[number]
  /** Events up to this key are done. */
  readonly cursor: EventKey
  /** New deliveries made so far. */
  readonly created: number
  /** Events looked at so far. */
  readonly scanned: number
  readonly createdAt: number
  readonly finishedAt: number | null
}
