/** What can be asked about sources and about what came in: a part of the engine's use cases. */
import type { Diagnosis } from '@posthorn/receiver/doctor'
import type { RequestId, TenantId } from '../../domain/ids.ts'
import type { InboundRequest, Verdict } from '../../domain/inbound-request.ts'
import type { Tenant } from '../../domain/records.ts'
import type { Source } from '../../domain/source.ts'
import type { RateLimit } from '../../domain/subscription.ts'
import type { Page, PageRequest } from '../page.ts'
import type { WayIn } from './way-in.ts'

export interface SourceUseCases {
  /** @throws name_taken, invalid_request, secret_refused */
  create(tenantId: TenantId, input: SourceInput): Promise<Source>
  /** By id or slug. @throws not_found */
  get(tenantId: TenantId, idOrSlug: string): Promise<Source>
  list(tenantId: TenantId, page: PageRequest): Promise<Page<Source>>
  /** When each of their secrets has last verified a request, to within a minute: by the secret as it is sealed. */
  lastUses(tenantId: TenantId, sources: readonly Source[]): Promise<ReadonlyMap<string, number>>
  /** Changes only what is given; `secrets` replaces all of them. */
  update(tenantId: TenantId, idOrSlug: string, patch: SourcePatch): Promise<Source>
  /** Its events and requests stay until retention takes them. */
  delete(tenantId: TenantId, idOrSlug: string): Promise<void>
  /** For a while a redelivery of an event, or of any, is delivered again instead of being dropped as a duplicate. */
  letThrough(
    tenantId: TenantId,
    idOrSlug: string,
    request: { readonly eventId: string | null; readonly forS: number },
  ): Promise<Source>
  /**
   * Brings the stored sources in line with a configuration file: those that are missing are made, those that differ are
   * changed, those that are as they should be are left alone. What is not in the file stays. All are checked before the
   * first is written. Left-out fields get their defaults, but secrets, the verify token and `active` stay as they are.
   * @throws invalid_request with paths as in `{ "sources": [...] }`
   */
  declare(tenantId: TenantId, declared: readonly SourceInput[]): Promise<readonly DeclaredSource[]>
  /** The way in; null: there is no such source, or it is not active. Without a promise where it is in memory. */
  wayIn(id: string): WayIn | null | Promise<WayIn | null>
}

export interface SourceInput {
  /** Lower-case letters, digits, `-` and `_`, at most 63. */
  readonly slug: string
  readonly description?: string | undefined
  /** A preset's name; else `scheme`. */
  readonly provider?: string | undefined
  /** A custom scheme, as JSON in snake_case. */
  readonly scheme?: Readonly<Record<string, unknown>> | undefined
  readonly settings?: Readonly<Record<string, string | readonly string[]>> | undefined
  /** The current one first. */
  readonly secrets?: readonly string[] | undefined
  readonly verifyToken?: string | null | undefined
  readonly allowedOrigins?: readonly string[] | undefined
  readonly allowedRate?: number | null | undefined
  readonly toleranceS?: number | null | undefined
  readonly bodyLimitBytes?: number | undefined
  readonly allowedIps?: readonly string[] | undefined
  readonly httpsOnly?: boolean | undefined
  readonly rateLimit?: RateLimit | null | undefined
  readonly addressRateLimit?: RateLimit | null | undefined
  readonly publicUrl?: string | null | undefined
  readonly dedupeS?: number | undefined
  readonly expectedTenant?: string | null | undefined
  readonly checkSchemas?: boolean | undefined
  readonly testEvents?: 'handle' | 'skip' | undefined
  readonly active?: boolean | undefined
}

export interface DeclaredSource {
  readonly source: Source
  readonly change: 'created' | 'updated' | 'unchanged'
}

export type SourcePatch = Partial<Omit<SourceInput, 'slug'>>

/**
 * What came in over HTTP, as it came. Shown with `authorization`, `cookie`, `proxy-authorization` and headers that carry a
 * source's secret itself as `[hidden]`; of those that were refused, credentials are not even stored.
 */
export interface RequestUseCases {
  /** Without bodies. */
  list(
    tenantId: TenantId,
    sourceIdOrSlug: string,
    filter: { readonly verdict: Verdict | null },
    page: PageRequest,
  ): Promise<Page<InboundRequest>>
  get(tenantId: TenantId, sourceIdOrSlug: string, id: RequestId): Promise<InboundRequest>
  /**
   * Verifies it again as of its receipt, with the source as it is now, and says what is wrong if it does not fit.
   * @throws state_conflict when its body was not kept
   */
  verify(tenantId: TenantId, sourceIdOrSlug: string, id: RequestId): Promise<Reverified>
  /**
   * Takes it in again, as it came or edited: what it brings that is there already is delivered again, an edited one
   * becomes a new event.
   * @throws state_conflict when it does not verify as of its receipt and `unverified` is not set, when its body was not
   *   kept, when it was a handshake; schema_mismatch, body_too_large, store_unavailable
   */
  replay(
    tenant: Tenant,
    sourceIdOrSlug: string,
    id: RequestId,
    edits: RequestEdits,
  ): Promise<{ requestId: RequestId; eventIds: readonly string[]; deliveries: number }>
}

export interface Reverified {
  readonly ok: boolean
  /** null: it fits. */
  readonly reason: string | null
  readonly detail: string | null
  /** Known mistakes without which it would have fitted. */
  readonly diagnoses: readonly Diagnosis[]
}

export interface RequestEdits {
  /** Replaces the body. */
  readonly body?: Uint8Array | undefined
  /** By name; null takes the header away. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined
  /** Take it in although its signature does not fit: by the word of whoever asks. */
  readonly unverified?: boolean | undefined
}
