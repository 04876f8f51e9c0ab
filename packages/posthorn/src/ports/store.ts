/**
 * The store: the truth about everything accepted. Ports by role; each method is atomic, and when its promise resolves
 * what it wrote survives a power cut. Methods that write take arrays, because callers gather: one call is one commit,
 * or part of one. A call that rejects has written nothing.
 *
 * No method reads a clock: the caller says what time it is.
 *
 * Text that identifies (event ids and types, targets, names) is kept exactly or refused with `invalid_request`: half of
 * a surrogate pair always, a NUL where the database cannot hold it. Text that only explains (an attempt's error) is
 * repaired, so that a result is never lost for it. Bytes are kept as they are.
 */
import type { AlertRule } from '../domain/alert.ts'
import type { DeadLetterGroup } from '../domain/dead-letters.ts'
import type { Attempt, Delivery, DeliveryState, LeasedDelivery, NewDelivery } from '../domain/delivery.ts'
import type { EventKey, StoredEvent } from '../domain/event.ts'
import type { DeliveryId, SourceId, TargetId, TenantId } from '../domain/ids.ts'
import type { ApiKey, EventType, Replay, Tenant } from '../domain/records.ts'
import type { Source } from '../domain/source.ts'
import type { Subscription } from '../domain/subscription.ts'
import type { AlertStore } from './alert-store.ts'
import type { ApplicationTransaction } from './application-sql.ts'
import type { AuditStore } from './audit-store.ts'
import type { BulkStore } from './bulk-store.ts'
import type { Finish } from './finish.ts'
import type { HandChange } from './hand-change.ts'
import type { InsertResult, NewEvent } from './insert.ts'
import type { MinuteStore } from './minute-store.ts'
import type { PeerStore } from './peers.ts'
import type { RecordStore, SessionStore } from './record-store.ts'
import type { RequestStore } from './request-store.ts'
import type { Signals } from './signals.ts'
import type { DeliveryStats, FailedAttempt, StatsQuery } from './stats.ts'
import type { TransactionStore } from './transactions.ts'

export type { HandChange } from './hand-change.ts'
export type { RecordQuery, RecordStore, SessionStore, Versioned } from './record-store.ts'

export interface Store {
  readonly events: EventStore
  readonly requests: RequestStore
  readonly deliveries: DeliveryStore
  readonly lanes: LaneStore
  readonly replays: ReplayStore
  readonly tenants: RecordStore<Tenant>
  readonly subscriptions: RecordStore<Subscription>
  readonly eventTypes: RecordStore<EventType>
  readonly sources: RecordStore<Source>
  readonly keys: RecordStore<ApiKey>
  readonly sessions: SessionStore
  readonly audit: AuditStore
  readonly bulks: BulkStore
  readonly minutes: MinuteStore
  readonly alertRules: RecordStore<AlertRule>
  readonly alerts: AlertStore
  readonly upkeep: UpkeepStore
  /** Tables of the application's own in the same commits; undefined where the store has no such thing. */
  readonly transactions?: TransactionStore
  /** undefined where only one process may use the store. */
  readonly peers?: PeerStore
  /** undefined where nobody could hear them. */
  readonly signals?: Signals
  close(): Promise<void>
}

// ---- events -------------------------------------------------------------------------------------------------------

export interface EventStore {
  /** Stores events with their deliveries, each event all or nothing, the whole call in one commit. Answers in order. */
  insert(batch: readonly NewEvent[]): Promise<InsertResult[]>
  /**
   * As `insert`, in a transaction of the application's: stored when and if that commits, and whoever attempts what is
   * due hears of it then. undefined where the application cannot reach the store's database.
   */
  insertWith?(transaction: ApplicationTransaction, batch: readonly NewEvent[]): Promise<InsertResult[]>
  get(tenantId: TenantId, sourceId: SourceId | null, id: string): Promise<StoredEvent | null>
  /** Those of the tenant's that are there, in any order. @param as `listed`: large data is left out, as in `list` */
  byKeys(tenantId: TenantId, keys: readonly EventKey[], as: 'whole' | 'listed'): Promise<StoredEvent[]>
  /** Newest first. Data above `LIMITS.listedDataBytes` is left out, and its size told in its place. */
  list(query: EventQuery): Promise<StoredEvent[]>
  /**
   * Looks into the data of each event that `list` would give: whether it has these bytes; none at all:
   * without looking. Newest first.
   */
  search(query: EventQuery, bytes: Uint8Array): Promise<EventLook[]>
}

