import type { SubscriptionId } from '../../domain/ids.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { RecordStore } from '../../ports/store.ts'
import type { TenantView } from './tenant-view.ts'

/** With more subscriptions changed since they were looked at, all of a tenant's are read again. */
const STALE_MAX = 1_000

/**
 * A view that is in memory or on its way there, and which of its subscriptions were changed since its reading began:
 * those alone are read again, once somebody asks. All 100,000 of a tenant would take seconds, and publishes wait for them.
 */
export class HeldView {
  readonly #subscriptions: Pick<RecordStore<Subscription>, 'get'>
  readonly #read: Promise<TenantView>
  #view: TenantView | null = null
  /** The number tells one change from the next. */
  readonly #stale = new Map<SubscriptionId, number>()
  /** Versions of what was read again: of two reads that overtake each other the newer one counts. */
  readonly #applied = new Map<SubscriptionId, number>()
  #changes = 0

  /** @param read gives all that the tenant has, begun now */
  constructor(subscriptions: Pick<RecordStore<Subscription>, 'get'>, read: Promise<TenantView>) {
    this.#subscriptions = subscriptions
    this.#read = read.then((view) => {
      this.#view = view
      return view
    })
  }

  /** As all that was changed so far has left it, or null. */
  get fresh(): TenantView | null {
    return this.#stale.size === 0 ? this.#view : null
  }

  /** Fresh or not, when it is there. */
  get view(): TenantView | null {
    return this.#view
  }

  /** @returns whether it is worth holding still */
  changed(id: SubscriptionId): boolean {
    this.#changes += 1
    this.#stale.set(id, this.#changes)
    return this.#stale.size <= STALE_MAX
  }

  /**
   * With all that was changed before this call.
   * @param refreshed told of each subscription that was read again; false: it is gone
   */
  async load(refreshed: (id: SubscriptionId, there: boolean) => void): Promise<TenantView> {
    const view = await this.#read
    await Promise.all([...this.#stale].map(([id, change]) => this.#refresh(view, id, change, refreshed)))
    return view
  }

  async #refresh(
    view: TenantView,
    id: SubscriptionId,
    change: number,
    refreshed: (id: SubscriptionId, there: boolean) => void,
  ): Promise<void> {
    const found = await this.#subscriptions.get(view.tenant.id, id)
    const version = found?.version ?? Number.POSITIVE_INFINITY
    if (version > (this.#applied.get(id) ?? 0)) {
      this.#applied.set(id, version)
      view.put(id, found?.record ?? null)
      refreshed(id, found !== null)
    }
    if (this.#stale.get(id) === change) this.#stale.delete(id)
  }
}
