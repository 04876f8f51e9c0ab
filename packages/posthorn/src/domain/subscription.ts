import type { SourceId, SubscriptionId, TenantId } from './ids.ts'
import type { RetryPolicy } from './retry-policy.ts'

/**
 * `received`: the bytes and headers of the inbound request as they came, not signed again. Of a batch each event has the
 * bytes of its item, which a signature over the whole body does not fit.
 */
export const BODY_FORMATS = ['standard', 'envelope', 'event', 'raw', 'received'] as const
export type BodyFormat = (typeof BODY_FORMATS)[number]

export const SIGNATURE_SCHEMES = [
  'standard',
  'standard-ed25519',
  'timestamped',
  'prefixed',
  'split',
  'plain',
] as const
export type SignatureSchemeName = (typeof SIGNATURE_SCHEMES)[number]

/** A signing secret, sealed with the instance's secret key. Newest first in a subscription. */
export interface SealedSecret {
  readonly sealed: string
  readonly createdAt: number
  /** null: in force until it is replaced; else the end of a rotation's overlap. */
  readonly expiresAt: number | null
}

export interface RateLimit {
  readonly limit: number
  readonly windowS: number
}

/** An HTTP target: where events of some types go, and how. */
export interface Subscription {
  readonly id: SubscriptionId
  readonly tenantId: TenantId
  readonly name: string
  readonly url: string
  /** `*`, an exact type, or a category such as `user.*`. At least one. */
  readonly events: readonly string[]
  /**
   * Ids or slugs of the sources whose events it takes, or `*` for every source; null: the events that are published
   * here, and no inbound ones.
   */
  readonly source: readonly string[] | null
  readonly description: string
  /** Hears when it begins to fail, is disabled, recovers; null: nobody does. */
  readonly ownerEmail: string | null
  readonly headers: Readonly<Record<string, string>>
  /** Deadline of one attempt over DNS, connect, TLS, headers and body together. */
  readonly timeoutMs: number
  readonly maxInFlight: number
  readonly rateLimit: RateLimit | null
  readonly retry: RetryPolicy
  readonly onClientError: 'retry' | 'drop'
  readonly signature: { readonly scheme: SignatureSchemeName; readonly headerPrefix: string }
  readonly format: BodyFormat
  readonly active: boolean
  /** Why it is not active: `user`, `gone` (the target answered 410) or `failing` (nothing but failures for too long). */
  readonly disabledReason: 'user' | 'gone' | 'failing' | null
  /** Start of the present run of nothing but failures; null after a success. */
  readonly failingSince: number | null
  readonly secrets: readonly SealedSecret[]
  readonly createdAt: number
  readonly updatedAt: number
}

/**
 * Whether a subscription takes events of a source, by its `source`.
 * @param sourceId null: published here @param sourceName its slug, or its name in the application
 */
export function takesFrom(
  source: Subscription['source'],
  sourceId: SourceId | null,
  sourceName: string | null,
): boolean {
  if (source === null || sourceId === null) return source === null && sourceId === null
  return source.some((one) => one === '*' || one === sourceId || one === sourceName)
}