export interface EventLook {
  readonly key: EventKey
  readonly receivedAt: number
  readonly hit: boolean
}

export interface EventQuery {
  readonly tenantId: TenantId
  /** Exact, `user.*` as in a subscription, or `*` for all. null: all. */
  readonly eventType: string | null
  /** undefined: any; null: published here. */
  readonly sourceId?: SourceId | null
  /** epoch ms of `receivedAt`: at or after. */
  readonly since: number | null
  /** before */
  readonly until: number | null
  /** Only keys below this one. */
  readonly before: EventKey | null
  readonly limit: number
}

// ---- deliveries ---------------------------------------------------------------------------------------------------

export interface DeliveryStore {
  /**
   * Ends leases with what came of them: the attempt's row and the delivery's new state in one commit. Each is applied
   * only if the delivery is pending and holds this very token.
   * @returns in order, whether the token still fitted. false: nothing of that item was written.
   */
  finish(batch: readonly Finish[]): Promise<boolean[]>
  /** Stores more deliveries of an event that is there. @returns false when the event is gone. */
  add(eventKey: EventKey, tenantId: TenantId, deliveries: readonly NewDelivery[]): Promise<boolean>
  /**
   * A change by hand: applied only if the delivery is in one of `from` and nobody holds a lease that is still valid.
   * @returns the delivery as it is now, and whether the change was made; null when there is none such.
   */
  change(request: HandChange): Promise<{ delivery: Delivery; changed: boolean } | null>
  get(tenantId: TenantId, id: DeliveryId): Promise<Delivery | null>
  /** Newest first, by id. */
  list(query: DeliveryQuery): Promise<Delivery[]>
  /** Of one delivery, oldest first. */
  attempts(tenantId: TenantId, id: DeliveryId): Promise<Attempt[]>
  stats(query: StatsQuery): Promise<DeliveryStats>
  /** When the first `retry` after the last `success` ended, of the newest 1,000 attempts of a target since; null: none. */
  failingSince(of: Omit<StatsQuery, 'until'>): Promise<number | null>
  /** What the last attempt of a target that failed was answered, of the newest 1,000 since; null: none failed. */
  lastFailure(of: Omit<StatsQuery, 'until'>): Promise<FailedAttempt | null>
  /** Of a tenant now; each number counts up to `most`, and stops there. */
  standing(tenantId: TenantId, most: number): Promise<Standing>
  /** The newest dead letters of a tenant, so many at most, by target and cause; the largest group first. */
  deadLetters(tenantId: TenantId, most: number): Promise<DeadLetterGroup[]>
}

export interface Standing {
  /** Pending ones that nobody attempts now. */
  readonly waiting: number
  /** Of these, those that have been attempted before. */
  readonly retrying: number
  readonly dead: number
  /** `dueAt` of the longest due among what waits, or null. */
  readonly oldestDueAt: number | null
}

export interface DeliveryQuery {
  readonly tenantId: TenantId
  readonly state: DeliveryState | null
  readonly targetId: TargetId | null
  /** All deliveries of one event. */
  readonly eventKey: EventKey | null
  readonly eventType: string | null
  /** `lastError`, exactly. Default: any. */
  readonly cause?: string | null
  /** epoch ms of `createdAt`: at or after. */
  readonly since: number | null
  /** before */
  readonly until: number | null
  /** Only ids below this one. */
  readonly before: DeliveryId | null
  readonly limit: number
}

// ---- lanes --------------------------------------------------------------------------------------------------------

/**
 * A lane is what is waiting for one target: its pending, unleased deliveries in the order in which they fall due, and
 * one time at which to look at them. Lanes make claims fair and cheap: the cost of a claim is a matter of how many
 * targets are due, not of how many deliveries wait behind a target that is full, closed or paused.
 *
 * Kept by the store in the same commit as each write: a lane's time is the earliest `dueAt` among its waiting
 * deliveries or the end of its postponement, whichever is later; without waiting deliveries it has none. So new
 * deliveries, retries and expired leases pull the time forward, but never before a postponement that is in force.
 * Postponements outlive a restart.
 */
