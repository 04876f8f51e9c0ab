import type { Provider, ProviderSettings } from '@posthorn/receiver/providers'
import type { SourceId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Tenant } from '../../domain/records.ts'
import type { LetThrough } from '../../domain/source.ts'
import type { RateLimit } from '../../domain/subscription.ts'

/** A source as its inbox needs it: secrets opened, the provider found. Meanings as in `Source`. */
export interface InboxSettings {
  readonly id: SourceId
  /** The source's slug: handlers and log lines name it by this. */
  readonly name: string
  readonly tenant: Tenant
  /** A preset, or `schemeProvider(scheme)` for a custom scheme. */
  readonly provider: Provider
  readonly settings: ProviderSettings
  /** The current one first. None where keys are fetched. */
  readonly secrets: readonly string[]
  /** What they are called where their last use is noted; none where it is not. */
  readonly secretNames: readonly string[]
  readonly verifyToken: string | null
  readonly allowedOrigins: readonly string[]
  readonly allowedRate: number | null
  readonly toleranceS: number | null
  readonly bodyLimitBytes: number
  readonly allowedIps: readonly string[]
  readonly httpsOnly: boolean
  readonly rateLimit: RateLimit | null
  readonly addressRateLimit: RateLimit | null
  readonly publicUrl: string | null
  readonly dedupeS: number
  readonly expectedTenant: string | null
  readonly checkSchemas: boolean
  readonly testEvents: 'handle' | 'skip'
  readonly letThrough: readonly LetThrough[]
}

/** What a source is when nothing is said about it. */
export const INBOX_DEFAULTS = {
  settings: {},
  secrets: [],
  secretNames: [],
  verifyToken: null,
  allowedOrigins: [],
  allowedRate: null,
  toleranceS: null,
  bodyLimitBytes: LIMITS.inboundBodyBytesDefault,
  allowedIps: [],
  httpsOnly: false,
  rateLimit: null,
  addressRateLimit: null,
  publicUrl: null,
  dedupeS: LIMITS.dedupeSDefault,
  expectedTenant: null,
  checkSchemas: false,
  testEvents: 'handle',
  letThrough: [],
} as const satisfies Omit<InboxSettings, 'id' | 'name' | 'tenant' | 'provider'>
