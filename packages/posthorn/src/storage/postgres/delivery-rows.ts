import type { Delivery, DeliveryState } from '../../domain/delivery.ts'
import type { DeliveryId, ReplayId, TargetId, TenantId } from '../../domain/ids.ts'
import type { BodyFormat } from '../../domain/subscription.ts'

/** What `pending` and `ended` have in common, in their order. */
export const COMMON_COLUMNS = `id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts,
  schedule_start, created_at, last_status_code, last_error, replay_id`

/** As `DeliveryRow` has them, of a row of `pending`. */
export const PENDING_COLUMNS = `${COMMON_COLUMNS}, 'pending' as state, lease_token, lease_until,
  null::bigint as finished_at`

/** … of a row of `ended`. */
export const ENDED_COLUMNS = `${COMMON_COLUMNS}, state, null as lease_token, null::bigint as lease_until, finished_at`

export interface DeliveryRow {
  readonly id: string
  readonly tenant_id: string
  readonly event_key: number
  readonly event_id: string
  readonly event_type: string
  readonly target_id: string
  readonly format: string
  readonly state: string
  readonly due_at: number
  readonly attempts: number
  readonly schedule_start: number
  readonly lease_token: string | null
  readonly lease_until: number | null
  readonly created_at: number
  readonly finished_at: number | null
  readonly last_status_code: number | null
  readonly last_error: string | null
  readonly replay_id: string | null
}

export function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id as DeliveryId,
    tenantId: row.tenant_id as TenantId,
    eventKey: row.event_key,
    eventId: row.event_id,
    eventType: row.event_type,
    targetId: row.target_id as TargetId,
    format: row.format as BodyFormat,
    state: row.state as DeliveryState,
    dueAt: row.due_at,
    attempts: row.attempts,
    scheduleStart: row.schedule_start,
    leaseToken: row.lease_token,
    leaseUntil: row.lease_until,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
    lastStatusCode: row.last_status_code,
    lastError: row.last_error,
    replayId: row.replay_id as ReplayId | null,
  }
}
