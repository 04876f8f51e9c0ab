import type { SubscriptionId, TenantId } from '../domain/ids.ts'

/**
 * Words between the processes that share a store: they only save waiting. Each may be lost; whoever must know looks for
 * himself now and then (`PeerStore.pulse`, the poll of the queue).
 */
export interface Signals {
  /**
   * A tenant's configuration was changed; null: something that belongs to no tenant. Never throws or blocks.
   * @param subscriptionId all that was changed of it; null: anything
   */
  changed(tenantId: TenantId | null, subscriptionId: SubscriptionId | null): void
  /** Deliveries were left for somebody to attempt. Never throws or blocks. */
  due(): void
  /** Says nothing of what this process said. `missed`: some words may have been lost just now. */
  start(heard: (signal: Signal) => void): Promise<void>
  /** What was said before is sent. */
  stop(): Promise<void>
}

export type Signal =
  | {
      readonly kind: 'changed'
      readonly tenantId: TenantId | null
      readonly subscriptionId: SubscriptionId | null
    }
  | { readonly kind: 'due' }
  | { readonly kind: 'missed' }
