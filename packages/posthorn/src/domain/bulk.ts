import type { BulkId, DeliveryId, TargetId, TenantId } from './ids.ts'

export const BULK_ACTIONS = ['retry', 'drop'] as const
export const BULK_STATES = ['running', 'done', 'cancelled'] as const

/** Which dead letters; null: any. */
export interface BulkFilter {
  readonly targetId: TargetId | null
  /** As in lists of deliveries. */
  readonly eventType: string | null
  /** `lastError` of the delivery, exactly. */
  readonly cause: string | null
  /** epoch ms of `createdAt`: at or after. */
  readonly since: number | null
  /** before */
  readonly until: number
}

/** A durable order to do something to many dead letters. */
export interface Bulk {
  readonly id: BulkId
  readonly tenantId: TenantId
  /** retry: attempt them again; drop: cancel them, so that they are no dead letters any more. */
  readonly action: (typeof BULK_ACTIONS)[number]
  /** These; null: those of the filter. */
  readonly ids: readonly DeliveryId[] | null
  readonly filter: BulkFilter | null
  readonly state: (typeof BULK_STATES)[number]
  /** How many it was for when it was begun. */
  readonly matched: number
  /** Deliveries that it has come to. */
  readonly done: number
  /** Of these, those that it has changed. */
  readonly changed: number
  /** Of a filter: all above this id are done; null: none is. */
  readonly cursor: DeliveryId | null
  readonly createdAt: number
  readonly finishedAt: number | null
}

export const BULK_RESULTS = ['changed', 'not_found', 'state_conflict'] as const

export interface BulkItem {
  readonly deliveryId: DeliveryId
  readonly result: (typeof BULK_RESULTS)[number]
}
