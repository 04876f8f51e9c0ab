import { isPosthornError } from '../../domain/error.ts'
import type { SourceId, SubscriptionId, TargetId, TenantId } from '../../domain/ids.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { Store } from '../../ports/store.ts'
import type { Directory } from '../directory/directory.ts'
import type { TenantView } from '../directory/tenant-view.ts'
import { tokenHeaders } from '../directory/token-headers.ts'
import type { SubscriptionTarget } from '../directory/type-index.ts'
import { BodyMemo } from './body-memo.ts'
import { HttpTarget, type HttpTargetParts } from './http-target.ts'
import type { Target, TargetFinder } from './target.ts'

export interface SubscriptionTargetsParts extends Pick<HttpTargetParts, 'transport' | 'clock' | 'userAgent'> {
  readonly directory: Directory
  readonly store: Pick<Store, 'subscriptions' | 'requests'>
}

/** The subscriptions of all tenants as targets. Made once for each state of a subscription, signing keys and all. */
export class SubscriptionTargets implements TargetFinder {
  readonly #parts: SubscriptionTargetsParts
  readonly #bodies = new BodyMemo()
  readonly #made = new WeakMap<Subscription, HttpTarget>()
  readonly #matched = new WeakMap<readonly SubscriptionTarget[], readonly Target[]>()

  constructor(parts: SubscriptionTargetsParts) {
    this.#parts = parts
  }

  match(
    tenantId: TenantId,
    sourceId: SourceId | null,
    eventType: string,
  ): readonly Target[] | Promise<readonly Target[]> {
    const view = this.#parts.directory.peek(tenantId)
    if (view !== undefined) return this.matchIn(view, sourceId, eventType)
    return this.#parts.directory
      .tenantView(tenantId)
      .then((loaded) => this.matchIn(loaded, sourceId, eventType))
  }

  /** As `match`, for who has the tenant's view already. */
  matchIn(view: TenantView, sourceId: SourceId | null, eventType: string): readonly Target[] {
    const matched = view.match(sourceId, eventType)
    let targets = this.#matched.get(matched)
    if (targets === undefined) {
      targets = matched.map(({ subscription }) => this.#target(view, subscription))
      this.#matched.set(matched, targets)
    }
    return targets
  }

  find(tenantId: TenantId, id: TargetId): Target | null | Promise<Target | null> {
    if (!id.startsWith('sub_')) return null
    const view = this.#parts.directory.peek(tenantId)
    if (view !== undefined) return this.#find(view, id as SubscriptionId)
    return this.#parts.directory.tenantView(tenantId).then(
      (loaded) => this.#find(loaded, id as SubscriptionId),
      (error: unknown) => {
        // The tenant was deleted: nothing of it is known. One such lane must not hold up the others.
        if (isPosthornError(error) && error.code === 'not_found') return null
        throw error
      },
    )
  }

  async isDeleted(tenantId: TenantId, id: TargetId): Promise<boolean> {
    return (await this.#parts.store.subscriptions.get(tenantId, id)) === null
  }

  #find(view: TenantView, id: SubscriptionId): Target | null {
    const subscription = view.subscriptions.get(id)
    return subscription === undefined ? null : this.#target(view, subscription)
  }

  #target({ tenant }: TenantView, subscription: Subscription): HttpTarget {
    let target = this.#made.get(subscription)
    if (target === undefined) {
      const { directory, store, ...parts } = this.#parts
      const { requests } = store
      const secretsInForce = (of: Subscription, now: number) => directory.secretsInForce(of, now)
      const tokensOf = (source: SourceId) => tokenHeaders(directory.peek(tenant.id)?.sources.get(source))
      const bodies = this.#bodies
      const of = { subscription, tenant, secretsInForce, tokensOf }
      target = new HttpTarget({ ...parts, requests, ...of, bodies })
      this.#made.set(subscription, target)
    }
    return target
  }
}
