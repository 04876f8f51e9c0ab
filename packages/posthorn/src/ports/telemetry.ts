import type { Outcome } from '../domain/delivery.ts'

/**
 * What happens, one record a unit of work. Logs, metrics, the console's timeline, the narration of `posthorn dev` and
 * the signals that tests wait for are all made from these records; nothing else is measured beside them.
 */
export type Happening =
  | {
      name: 'event.published'
      tenantId: string
      eventId: string
      eventType: string
      sourceId: string | null
      deliveries: number
      duplicate: boolean
    }
  | {
      name: 'event.skipped'
      tenantId: string
      eventId: string
      eventType: string
      sourceId: string | null
      reason: string
    }
  | {
      name: 'delivery.attempted'
      tenantId: string
      eventId: string
      eventType: string
      deliveryId: string
      targetId: string
      attempt: number
      outcome: Outcome
      statusCode: number | null
      errorCode: string | null
      errorDetail: string | null
      durationMs: number
      latencyMs: number
      nextAttemptAt: number | null
    }
  | {
      name: 'delivery.finished'
      tenantId: string
      eventId: string
      eventType: string
      deliveryId: string
      targetId: string
      state: 'delivered' | 'dead'
      attempts: number
      reason: string | null
    }
  | { name: 'delivery.stale'; deliveryId: string; targetId: string }
  | { name: 'lease.expired'; count: number }
  | { name: 'target.opened'; targetId: string; until: number }
  | { name: 'target.closed'; targetId: string }
  | { name: 'subscription.disabled'; tenantId: string; targetId: string; reason: string }
  | { name: 'inbound.received'; sourceId: string; eventId: string; eventType: string; duplicate: boolean }
  | { name: 'inbound.refused'; sourceId: string; reason: string; address: string | null }
  | { name: 'replay.advanced'; tenantId: string; replayId: string; created: number; done: boolean }
  | { name: 'retention.pruned'; events: number; deliveries: number; attempts: number }
  | { name: 'store.failed'; operation: string; error: string }
  | { name: 'service.failed'; service: string; error: string }

export interface Telemetry {
  record(happening: Happening): void
}
