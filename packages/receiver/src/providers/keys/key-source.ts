import type { PreparedKey, ReceiverCrypto } from '../../crypto/port.ts'
import type { Algorithm } from '../../schemes/algorithm.ts'
import type { Refusal } from '../../verify/refusal.ts'

/**
 * Gets what lies at a URL on the provider's own hosts, which often a request has named. It must not follow redirects,
 * must end within `timeoutMs` over everything, and must not read more than `maxBytes`: use a guarded client.
 */
export type FetchKey = (url: string, limits: FetchKeyLimits) => Promise<Uint8Array | string>

export interface FetchKeyLimits {
  readonly maxBytes: number
  readonly timeoutMs: number
  /** What was kept is not good enough: ask the provider. */
  readonly fresh?: true | undefined
}

export interface KeyStoreParts {
  readonly fetchKey: FetchKey
  readonly crypto: ReceiverCrypto
  readonly clock: () => number
}

export type FoundKeys = { readonly ok: true; readonly keys: readonly PreparedKey[] } | Refusal

export interface KeySource {
  /** Never rejects. */
  get(url: string, algorithm: Algorithm): Promise<FoundKeys>
  /**
   * What there is after none of the found keys fitted: null when nothing newer is to be had, or not yet. Only where keys
   * come and go at one URL.
   */
  renewed?(url: string, algorithm: Algorithm): Promise<FoundKeys | null>
}
