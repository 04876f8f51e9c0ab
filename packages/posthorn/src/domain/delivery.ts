import type { EventKey, StoredEvent } from './event.ts'
import type { AttemptId, DeliveryId, ReplayId, TargetId, TenantId } from './ids.ts'
import type { BodyFormat } from './subscription.ts'

export const DELIVERY_STATES = ['pending', 'delivered', 'dead', 'cancelled'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** One event to one subscription or handler, until it is done. */
export interface Delivery {
  readonly id: DeliveryId
  readonly tenantId: TenantId
  readonly eventKey: EventKey
  readonly eventId: string
  readonly eventType: string
  readonly targetId: TargetId
  /** Frozen when the delivery is made, so that every attempt sends the same bytes. */
  readonly format: BodyFormat
  readonly state: DeliveryState
  /** When the next attempt may start; epoch ms. Meaningful while pending. */
  readonly dueAt: number
  /** How many attempts were made, over all retries by hand. */
  readonly attempts: number
  /** `attempts` when the retry schedule last started; a retry by hand starts it anew. */
  readonly scheduleStart: number
  readonly leaseToken: string | null
  readonly leaseUntil: number | null
  readonly createdAt: number
  /** When it left `pending`; null while pending. */
  readonly finishedAt: number | null
  /** Of the last attempt, for lists; null before the first. */
  readonly lastStatusCode: number | null
  readonly lastError: string | null
  /** The replay that made it, or null. */
  readonly replayId: ReplayId | null
}

/** What a publish or a replay asks to be stored; the store adds the event's key. */
export interface NewDelivery {
  /** Made at `createdAt`, give or take a minute: lists by time look at the time within the id. */
  readonly id: DeliveryId
  readonly targetId: TargetId
  readonly format: BodyFormat
  readonly dueAt: number
  readonly createdAt: number
  readonly replayId: ReplayId | null
  /** Set when the inserting process attempts it at once from memory. */
  readonly lease: Lease | null
}

/** The right of one process to attempt a pending delivery for a while. */
export interface Lease {
  /** Fencing token: a result is taken only while this is still the delivery's token. */
  readonly token: string
  /** epoch ms */
  readonly until: number
}

export const OUTCOMES = ['success', 'retry', 'fatal'] as const
export type Outcome = (typeof OUTCOMES)[number]

/** One try of a delivery, as it is kept on record. */
export interface Attempt {
  readonly id: AttemptId
  readonly deliveryId: DeliveryId
  /** 1 for the first. */
  readonly number: number
  readonly startedAt: number
  readonly durationMs: number
  readonly outcome: Outcome
  /** null when no answer came, or for a handler. */
  readonly statusCode: number | null
  /** A code of `docs/reference/errors.md` (attempt errors), or null. */
  readonly errorCode: string | null
  readonly errorDetail: string | null
  /** At most 16 KiB, as bytes: an answer may hold anything, a NUL too. */
  readonly responseBody: Uint8Array
  readonly responseTruncated: boolean
  /** What went over the wire beside the bodies, as `domain/exchange.ts` writes it; null: nothing was sent. */
  readonly exchange: string | null
}

/** A delivery in the hands of a process that may attempt it. */
export interface LeasedDelivery {
  readonly delivery: Delivery
  readonly event: StoredEvent
}
