/**
 * The whole engine on one screen: what the API, the command line and the library can ask for. Every method throws
 * `PosthornError` for what it refuses (its code is named where it matters) and is otherwise done, durably, when its
 * promise resolves.
 */
import type { Attempt, Delivery, DeliveryState } from '../domain/delivery.ts'
import type { StoredEvent } from '../domain/event.ts'
import type { DeliveryId, KeyId, ReplayId, SubscriptionId, TargetId, TenantId } from '../domain/ids.ts'
import type { ApiKey, EventType, KeyScope, Replay, Tenant } from '../domain/records.ts'
import type { RetryPolicy } from '../domain/retry-policy.ts'
import type { BodyFormat, RateLimit, SignatureSchemeName, Subscription } from '../domain/subscription.ts'
import type { ApplicationTransaction } from '../ports/application-sql.ts'
import type { DeliveryStats } from '../ports/stats.ts'
import type { Principal } from './access/principal.ts'
import type { AuditUseCases, SessionUseCases } from './access/use-cases.ts'
import type { AlertRuleUseCases, AlertUseCases } from './alerts/use-cases.ts'
import type { BulkUseCases, InsightUseCases } from './insight/use-cases.ts'
import type { Page, PageRequest } from './page.ts'
import type { RequestUseCases, SourceUseCases } from './receive/use-cases.ts'

export interface UseCases {
  readonly events: EventUseCases
  readonly subscriptions: SubscriptionUseCases
  readonly deliveries: DeliveryUseCases
  readonly replays: ReplayUseCases
  readonly eventTypes: EventTypeUseCases
  readonly sources: SourceUseCases
  readonly tenants: TenantUseCases
  readonly keys: KeyUseCases
  readonly sessions: SessionUseCases
  readonly audit: AuditUseCases
  readonly alertRules: AlertRuleUseCases
  readonly alerts: AlertUseCases
  readonly requests: RequestUseCases
  readonly insight: InsightUseCases
  readonly bulks: BulkUseCases
  readonly health: HealthUseCases
}

export type { Principal } from './access/principal.ts'
export type { Page, PageRequest } from './page.ts'

export interface EventUseCases {
  /** @throws event_conflict, schema_mismatch, event_type_archived, invalid_request, store_unavailable, stopping */
  publish(tenant: Tenant, input: PublishInput): Promise<Published>
  /** Each event on its own: one that is refused does not hold up the others. Answers in order. */
  publishBatch(tenant: Tenant, inputs: readonly PublishInput[]): Promise<Array<Published | Error>>
  /** @param source id or slug of the source it came from; default null: it was published here. @throws not_found */
  get(tenantId: TenantId, id: string, source?: string | null): Promise<StoredEvent>
  list(tenantId: TenantId, filter: EventFilter, page: PageRequest): Promise<Page<StoredEvent>>
  /**
   * Those whose data has this text, byte for byte: as many as are found within a second or so. `searchedUntil`: older
   * ones were not looked at, the next page goes on there; null: none is left.
   */
  search(
    tenantId: TenantId,
    filter: EventFilter,
    text: string,
    page: PageRequest,
  ): Promise<Page<StoredEvent> & { searchedUntil: number | null }>
  /**
   * New deliveries of an old event: to all that match now, or to one subscription.
   * @param source as for `get` @throws not_found, state_conflict
   */
  replay(
    tenant: Tenant,
    id: string,
    subscriptionId: SubscriptionId | null,
    source?: string | null,
  ): Promise<readonly DeliveryId[]>
}

export interface PublishInput {
  readonly type: string
  /** The HTTP request that brought it, for logs; default none. */
  readonly requestId?: string | null
  /** `traceparent` of the cause; default none. */
  readonly trace?: string | null
  /** The exact bytes; for JSON the very text that was published. */
  readonly data: Uint8Array
  /** Default `application/json`. */
  readonly contentType?: string
  /** Default: one is made. */
  readonly id?: string
  /** epoch ms; default now */
  readonly occurredAt?: number
  /** epoch ms; default now. Deliveries fall due then. */
  readonly deliverAt?: number
  /** Of the application's, in the store's database: the event exists if and only if it commits. Default: one of ours. */
  readonly transaction?: ApplicationTransaction
}

export interface Published {
  readonly eventId: string
  /** How many deliveries it has. */
  readonly deliveries: number
  readonly duplicate: boolean
}

export interface EventFilter {
  readonly eventType: string | null
  /** Id or slug of a source; null: published here. Default: from everywhere. */
  readonly source?: string | null
  readonly since: number | null
  readonly until: number | null
}

export interface SubscriptionUseCases {
  /** @returns the secret too, this once. @throws url_refused, header_refused, secret_refused, invalid_request */
  create(
    tenantId: TenantId,
    input: SubscriptionInput,
  ): Promise<{ subscription: Subscription; secret: string }>
  get(tenantId: TenantId, id: SubscriptionId): Promise<Subscription>
  list(tenantId: TenantId, page: PageRequest): Promise<Page<Subscription>>
  /** Changes only what is given. */
  update(tenantId: TenantId, id: SubscriptionId, patch: SubscriptionPatch): Promise<Subscription>
  /** What still waits for it is cancelled. */
  delete(tenantId: TenantId, id: SubscriptionId): Promise<void>
  rotateSecret(
    tenantId: TenantId,
    id: SubscriptionId,
    request: { overlapS: number; secret: string | null },
  ): Promise<{ secret: string; previousExpiresAt: number; bothSignatures: boolean }>
  enable(tenantId: TenantId, id: SubscriptionId): Promise<Subscription>
  disable(tenantId: TenantId, id: SubscriptionId): Promise<Subscription>
  /** Sends `test.ping` now, once, by the same guarded way as every attempt; works on an inactive one too. */
  test(tenant: Tenant, id: SubscriptionId): Promise<TestResult>
}