export interface LaneStore {
  /** Lanes whose time has come, longest waiting first. */
  due(now: number, limit: number): Promise<DueLane[]>
  /**
   * Takes leases on due deliveries, at most so many a lane, oldest due first within a lane. Sets each lane's time to
   * its next waiting delivery (or to nothing). Ends postponements that are over at `now`, and takes nothing from a lane
   * where one is in force.
   */
  claim(request: ClaimRequest): Promise<LeasedDelivery[]>
  /** Sets when a lane is looked at again; null: not before `resume`. It holds against earlier due deliveries. */
  postpone(
    batch: ReadonlyArray<{ readonly targetId: TargetId; readonly until: number | null }>,
  ): Promise<void>
  /** Ends a postponement: the lane's time is again that of its earliest waiting delivery. */
  resume(targetId: TargetId): Promise<void>
  /**
   * When the next lane falls due, or null when nothing waits.
   * @param after leaves out lanes whose time is not later than this: they are due already, and may be full
   */
  nextDueAt(after?: number): Promise<number | null>
  /** Gives up leases that have ended (`until` ≤ `now`), at most `limit`. @returns how many. */
  expireLeases(now: number, limit: number): Promise<number>
  /** Cancels what waits (not what is being attempted) for a target that is deleted, at most `limit`. @returns how many. */
  cancelWaiting(tenantId: TenantId, targetId: TargetId, at: number, limit: number): Promise<number>
}

export interface DueLane {
  readonly targetId: TargetId
  readonly tenantId: TenantId
  /** Its time; epoch ms. */
  readonly at: number
}

export interface ClaimRequest {
  readonly now: number
  readonly lanes: ReadonlyArray<{ readonly targetId: TargetId; readonly limit: number }>
  readonly leaseToken: string
  readonly leaseUntil: number
}

// ---- replays ------------------------------------------------------------------------------------------------------

export interface ReplayStore extends RecordStore<Replay> {
  running(): Promise<Replay[]>
  /** The next stored events of a replay's span after its cursor, oldest first, whatever their type or state. */
  scan(replay: Replay, limit: number): Promise<ReplayCandidate[]>
  /**
   * One step: the new deliveries and the replay's progress in one commit, so that a crash neither skips nor doubles.
   * Applied only while the stored replay is running and its cursor is `from`. Deliveries of events that were pruned
   * since the scan are left out. @returns whether it was applied.
   */
  advance(
    next: Replay,
    from: EventKey,
    deliveries: ReadonlyArray<{ eventKey: EventKey; delivery: NewDelivery }>,
  ): Promise<boolean>
}

export interface ReplayCandidate {
  readonly eventKey: EventKey
  readonly eventType: string
  readonly sourceId: SourceId | null
  /** State of the newest delivery of this event to the replay's subscription; null: there was none. */
  readonly lastState: DeliveryState | null
}

// ---- upkeep -------------------------------------------------------------------------------------------------------

export interface UpkeepStore {
  /** Proves that something can be stored, durably. */
  ping(): Promise<void>
  /**
   * Removes at most `limit` of the oldest events received before `before`, with their deliveries and attempts, unless
   * one of their deliveries is still pending; and as many inbound requests of that age, unless one of their events is
   * still there. Ids that must be remembered longer than their events are kept until their time, and then removed.
   * A store that keeps days apart may let a whole one go at once, and then tells about how many deliveries and attempts
   * that were.
   */
  prune(request: {
    readonly before: number
    readonly now: number
    readonly limit: number
  }): Promise<PruneCount>
  counts(): Promise<StoreCounts>
}

export interface PruneCount {
  readonly events: number
  readonly deliveries: number
  readonly attempts: number
  readonly requests: number
  /** There may be more to prune. */
  readonly more: boolean
}

export interface StoreCounts {
  readonly pending: number
  readonly dead: number
  /** `dueAt` of the longest waiting delivery, over all tenants; null when nothing waits. */
  readonly oldestDueAt: number | null
}
