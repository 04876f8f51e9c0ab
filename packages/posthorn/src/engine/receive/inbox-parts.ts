import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import type { ReceiveResult } from '../../ports/request-store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Tracer } from '../../ports/tracer.ts'
import type { TargetFinder } from '../deliver/target.ts'
import type { EventTypeGate } from '../publish/event-type-gate.ts'
import type { Publisher } from '../publish/publisher.ts'
import type { Rates } from './guard.ts'
import type { Taken } from './intake.ts'
import type { Keys } from './keys.ts'
import type { RequestNotes } from './request-notes.ts'
import type { SecretUses } from './secret-uses.ts'
import type { SignatureDoctor } from './signature-doctor.ts'

/** What all inboxes of a process share, and what outlives each of them. */
export interface InboxShared {
  readonly publisher: Publisher
  readonly finder: TargetFinder
  readonly gate: EventTypeGate
  readonly keys: Keys
  readonly notes: RequestNotes
  readonly uses: SecretUses
  readonly rates: Rates
  readonly doctor: SignatureDoctor
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly telemetry: Telemetry
  readonly tracer: Tracer
}

/** Tells what became of each event of a request that is stored. */
export function tellStored(
  telemetry: Telemetry,
  { request, events }: Taken,
  { results }: ReceiveResult,
): void {
  const { tenantId, sourceId, id: requestId } = request
  for (const [index, { event, targets, skipped }] of events.entries()) {
    const status = results[index]?.status
    const { id: eventId, type: eventType } = event
    const of = { tenantId, sourceId, requestId, eventId, eventType }
    const verdict = status === 'stored' ? 'accepted' : status === 'redelivered' ? 'redelivered' : 'duplicate'
    const deliveries = verdict === 'duplicate' ? 0 : targets.length
    telemetry.record({ name: 'inbound.received', ...of, verdict, deliveries })
    if (skipped !== null && verdict !== 'duplicate')
      telemetry.record({ name: 'event.skipped', ...of, reason: skipped })
  }
}
