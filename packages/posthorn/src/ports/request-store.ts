import type { RequestId, SourceId, TenantId } from '../domain/ids.ts'
import type { InboundRequest, Verdict } from '../domain/inbound-request.ts'
import type { InsertResult, NewEvent } from './insert.ts'

export interface RequestStore {
  /**
   * Requests that were verified, each with its events and their deliveries all or nothing, the whole call in one
   * commit. An event whose id is remembered (also of one that was removed since) is not stored again. The bytes of a
   * request that are in no stored event are kept with it: those of a conflict, of an id that is only remembered, of a
   * token that was used before.
   */
  receive(batch: readonly ReceivedRequest[]): Promise<ReceiveResult[]>
  /**
   * Requests that made no event. Of those that anybody can send, the refused ones and the handshakes, only the newest
   * `keep` of each kind stay in each source.
   */
  note(batch: readonly InboundRequest[], keep: number): Promise<void>
  /** With its body, if it was kept: one that is that of its only event comes from there, also for a repetition of it. */
  get(tenantId: TenantId, sourceId: SourceId, id: RequestId): Promise<InboundRequest | null>
  /** Newest first, by id; without bodies. */
  list(query: RequestQuery): Promise<InboundRequest[]>
  /** Of one secret the latest stays. */
  noteUses(batch: readonly SecretUse[]): Promise<void>
  /** The last one of each secret, in no order. */
  uses(tenantId: TenantId, sourceIds: readonly SourceId[]): Promise<SecretUse[]>
  /** Those of a source, but for these secrets. */
  forgetUses(tenantId: TenantId, sourceId: SourceId, keep: readonly string[]): Promise<void>
}

/** That a secret of a source has verified a request. */
export interface SecretUse {
  readonly tenantId: TenantId
  readonly sourceId: SourceId
  /** A name from which it cannot be told. */
  readonly secret: string
  /** epoch ms */
  readonly usedAt: number
}

export interface ReceivedRequest {
  /** Its verdict is the store's to find. `body`: null where it is that of its only event. */
  readonly request: InboundRequest
  /** At least one, all of the request's tenant and source. */
  readonly events: readonly NewEvent[]
  /**
   * Holds for one request ever, whatever its events' ids, until `dedupeUntil` of its first event (providers that sign a
   * token instead of the body), for good where that is null; null: none.
   */
  readonly onceToken: string | null
  /**
   * `deliver`: the deliveries of an event that is there already are added to it, and go out with the bytes that are
   * stored, whatever bytes came now; one whose id is only remembered is stored again.
   */
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
