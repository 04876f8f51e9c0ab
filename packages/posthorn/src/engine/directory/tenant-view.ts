import type { SourceId, SubscriptionId } from '../../domain/ids.ts'
import type { EventType, Tenant } from '../../domain/records.ts'
import { nameOfUnstored, type Source } from '../../domain/source.ts'
import { type Subscription, takesFrom } from '../../domain/subscription.ts'
import { type SubscriptionTarget, TypeIndex } from './type-index.ts'

export interface TenantRecords {
  readonly tenant: Tenant
  readonly subscriptions: readonly Subscription[]
  readonly eventTypes: readonly EventType[]
  readonly sources: readonly Source[]
}

/**
 * All that publishing and receiving for one tenant need, in memory. A subscription is put in its place when it was changed:
 * of 100,000 all others stay as they are. For any other change a newer view takes the place of this one.
 */
export class TenantView {
  readonly tenant: Tenant
  /** Active or not. */
  readonly subscriptions: ReadonlyMap<SubscriptionId, Subscription>
  /** By name. */
  readonly eventTypes: ReadonlyMap<string, EventType>
  /** Those that are stored, active or not; sources of an application are not. */
  readonly sources: ReadonlyMap<SourceId, Source>
  readonly #published: TypeIndex
  readonly #subscriptions: Map<SubscriptionId, Subscription>
  /** Active ones that take inbound events. */
  #inbound: readonly Subscription[]
  /** Made when a source's first event comes. There are as many as sources. */
  readonly #bySource = new Map<SourceId, TypeIndex>()

  constructor({ tenant, subscriptions, eventTypes, sources }: TenantRecords) {
    this.tenant = tenant
    this.#subscriptions = new Map(subscriptions.map((subscription) => [subscription.id, subscription]))
    this.subscriptions = this.#subscriptions
    this.eventTypes = new Map(eventTypes.map((eventType) => [eventType.name, eventType]))
    this.sources = new Map(sources.map((source) => [source.id, source]))
    const active = subscriptions.filter((subscription) => subscription.active)
    this.#published = new TypeIndex(
      active.filter(({ source }) => source === null),
      'published',
    )
    this.#inbound = active.filter(({ source }) => source !== null)
  }

  /**
   * The active subscriptions that take such an event, each once, oldest first.
   * @param sourceId null: published here
   */
  match(sourceId: SourceId | null, eventType: string): readonly SubscriptionTarget[] {
    return (sourceId === null ? this.#published : this.#indexOf(sourceId)).match(eventType)
  }

  /** @param now null: it is gone */
  put(id: SubscriptionId, now: Subscription | null): void {
    const before = this.#subscriptions.get(id)
    if (now === null) this.#subscriptions.delete(id)
    else this.#subscriptions.set(id, now)
    if (before?.active && before.source === null) this.#published.remove(before)
    if (now?.active && now.source === null) this.#published.add(now)
    const inbound = [before, now].some((one) => one?.active && one.source !== null)
    if (!inbound) return
    const others = this.#inbound.filter((one) => one.id !== id)
    this.#inbound = now?.active && now.source !== null ? [...others, now] : others
    this.#bySource.clear()
  }

  /** What handlers and subscriptions call it: the slug of a stored source, else what its application named it. */
  sourceName(sourceId: SourceId): string {
    return this.sources.get(sourceId)?.slug ?? nameOfUnstored(sourceId)
  }

  /** The id behind an id or a slug. A slug that is not stored here names a source of the application. */
  sourceId(idOrSlug: string): SourceId {
    if (idOrSlug.startsWith('src_')) return idOrSlug as SourceId
    for (const { id, slug } of this.sources.values()) if (slug === idOrSlug) return id
    return `src_${idOrSlug}`
  }

  #indexOf(sourceId: SourceId): TypeIndex {
    let index = this.#bySource.get(sourceId)
    if (index === undefined) {
      const name = this.sourceName(sourceId)
      const taking = this.#inbound.filter(({ source }) => takesFrom(source, sourceId, name))
      index = new TypeIndex(taking, 'inbound')
      this.#bySource.set(sourceId, index)
    }
    return index
  }
}
