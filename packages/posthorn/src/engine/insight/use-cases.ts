import type { Bulk, BulkFilter, BulkItem } from '../../domain/bulk.ts'
import type { DeadLetterGroup } from '../../domain/dead-letters.ts'
import type { Delivery } from '../../domain/delivery.ts'
import type { StoredEvent } from '../../domain/event.ts'
import type { BulkId, DeliveryId, SubscriptionId, TenantId } from '../../domain/ids.ts'
import type { SeenProcess } from '../../ports/peers.ts'
import type { Page, PageRequest } from '../page.ts'

export interface InsightUseCases {
  /** @param windowMs 1 minute to 24 hours */
  overview(tenantId: TenantId, windowMs: number): Promise<Overview>
  /** Those who share the store, this one among them. Not for tenants. */
  processes(): readonly SeenProcess[]
  /** Things by id or by the beginning of their name. @param text 1 to 200 characters */
  find(tenantId: TenantId, text: string): Promise<readonly Found[]>
  /** The newest 10,000 dead letters by cause; `complete`: there are no more. */
  deadLetters(tenantId: TenantId): Promise<{ groups: readonly DeadLetterGroup[]; complete: boolean }>
  readonly live: LiveUseCases
}

export interface OverviewPoint {
  readonly at: number
  readonly events: number
  readonly delivered: number
  readonly failed: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
}

export interface Failing {
  readonly subscriptionId: SubscriptionId
  readonly name: string
  readonly url: string
  readonly active: boolean
  readonly failingSince: number | null
  /** `lastError` of the newest delivery that failed. */
  readonly cause: string | null
  /** What it was answered; null: no answer came. */
  readonly statusCode: number | null
  readonly failed: number
  readonly dead: number
  readonly successRate: number | null
}

export interface Overview {
  readonly from: number
  readonly to: number
  readonly stepMs: number
  readonly series: readonly OverviewPoint[]
  /** 0 to 1; null without attempts. */
  readonly successRate: number | null
  readonly oldestDueMs: number | null
  readonly waiting: number
  readonly retrying: number
  readonly dead: number
  readonly eventTypes: ReadonlyArray<{ readonly eventType: string; readonly events: number }>
  readonly failing: readonly Failing[]
  readonly store: { readonly kind: string; readonly ready: boolean }
  readonly queue: { readonly kind: string; readonly ready: boolean }
}

export interface Found {
  readonly kind:
    | 'event'
    | 'delivery'
    | 'subscription'
    | 'source'
    | 'request'
    | 'event_type'
    | 'replay'
    | 'bulk'
  readonly id: string
  readonly name: string
  /** Of an event or a request: where it came from; null: published here. */
  readonly source: string | null
}

export type LiveTopic = 'deliveries' | 'events' | 'overview' | 'changes'

export interface LiveWatch {
  readonly tenantId: TenantId
  readonly topics: ReadonlySet<LiveTopic>
  /** Only deliveries to this one. */
  readonly subscriptionId: SubscriptionId | null
  /** Tell what has happened since, too; epoch ms. */
  readonly after: number | null
}

export type LiveNews =
  | { readonly kind: 'delivery'; readonly at: number; readonly row: Delivery }
  | { readonly kind: 'event'; readonly at: number; readonly row: StoredEvent }
  | { readonly kind: 'overview'; readonly at: number; readonly row: Overview }
  | { readonly kind: 'changed'; readonly at: number }

export interface LiveUseCases {
  /** @returns ends it */
  open(watch: LiveWatch, tell: (news: readonly LiveNews[]) => void): () => void
}

export interface BulkInput {
  readonly action: Bulk['action']
  /** At most 1,000. */
  readonly ids: readonly DeliveryId[] | null
  /** One of the two is null. `until` null: now. */
  readonly filter: (Omit<BulkFilter, 'until'> & { readonly until: number | null }) | null
}

export interface BulkUseCases {
  /** Durable: it goes on after a restart. @throws invalid_request, state_conflict: too many run */
  start(tenantId: TenantId, input: BulkInput): Promise<Bulk>
  get(tenantId: TenantId, id: BulkId): Promise<Bulk>
  list(tenantId: TenantId, page: PageRequest): Promise<Page<Bulk>>
  items(tenantId: TenantId, id: BulkId, page: PageRequest): Promise<Page<BulkItem>>
  /** @throws state_conflict */
  cancel(tenantId: TenantId, id: BulkId): Promise<Bulk>
}
