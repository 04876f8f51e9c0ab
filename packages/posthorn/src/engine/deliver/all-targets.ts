import type { SourceId, TargetId, TenantId } from '../../domain/ids.ts'
import type { Directory } from '../directory/directory.ts'
import type { TenantView } from '../directory/tenant-view.ts'
import { DEFAULT_TENANT_SLUG } from '../directory/tenants.ts'
import type { Handlers } from '../handle/handlers.ts'
import type { SubscriptionTargets } from './subscription-targets.ts'
import type { Target, TargetFinder } from './target.ts'

export interface AllTargetsParts {
  readonly directory: Directory
  readonly subscriptions: SubscriptionTargets
  readonly handlers: Handlers
}

const NONE: readonly Target[] = []

/**
 * Subscriptions and handlers side by side. What is published is for subscriptions only, what comes in is for both, and
 * for handlers only in the tenant `default`, which is the application's.
 */
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
    // Handlers are the application's own: another tenant's source of the same name must not reach them.
    const own = view.tenant.slug === DEFAULT_TENANT_SLUG
    const handled = own ? handlers.match(view.sourceName(sourceId), eventType) : NONE
    const subscribed = subscriptions.matchIn(view, sourceId, eventType)
    return handled.length === 0 ? subscribed : [...handled, ...subscribed]
  }

  #owner(id: TargetId): Omit<TargetFinder, 'match'> {
    return id.startsWith('sub_') ? this.#parts.subscriptions : this.#parts.handlers
  }
}
