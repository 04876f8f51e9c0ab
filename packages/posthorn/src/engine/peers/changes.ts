import type { SubscriptionId, TenantId } from '../../domain/ids.ts'
import type { Signals } from '../../ports/signals.ts'

/** Records of configuration were changed, and the change is stored. */
export interface ConfigChange {
  /** Whose records; null: some that belong to no tenant; `any`: nobody knows. */
  readonly of: TenantId | null | 'any'
  /** All that was changed; null: anything. */
  readonly subscription: SubscriptionId | null
  /** Made by this process. */
  readonly own: boolean
}

export type ChangeListener = (change: ConfigChange) => void

/** Tells everybody in this process who keeps configuration in memory, and the other processes, to forget it. */
export class Changes {
  readonly #signals: Pick<Signals, 'changed'> | undefined
  readonly #listeners: ChangeListener[] = []

  constructor(signals?: Pick<Signals, 'changed'>) {
    this.#signals = signals
  }

  /** Listeners are told in the order in which they came. */
  listen(listener: ChangeListener): void {
    this.#listeners.push(listener)
  }

  /** This process has changed something. */
  made(of: TenantId | null, subscription: SubscriptionId | null = null): void {
    this.#tell({ of, subscription, own: true })
    this.#signals?.changed(of, subscription)
  }

  /** Another process has. */
  heard(of: ConfigChange['of'], subscription: SubscriptionId | null = null): void {
    this.#tell({ of, subscription, own: false })
  }

  /** Of something that nobody keeps in memory, but that others wait for. */
  sayToOthers(of: TenantId | null): void {
    this.#signals?.changed(of, null)
  }

  #tell(change: ConfigChange): void {
    for (const listener of this.#listeners) listener(change)
  }
}
