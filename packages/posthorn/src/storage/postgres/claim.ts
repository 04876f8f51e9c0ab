import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { TargetId } from '../../domain/ids.ts'
import type { ClaimRequest } from '../../ports/store.ts'
import { COMMON_COLUMNS, type DeliveryRow, toDelivery } from './delivery-rows.ts'
import { type EventRow, toEvent } from './event-rows.ts'
import type { Query } from './session.ts'

/** Named: with `d.*` a column that a later migration adds would change what the prepared statement gives, and break it. */
const LEASED = `${COMMON_COLUMNS}, lease_token, lease_until`.replaceAll(/\w+/g, 'd.$&')

/**
 * Takes leases, in a transaction. The lanes are held first, in the order of their targets, and settled in a later
 * statement: that one sees what everybody committed who held a lane before. A single statement would compute the lane's
 * time from before its wait for the row, and a delivery could be left behind. Deliveries that somebody else holds are
 * passed over: who holds a lane waits for nobody but who holds a lane.
 */
export async function claimLanes(
  query: Query,
  schema: string,
  { lanes, now, leaseToken, leaseUntil }: ClaimRequest,
): Promise<LeasedDelivery[]> {
  const open = await hold(query, schema, lanes, now)
  if (open.length === 0) return []
  const rows = await query.rows<ClaimRow>(
    `with w as (select * from unnest($1::text[], $2::integer[]) with ordinality as t (lane, lim, place)),
    picked as (
      select p.id as picked_id, w.place from w cross join lateral (
        select id from ${schema}.pending where target_id = w.lane and lease_token is null and due_at <= $3
        order by due_at, id limit w.lim for update skip locked) p),
    leased as (
      update ${schema}.pending d set lease_token = $4, lease_until = $5 from picked where d.id = picked_id
      returning ${LEASED}, picked.place)
    select l.*, 'pending' as state, null as finished_at, e.source_id, e.content_type, e.content_hash, e.occurred_at,
      e.received_at, e.request_id, e.trace, e.dedupe_until, e.data
    from leased l cross join lateral (select * from ${schema}.events where key = l.event_key limit 1) e
    order by l.place, l.due_at, l.id`,
    open.map(({ targetId }) => targetId),
    open.map(({ limit }) => limit),
    now,
    leaseToken,
    leaseUntil,
  )
  await query.rows(
    `update ${schema}.lanes l set held_until = null, due_at = ${earliestIn(schema)} where target_id = any($1::text[])`,
    open.map(({ targetId }) => targetId),
  )
  return rows.map(toLeased)
}

/** Of lane `l`: when the first of what waits in it falls due. */
export function earliestIn(schema: string): string {
  return `(select p.due_at from ${schema}.pending p where p.target_id = l.target_id and p.lease_token is null
      order by p.due_at limit 1)`
}

/** Locks the lanes. @returns those that are not postponed at `now` */
async function hold(
  query: Query,
  schema: string,
  lanes: ClaimRequest['lanes'],
  now: number,
): Promise<ClaimRequest['lanes']> {
  const rows = await query.rows<{ target_id: TargetId; held_until: number | null }>(
    `select target_id, held_until from ${schema}.lanes where target_id = any($1::text[]) order by target_id for update`,
    lanes.map(({ targetId }) => targetId),
  )
  const open = new Set(
    rows.filter((row) => row.held_until === null || row.held_until <= now).map((row) => row.target_id),
  )
  return lanes.filter(({ targetId }) => open.has(targetId))
}

type ClaimRow = DeliveryRow & Omit<EventRow, 'key' | 'id' | 'type' | 'tenant_id'>

function toLeased(row: ClaimRow): LeasedDelivery {
  const event = toEvent({ ...row, id: row.event_id, key: row.event_key, type: row.event_type })
  return { delivery: toDelivery(row), event }
}
