import type { NewDelivery } from '../domain/delivery.ts'
import type { EventKey, EventRecord } from '../domain/event.ts'

/** What goes into the store together, and what came of it. */
export interface NewEvent {
  readonly event: EventRecord
  readonly deliveries: readonly NewDelivery[]
}

export type InsertResult =
  | { readonly status: 'stored'; readonly key: EventKey }
  /**
   * The same tenant, source and id with the same content hash was there: nothing was written. `deliveries`: how many
   * were made with it then, whatever was added later by replays.
   */
  | { readonly status: 'duplicate'; readonly key: EventKey | null; readonly deliveries: number }
  /** … with another content hash: nothing was written. `key` is null where only the id is remembered. */
  | { readonly status: 'conflict'; readonly key: EventKey | null }
  /** It was there, and the deliveries were added to it, since that was asked for. */
  | { readonly status: 'redelivered'; readonly key: EventKey }
