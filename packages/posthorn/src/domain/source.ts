import type { SourceId, TenantId } from './ids.ts'
import type { RateLimit, SealedSecret } from './subscription.ts'

/** An inbound origin as it is configured: who signs how, and what is let in. */
export interface Source {
  readonly id: SourceId
  readonly tenantId: TenantId
  /** Unique within the tenant; handlers and subscriptions may name it by this. Never changed. */
  readonly slug: string
  readonly description: string
  /** Name of a preset, or null: `scheme` describes it. Exactly one of the two. */
  readonly provider: string | null
  /** A custom scheme as it was given (`docs/reference/schemes.md`). */
  readonly scheme: Readonly<Record<string, unknown>> | null
  /** What the provider needs to know besides secrets, by name: `{ "webhook_id": "…" }`. */
  readonly settings: Readonly<Record<string, string | readonly string[]>>
  /** The current one first, those that are being rotated out after it. None where keys are fetched. */
  readonly secrets: readonly SealedSecret[]
  readonly handshake: HandshakeSettings
  /** Seconds a time stamp may lie on either side; null: as the scheme says. */
  readonly toleranceS: number | null
  readonly bodyLimitBytes: number
  /** CIDRs; empty: from everywhere. */
  readonly allowedIps: readonly string[]
  /** Requests that did not come over TLS, by the word of a trusted proxy, are answered 403. */
  readonly httpsOnly: boolean
  /** Of all its requests together. */
  readonly rateLimit: RateLimit | null
  /** Of the requests from one address. */
  readonly addressRateLimit: RateLimit | null
  /** As the provider calls it: for schemes that sign the URL. */
  readonly publicUrl: string | null
  /** How long an event's id is remembered, in seconds, whatever becomes of the event. */
  readonly dedupeS: number
  /** `tenant.id` in the body must be this; null: not looked at. */
  readonly expectedTenant: string | null
  /** Whether bodies must fit the schema that the event type has here. */
  readonly checkSchemas: boolean
  /** `skip`: events whose `data.test` is true are acknowledged and stored, and go nowhere. */
  readonly testEvents: 'handle' | 'skip'
  /** Redeliveries that were asked for by hand: what would be a duplicate is delivered again until then. */
  readonly letThrough: readonly LetThrough[]
  /** Not active: its requests are answered 404. */
  readonly active: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

/** What the questions of providers are answered with. */
export interface HandshakeSettings {
  /** The text that was typed into the provider's page (Meta), sealed; null: none. */
  readonly verifyToken: string | null
  /** Senders of CloudEvents that may send here, or `*`. */
  readonly allowedOrigins: readonly string[]
  /** Requests a minute that such a sender is allowed; null: what it asks for. */
  readonly allowedRate: number | null
}

export interface LetThrough {
  /** null: any event of the source. */
  readonly eventId: string | null
  /** epoch ms */
  readonly until: number
}

/** The name of a source that is not stored: what stands after `src_` for one of an application. */
export function nameOfUnstored(sourceId: SourceId): string {
  return sourceId.slice('src_'.length)
}
