import type { RequestId, SourceId, TenantId } from '../domain/ids.ts'
import type { InboundRequest, Verdict } from '../domain/inbound-request.ts'
import type { InsertResult, NewEvent } from './insert.ts'

export interface RequestStore {
  /**
   * Requests that were verified, each with its events and their deliveries all or nothing, the whole call in one
   * commit. An event whose id is remembered (also of one that was removed since) is not stored again.
   */
  receive(batch: readonly ReceivedRequest[]): Promise<ReceiveResult[]>
  /** Requests that made no event. Of those that were refused only the newest `keep` of each source stay. */
  note(batch: readonly InboundRequest[], keep: number): Promise<void>
  /** With its body, if it was kept. */
  get(tenantId: TenantId, sourceId: SourceId, id: RequestId): Promise<InboundRequest | null>
  /** Newest first, by id; without bodies. */
  list(query: RequestQuery): Promise<InboundRequest[]>
}

export interface ReceivedRequest {
  /** Its verdict is the store's to find. `body`: null where it is that of its only event. */
  readonly request: InboundRequest
  /** All of the request's source. */
  readonly events: readonly NewEvent[]
  /**
   * Holds for one request ever, whatever its events' ids, until `dedupeUntil` of its first event (providers that sign a
   * token instead of the body); null: none.
   */
  readonly onceToken: string | null
  /** `deliver`: the deliveries of an event that is there already are added to it. */
  readonly onDuplicate: 'skip' | 'deliver'
}

export interface ReceiveResult {
  readonly verdict: Verdict
  /** In the order of the events. All duplicates where the token was used before. */
  readonly results: readonly InsertResult[]
}

export interface RequestQuery {
  readonly tenantId: TenantId
  readonly sourceId: SourceId
  readonly verdict: Verdict | null
  /** Only ids below this one. */
  readonly before: RequestId | null
  readonly limit: number
}
