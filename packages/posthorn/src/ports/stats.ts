/** What is counted of one target's attempts and deliveries. */
import type { Attempt } from '../domain/delivery.ts'
import type { TargetId, TenantId } from '../domain/ids.ts'

export interface StatsQuery {
  readonly tenantId: TenantId
  readonly targetId: TargetId
  /** Attempts started at or after, before; epoch ms. */
  readonly since: number
  readonly until: number
}

export type FailedAttempt = Pick<Attempt, 'errorCode' | 'statusCode'>

export interface DeliveryStats {
  readonly attempts: number
  readonly succeeded: number
  readonly failed: number
  /** Durations of attempts in ms; null without attempts. */
  readonly p50Ms: number | null
  readonly p90Ms: number | null
  readonly p99Ms: number | null
  /** Deliveries of the target by state, whenever they were made. */
  readonly pending: number
  readonly dead: number
  /** `dueAt` of the oldest pending delivery, or null. */
  readonly oldestDueAt: number | null
}
