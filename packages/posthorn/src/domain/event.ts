import type { SourceId, TenantId } from './ids.ts'

/** A fact that came in. Stored once per tenant, source and id. */
export interface EventRecord {
  readonly tenantId: TenantId
  /** null: published over the API or by the library; else the source it came from. */
  readonly sourceId: SourceId | null
  /** The publisher's or provider's id, or one made here: the idempotency key. */
  readonly id: string
  readonly type: string
  /** Content type of `data`; `application/json` unless the publisher said otherwise. */
  readonly contentType: string
  /** The exact bytes that were published. Never parsed and written again. */
  readonly data: Uint8Array
  /** SHA-256 over type, content type and data, hex: tells a repeated publish from a conflicting one. */
  readonly contentHash: string
  /** When it happened, by the publisher's word; epoch ms. */
  readonly occurredAt: number
  /** When it was accepted here; epoch ms. */
  readonly receivedAt: number
  /** The HTTP request that brought it: for an event of a source the stored one; null: published by a call. */
  readonly requestId: string | null
  /** `traceparent` of what brought it (W3C Trace Context), for the spans and requests that it causes; null: none. */
  readonly trace: string | null
  /** Until when its id is remembered even if the event itself is removed before; epoch ms. null: as long as the event. */
  readonly dedupeUntil: number | null
}

/** Where a stored event stands in its store; grows with time, never reused. */
export type EventKey = number

export interface StoredEvent extends EventRecord {
  readonly key: EventKey
  /** Among others, of data above `LIMITS.listedDataBytes`: its size, and `data` is empty. Else left out. */
  readonly omittedBytes?: number
}
