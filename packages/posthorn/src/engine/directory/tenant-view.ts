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

/** All that publishing and receiving for one tenant need, in memory. Never changed: a newer one takes its place. */
export class TenantView {
  readonly tenant: Tenant
  /** Active or not. */
  readonly subscriptions: ReadonlyMap<SubscriptionId, Subscription>
  /** By name. */
  readonly eventTypes: ReadonlyMap<string, EventType>
  /** Those that are stored, active or not; sources of an application are not. */
  readonly sources: ReadonlyMap<SourceId, Source>
  readonly #published: TypeIndex
  /** Active ones that take inbound events. */
  readonly #inbound: readonly Subscription[]
  /** Made when a source's first event comes. There are as many as sources. */
  readonly #bySource = new Map<SourceId, TypeIndex>()

  constructor({ tenant, subscriptions, eventTypes, sources }: TenantRecords) {
    this.tenant = tenant
    this.subscriptions = new Map(subscriptions.map((subscription) => [subscription.id, subscription]))
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
