/**
 * Words between the processes that share a store: they only save waiting. Each may be lost; whoever must know looks for
 * himself now and then.
 */
export interface Signals {
  /** Something of a tenant's configuration was changed. Never throws or blocks. */
  changed(tenantId: string): void
  /** Deliveries were left for somebody to attempt. Never throws or blocks. */
  due(): void
  /** @param heard also hears what this process says. `missed`: some words may have been lost just now. */
  start(heard: (signal: Signal) => void): Promise<void>
  stop(): Promise<void>
}

export type Signal =
  | { readonly kind: 'changed'; readonly tenantId: string }
  | { readonly kind: 'due' }
  | { readonly kind: 'missed' }
