import type { EventRecord } from '../domain/event.ts'

/** Lets an event of a catalogued type in only if its data fits. */
export interface EventTypeGate {
  /** null when there is nothing to check; else settles with the verdict. @throws schema_mismatch, event_type_archived */
  check(event: EventRecord): Promise<void> | null
}
