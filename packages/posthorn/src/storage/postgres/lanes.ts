import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { TargetId, TenantId } from '../../domain/ids.ts'
import type { ClaimRequest, DueLane, LaneStore } from '../../ports/store.ts'
import { claimLanes, earliestIn } from './claim.ts'
import { pullForward } from './delivery-insert.ts'
import { COMMON_COLUMNS } from './delivery-rows.ts'
import type { Partitions } from './partitions.ts'
import type { Query, Sessions } from './session.ts'

/** `held_until` of a lane that is postponed until it is resumed. */
const FOREVER = Number.MAX_SAFE_INTEGER
/** Lanes that transactions of applications have left to be pulled forward, in one look. */
const CALLS_A_LOOK = 1000

/**
 * Who locks what, in this order, so that nobody waits in a circle: identities of events (in their order), events (by key),
 * deliveries, lanes (by target). A claim alone holds lanes before deliveries: it takes only those that nobody holds.
 */
export class LaneTable implements LaneStore {
  readonly #sessions: Sessions
  readonly #schema: string
  readonly #partitions: Partitions

  constructor(sessions: Sessions, schema: string, partitions: Partitions) {
    this.#sessions = sessions
    this.#schema = schema
    this.#partitions = partitions
  }

  /** Lanes that were called since the last look are pulled forward first, and are among those that are due. */
  async due(now: number, limit: number): Promise<DueLane[]> {
    const s = this.#schema
    const rows = await this.#sessions.rows<{ target_id: TargetId; tenant_id: TenantId; at: number }>(
      `with calls as (
        delete from ${s}.lane_calls where number in (
          select number from ${s}.lane_calls order by number limit ${CALLS_A_LOOK} for update skip locked)
        returning target_id, tenant_id, due_at),
      pulled as (${pullForward(s, 'select * from calls')} returning target_id, tenant_id, look_at)
      select target_id, min(tenant_id) as tenant_id, min(look_at) as at from (
        (select target_id, tenant_id, look_at from ${s}.lanes where look_at <= $1 order by look_at, target_id limit $2)
        union all
        select target_id, tenant_id, look_at from pulled where look_at <= $1) due
      group by target_id order by at, target_id limit $2`,
      now,
      limit,
    )
    return rows.map((row) => ({ targetId: row.target_id, tenantId: row.tenant_id, at: row.at }))
  }

  claim(request: ClaimRequest): Promise<LeasedDelivery[]> {
    return this.#sessions.transaction((query) => claimLanes(query, this.#schema, request))
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
      `update ${this.#schema}.lanes l set due_at = ${earliestIn(this.#schema)} where target_id = $1`,
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
        select id as over_id from ${this.#schema}.pending where lease_token is not null and lease_until <= $1
        order by lease_until limit $2 for update skip locked),
      freed as (
        update ${this.#schema}.pending d set lease_token = null, lease_until = null
        from over where d.id = over_id returning d.target_id, d.tenant_id, d.due_at),
      waits as (${pullForward(this.#schema, 'select target_id, tenant_id, due_at from freed')})
      select count(*) as count from freed`,
      now,
      limit,
    )
    return row?.count ?? 0
  }

  async cancelWaiting(tenantId: TenantId, targetId: TargetId, at: number, limit: number): Promise<number> {
    const s = this.#schema
    const waiting = await this.#sessions.rows<{ id: string }>(
      `select id from ${s}.pending where target_id = $2 and tenant_id = $1 and lease_token is null
      order by due_at limit $3`,
      tenantId,
      targetId,
      limit,
    )
    const ids = waiting.map(({ id }) => id)
    return this.#partitions.forDeliveries(ids, () => this.#cancel(ids, tenantId, targetId, at))
  }

  #cancel(ids: readonly string[], tenantId: TenantId, targetId: TargetId, at: number): Promise<number> {
    const s = this.#schema
    return this.#sessions.transaction(async (query) => {
      const rows = await query.rows(
        `with gone as (
          delete from ${s}.pending where id in (
            select id from ${s}.pending where id = any($1::text[]) and lease_token is null for update skip locked)
          returning *)
        insert into ${s}.ended (${COMMON_COLUMNS}, state, finished_at)
        select ${COMMON_COLUMNS}, 'cancelled', $2 from gone returning 1`,
        ids,
        at,
      )
      await this.settleIn(query, targetId, tenantId)
      return rows.length
    })
  }
}
