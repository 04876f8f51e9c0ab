import type { Delivery, DeliveryState } from '../../domain/delivery.ts'
import type { DeliveryId, ReplayId, TargetId, TenantId } from '../../domain/ids.ts'
import type { BodyFormat } from '../../domain/subscription.ts'

export const DELIVERY_COLUMNS = `d.id, d.tenant_id, d.event_key, d.event_id, d.event_type, d.target_id, d.format,
  d.state, d.due_at, d.attempts, d.schedule_start, d.lease_token, d.lease_until, d.created_at, d.finished_at,
  d.last_status_code, d.last_error, d.replay_id`

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
