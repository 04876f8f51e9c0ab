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
      requestId: string | null
      eventId: string
      eventType: string
      sourceId: string | null
      reason: string
    }
  | {
      name: 'delivery.attempted'
      tenantId: string
      /** Of the request that brought the event; null: it had none. */
      requestId: string | null
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
      /** Of the request that brought the event; null: it had none. */
      requestId: string | null
      eventId: string
      eventType: string
      deliveryId: string
      targetId: string
      state: 'delivered' | 'dead'
      attempts: number
      reason: string | null
    }
  /** The lease had run out: what was tried was not recorded. */
  | {
      name: 'delivery.stale'
      tenantId: string
      requestId: string | null
      eventId: string
      eventType: string
      deliveryId: string
      targetId: string
    }
  | { name: 'lease.expired'; count: number }
  | { name: 'target.opened'; targetId: string; until: number }
  | { name: 'target.closed'; targetId: string }
  | { name: 'subscription.disabled'; tenantId: string; targetId: string; reason: string }
  /** One for each event that a verified request brought; `event.published` is not told of those. */
  | {
      name: 'inbound.received'
      tenantId: string
      sourceId: string
      requestId: string
      eventId: string
      eventType: string
      /** Of this event. */
      verdict: 'accepted' | 'duplicate' | 'redelivered'
      /** Made by this request; 0 for a duplicate. */
      deliveries: number
    }
  | {
      name: 'inbound.refused'
      tenantId: string
      sourceId: string
      /** null: only counted, not kept, since so many were refused. */
      requestId: string | null
      reason: string
      /** What it was answered. */
      status: number
      address: string | null
    }
  | {
      name: 'inbound.handshake'
      tenantId: string
      sourceId: string
      requestId: string | null
      status: number
    }
  /** Known mistakes without which the signature would have fitted; by the doctor, now and then. */
  | {
      name: 'inbound.diagnosed'
      tenantId: string
      sourceId: string
      requestId: string | null
      reason: string
      causes: readonly string[]
      detail: string
      remedy: string
    }
  | { name: 'replay.advanced'; tenantId: string; replayId: string; created: number; done: boolean }
  | { name: 'retention.pruned'; events: number; deliveries: number; attempts: number }
  /** A request found no room: so many bytes of others were in the process. `loud`: worth a line, now and then. */
  | { name: 'intake.refused'; bytes: number; loud: boolean }
  | { name: 'store.failed'; operation: string; error: string }
  | { name: 'service.failed'; service: string; error: string }
  /** The server behind the queue; told now and then, with how many there were since. */
  | { name: 'queue.failed'; queue: string; error: string; count: number }
  | { name: 'queue.recovered'; queue: string }

export interface Telemetry {
  record(happening: Happening): void
}