export interface SubscriptionInput {
  readonly name: string
  readonly url: string
  readonly events: readonly string[]
  /** Ids or slugs of sources, `*` for all; default null: events that are published here. */
  readonly source?: readonly string[] | null | undefined
  readonly description?: string | undefined
  readonly ownerEmail?: string | null | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly timeoutMs?: number | undefined
  readonly maxInFlight?: number | undefined
  readonly rateLimit?: RateLimit | null | undefined
  readonly retry?: RetryPolicy | undefined
  readonly onClientError?: 'retry' | 'drop' | undefined
  readonly signature?:
    | { readonly scheme?: SignatureSchemeName | undefined; readonly headerPrefix?: string | undefined }
    | undefined
  readonly format?: BodyFormat | undefined
  readonly active?: boolean | undefined
  /** An own signing secret; default: one is made. */
  readonly secret?: string | undefined
}

export type SubscriptionPatch = Partial<Omit<SubscriptionInput, 'secret'>>

export interface TestResult {
  readonly success: boolean
  readonly statusCode: number | null
  readonly responseBody: Uint8Array
  readonly durationMs: number
  /** `code: detail` of what went wrong, or null. */
  readonly error: string | null
  readonly deliveryId: DeliveryId
}

export interface DeliveryUseCases {
  get(tenantId: TenantId, id: DeliveryId): Promise<Delivery>
  list(tenantId: TenantId, filter: DeliveryFilter, page: PageRequest): Promise<Page<Delivery>>
  attempts(tenantId: TenantId, id: DeliveryId): Promise<readonly Attempt[]>
  /** The bytes that its attempts send: made again from the event. @throws not_found, also when they are gone */
  requestBody(tenant: Tenant, id: DeliveryId): Promise<RequestBody>
  /** Dead, cancelled and delivered ones become pending and due now. @throws state_conflict */
  retry(tenantId: TenantId, id: DeliveryId): Promise<Delivery>
  /** Pending ones that nobody is attempting. @throws state_conflict */
  cancel(tenantId: TenantId, id: DeliveryId): Promise<Delivery>
  stats(tenantId: TenantId, targetId: TargetId, windowMs: number): Promise<DeliveryStats>
}

export interface RequestBody {
  readonly contentType: string
  readonly body: Uint8Array
}

export interface DeliveryFilter {
  readonly state: DeliveryState | null
  readonly targetId: TargetId | null
  readonly eventId: string | null
  /** Of the event that `eventId` names: id or slug; null or left out: it was published here. */
  readonly eventSource?: string | null
  readonly eventType: string | null
  readonly since: number | null
  readonly until: number | null
}

export interface ReplayUseCases {
  /** Durable: it goes on after a restart. @throws not_found, state_conflict when the subscription is not active */
  start(tenantId: TenantId, subscriptionId: SubscriptionId, request: ReplayRequest): Promise<Replay>
  get(tenantId: TenantId, id: ReplayId): Promise<Replay>
  list(tenantId: TenantId, page: PageRequest): Promise<Page<Replay>>
  cancel(tenantId: TenantId, id: ReplayId): Promise<Replay>
  /** For how many events `start` would make deliveries now; of the first 50,000 it would look at. Changes nothing. */
  preview(
    tenantId: TenantId,
    subscriptionId: SubscriptionId,
    request: ReplayRequest,
  ): Promise<{ events: number; complete: boolean }>
}

export interface ReplayRequest {
  readonly since: number
  /** Default now. */
  readonly until: number | null
  readonly states: readonly DeliveryState[] | null
  readonly eventTypes: readonly string[] | null
}

export interface EventTypeUseCases {
  /** @throws name_taken, schema_refused, invalid_request */
  create(tenantId: TenantId, input: EventTypeInput): Promise<EventType>
  get(tenantId: TenantId, name: string): Promise<EventType>
  list(tenantId: TenantId, page: PageRequest): Promise<Page<EventType>>
  update(tenantId: TenantId, name: string, patch: Partial<Omit<EventTypeInput, 'name'>>): Promise<EventType>
  delete(tenantId: TenantId, name: string): Promise<void>
}

export interface EventTypeInput {
  readonly name: string
  readonly description?: string | undefined
  /** JSON Schema 2020-12 object, or null for none. */
  readonly schema?: unknown
  readonly examples?: readonly unknown[] | undefined
  readonly archived?: boolean | undefined
}

export interface TenantUseCases {
  /** @throws name_taken */
  create(input: { slug: string; name?: string | undefined }): Promise<Tenant>
  /** By id or slug. @throws not_found */
  get(idOrSlug: string): Promise<Tenant>
  list(page: PageRequest): Promise<Page<Tenant>>
  update(idOrSlug: string, patch: { name: string }): Promise<Tenant>
  /** @throws state_conflict while it has subscriptions, and for the tenant `default` */
  delete(idOrSlug: string): Promise<void>
}

export interface KeyUseCases {
  /** @returns the key's text too, this once. */
  create(input: {
    tenantId: TenantId | null
    name: string
    scope: KeyScope
  }): Promise<{ key: ApiKey; text: string }>
  list(tenantId: TenantId | null, page: PageRequest): Promise<Page<ApiKey>>
  revoke(tenantId: TenantId | null, id: KeyId): Promise<ApiKey>
  /** Constant time for the caller; null for an unknown or revoked key. */
  authenticate(text: string): Promise<Principal | null>
}

export interface HealthUseCases {
  /** Able to store and to deliver; `reasons` is empty when ready. */
  ready(): Promise<{ ready: boolean; reasons: readonly string[]; oldestDueAgeMs: number }>
}
