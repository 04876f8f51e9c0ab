import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { TargetId, TenantId } from '../../domain/ids.ts'
import type { ClaimRequest, DueLane, LaneStore } from '../../ports/store.ts'
import { pullForward } from './delivery-insert.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, toDelivery } from './delivery-rows.ts'
import { type EventRow, toEvent } from './event-rows.ts'
import type { Query, Sessions } from './session.ts'

/** `held_until` of a lane that is postponed until it is resumed. */
const FOREVER = Number.MAX_SAFE_INTEGER
const PULLS_A_LOOK = 1_000

/**
 * Whoever takes deliveries out of a lane or sets its time holds the lane's row first, and computes the time in a later
 * statement: that one sees what everybody committed who held the row before. A single statement would compute it from
 * before its wait for the row, and a delivery could be left behind.
 */
export class LaneTable implements LaneStore {
  readonly #sessions: Sessions
  readonly #schema: string

  constructor(sessions: Sessions, schema: string) {
    this.#sessions = sessions
    this.#schema = schema
  }

  /** First pulls forward what transactions of the application's have left to be pulled: in the same statement, for nothing. */
  async due(now: number, limit: number): Promise<DueLane[]> {
    const s = this.#schema
    const rows = await this.#sessions.rows<LaneRow>(
      `with pulled as (
        delete from ${s}.lane_pulls p
        using (select ctid from ${s}.lane_pulls limit ${PULLS_A_LOOK} for update skip locked) t
        where p.ctid = t.ctid returning p.target_id, p.tenant_id, p.due_at),
      made as (${pullForward(s, 'select * from pulled')} returning target_id, tenant_id, look_at)
      (select target_id, tenant_id, look_at, false as made from ${s}.lanes where look_at <= $1
        order by look_at, target_id limit $2)
      union all select target_id, tenant_id, look_at, true from made where look_at <= $1`,
      now,
      limit,
    )
    return inOrder(rows, limit).map((row) => ({
      targetId: row.target_id,
      tenantId: row.tenant_id,
      at: row.look_at,
    }))
  }

  claim({ lanes, now, leaseToken, leaseUntil }: ClaimRequest): Promise<LeasedDelivery[]> {
    return this.#sessions.transaction(async (query) => {
      const wanted = lanes.map(({ targetId }) => targetId)
      const open = await this.#hold(query, wanted, now)
      if (open.length === 0) return []
      const limits = new Map(lanes.map(({ targetId, limit }) => [targetId, limit]))
      const rows = await query.rows<ClaimRow>(
        `with w as (select * from unnest($1::text[], $2::integer[]) with ordinality as t (target_id, lim, place)),
        picked as (
          select p.id, w.place from w cross join lateral (
            select id from ${this.#schema}.deliveries d
            where d.target_id = w.target_id and d.state = 'pending' and d.lease_token is null and d.due_at <= $3
            order by d.due_at, d.id limit w.lim for update skip locked) p),
        leased as (
          update ${this.#schema}.deliveries d set lease_token = $4, lease_until = $5
          from picked where d.id = picked.id
          returning ${DELIVERY_COLUMNS}, picked.place)
        select l.*, e.source_id, e.content_type, e.content_hash, e.occurred_at, e.received_at, e.request_id, e.trace,
          e.dedupe_until, e.data
        from leased l join ${this.#schema}.events e on e.key = l.event_key order by l.place, l.due_at, l.id`,
        open,
        open.map((targetId) => limits.get(targetId) ?? 0),
        now,
        leaseToken,
        leaseUntil,
      )
      await this.#settle(query, open)
      return rows.map(toLeased)
    })
  }

  /** Locks the lanes in the order of their targets, ends postponements that are over. @returns those that are open */
  async #hold(query: Query, targetIds: readonly string[], now: number): Promise<TargetId[]> {
    const rows = await query.rows<{ target_id: TargetId; held_until: number | null }>(
      `select target_id, held_until from ${this.#schema}.lanes where target_id = any($1::text[])
      order by target_id for update`,
      targetIds,
    )
    const open = new Set(
      rows.filter((row) => row.held_until === null || row.held_until <= now).map((row) => row.target_id),
    )
    return targetIds.filter((targetId): targetId is TargetId => open.has(targetId as TargetId))
  }

  /** Of lanes that this transaction holds and that are not postponed. */
  async #settle(query: Query, targetIds: readonly string[]): Promise<void> {
    await query.rows(
      `update ${this.#schema}.lanes l set held_until = null, due_at = (
        select d.due_at from ${this.#schema}.deliveries d
        where d.target_id = l.target_id and d.state = 'pending' and d.lease_token is null
        order by d.due_at limit 1)
      where l.target_id = any($1::text[])`,
      targetIds,
    )
  }

  /** The lane's time from what waits in it, its postponement as it is. Makes the lane if it is not there. */
  async settleIn(query: Query, targetId: string, tenantId: string): Promise<void> {
    await query.rows(
      `insert into ${this.#schema}.lanes as l (target_id, tenant_id) values ($1, $2)
      on conflict (target_id) do update set tenant_id = coalesce(l.tenant_id, excluded.tenant_id)`,
      targetId,
      tenantId,
    )
    await query.rows(
      `update ${this.#schema}.lanes l set due_at = (
        select d.due_at from ${this.#schema}.deliveries d
        where d.target_id = l.target_id and d.state = 'pending' and d.lease_token is null
        order by d.due_at limit 1)
      where l.target_id = $1`,
      targetId,
    )
  }

  async postpone(batch: ReadonlyArray<{ targetId: TargetId; until: number | null }>): Promise<void> {
    const last = new Map(batch.map(({ targetId, until }) => [targetId as string, until ?? FOREVER]))
    const sorted = [...last.keys()].sort()
    await this.#sessions.rows(
      `insert into ${this.#schema}.lanes (target_id, held_until) select * from unnest($1::text[], $2::bigint[])
      on conflict (target_id) do update set held_until = excluded.held_until`,
      sorted,
      sorted.map((targetId) => last.get(targetId)),
    )
  }

  async resume(targetId: TargetId): Promise<void> {
    await this.#sessions.rows(
      `update ${this.#schema}.lanes set held_until = null where target_id = $1 and held_until is not null`,
      targetId,
    )
  }

  async nextDueAt(after: number = Number.MIN_SAFE_INTEGER): Promise<number | null> {
    const [row] = await this.#sessions.rows<{ look_at: number }>(
      `select look_at from ${this.#schema}.lanes where look_at > $1 order by look_at limit 1`,
      after,
    )
    return row?.look_at ?? null
  }

  async expireLeases(now: number, limit: number): Promise<number> {
    const [row] = await this.#sessions.rows<{ count: number }>(
      `with over as (
        select id from ${this.#schema}.deliveries where lease_token is not null and lease_until <= $1
        order by lease_until limit $2 for update skip locked),
      freed as (
        update ${this.#schema}.deliveries d set lease_token = null, lease_until = null
        from over where d.id = over.id returning d.target_id, d.tenant_id, d.due_at),
      waits as (${pullForward(this.#schema, 'select target_id, tenant_id, due_at from freed')})
      select count(*) as count from freed`,
      now,
      limit,
    )
    return row?.count ?? 0
  }

  cancelWaiting(tenantId: TenantId, targetId: TargetId, at: number, limit: number): Promise<number> {
    return this.#sessions.transaction(async (query) => {
      const rows = await query.rows(
        `with waiting as (
          select id from ${this.#schema}.deliveries
          where target_id = $2 and tenant_id = $1 and state = 'pending' and lease_token is null
          order by due_at limit $4 for update skip locked)
        update ${this.#schema}.deliveries d set state = 'cancelled', finished_at = $3
        from waiting where d.id = waiting.id returning d.id`,
        tenantId,
        targetId,
        at,
        limit,
      )
      await this.settleIn(query, targetId, tenantId)
      return rows.length
    })
  }
}

interface LaneRow {
  readonly target_id: TargetId
  readonly tenant_id: TenantId
  readonly look_at: number
  /** Just now, so that it may be there as it was before too. */
  readonly made: boolean
}

function inOrder(rows: readonly LaneRow[], limit: number): readonly LaneRow[] {
  if (!rows.some(({ made }) => made)) return rows
  const lanes = new Map(rows.map((row) => [row.target_id, row]))
  const byTime = (a: LaneRow, b: LaneRow) => a.look_at - b.look_at || (a.target_id < b.target_id ? -1 : 1)
  return [...lanes.values()].sort(byTime).slice(0, limit)
}

type ClaimRow = DeliveryRow & Omit<EventRow, 'key' | 'id' | 'type' | 'tenant_id'>

function toLeased(row: ClaimRow): LeasedDelivery {
  const event = toEvent({ ...row, id: row.event_id, key: row.event_key, type: row.event_type })
  return { delivery: toDelivery(row), event }
}
