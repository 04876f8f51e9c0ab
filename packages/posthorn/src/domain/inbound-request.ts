import type { RequestId, SourceId, TenantId } from './ids.ts'

/**
 * `accepted`: at least one new event; `duplicate`: nothing new; `redelivered`: nothing new, delivered again since
 * somebody asked for it; `refused`: not verified, or not let in; `handshake`: a question of the provider, answered.
 */
export const VERDICTS = ['accepted', 'duplicate', 'redelivered', 'refused', 'handshake'] as const
export type Verdict = (typeof VERDICTS)[number]

/** A request to a source as it came in, and what was made of it. */
export interface InboundRequest {
  readonly id: RequestId
  readonly tenantId: TenantId
  readonly sourceId: SourceId
  /** epoch ms */
  readonly receivedAt: number
  readonly method: string
  /** Path and query, as the sender wrote them. */
  readonly url: string
  /** In their order, names in lower case. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** Of the sender, behind trusted proxies only; null: not known. */
  readonly address: string | null
  readonly verdict: Verdict
  /** Why it was refused: a reason of the receiver, or `address_refused`, `https_required`, …; null: it was not. */
  readonly reason: string | null
  /** What it was answered. */
  readonly status: number
  /** Which of the source's secrets fitted, 0 for the current one; null: none. */
  readonly secretIndex: number | null
  /** Of the events it brought, the first 100. */
  readonly eventIds: readonly string[]
  /** null: not kept (it was too large), not read, or not asked for. */
  readonly body: Uint8Array | null
}
