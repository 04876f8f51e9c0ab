import type { SourceId, TargetId, TenantId } from '../../domain/ids.ts'
import type { Directory } from '../directory/directory.ts'
import type { TenantView } from '../directory/tenant-view.ts'
import type { Handlers } from '../handle/handlers.ts'
import type { SubscriptionTargets } from './subscription-targets.ts'
import type { Target, TargetFinder } from './target.ts'

export interface AllTargetsParts {
  readonly directory: Directory
  readonly subscriptions: SubscriptionTargets
  readonly handlers: Handlers
}

/** Subscriptions and handlers side by side. What is published is for subscriptions only, what comes in is for both. */
export class AllTargets implements TargetFinder {
  readonly #parts: AllTargetsParts

  constructor(parts: AllTargetsParts) {
    this.#parts = parts
  }

  match(
    tenantId: TenantId,
    sourceId: SourceId | null,
    eventType: string,
  ): readonly Target[] | Promise<readonly Target[]> {
    const { directory, subscriptions } = this.#parts
    if (sourceId === null) return subscriptions.match(tenantId, null, eventType)
    const view = directory.peek(tenantId)
    if (view !== undefined) return this.#inbound(view, sourceId, eventType)
    return directory.tenantView(tenantId).then((loaded) => this.#inbound(loaded, sourceId, eventType))
  }

  find(tenantId: TenantId, id: TargetId): Target | null | Promise<Target | null> {
    return this.#owner(id).find(tenantId, id)
  }

  isDeleted(tenantId: TenantId, id: TargetId): Promise<boolean> {
    return this.#owner(id).isDeleted(tenantId, id)
  }

  #inbound(view: TenantView, sourceId: SourceId, eventType: string): readonly Target[] {
    const { handlers, subscriptions } = this.#parts
    const handled = handlers.match(view.sourceName(sourceId), eventType)
    const subscribed = subscriptions.matchIn(view, sourceId, eventType)
    return handled.length === 0 ? subscribed : [...handled, ...subscribed]
  }

  #owner(id: TargetId): Omit<TargetFinder, 'match'> {
    return id.startsWith('sub_') ? this.#parts.subscriptions : this.#parts.handlers
  }
}
