import type { NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { TenantId } from '../../domain/ids.ts'
import { columns } from './columns.ts'
import type { Query } from './session.ts'
import { checkText } from './text.ts'

/** A new delivery and what it takes from its event. */
export interface DeliveryOf {
  readonly eventKey: EventKey
  readonly tenantId: TenantId
  readonly eventId: string
  readonly eventType: string
  readonly delivery: NewDelivery
}

/** Columns that are a delivery's own, as parameters of `unnest`. */
export const NEW_DELIVERY = {
  names: 'id, target_id, format, due_at, lease_token, lease_until, created_at, replay_id',
  types: ['text', 'text', 'text', 'bigint', 'text', 'bigint', 'bigint', 'text'],
} as const

export function deliveryColumns(deliveries: readonly NewDelivery[]): unknown[][] {
  return columns(
    deliveries,
    ({ id }) => id,
    ({ targetId }) => targetId,
    ({ format }) => format,
    ({ dueAt }) => dueAt,
    ({ lease }) => lease?.token ?? null,
    ({ lease }) => lease?.until ?? null,
    ({ createdAt }) => createdAt,
    ({ replayId }) => replayId,
  )
}

/** `$1::text[], $2::bigint[] …` @param from the first one's number */
export function arrays(types: readonly string[], from: number): string {
  return types.map((type, index) => `$${from + index}::${type}[]`).join(', ')
}

/** Stores deliveries, and pulls the lanes of those that wait forward, of events that are there and held. */
export async function insertDeliveries(
  query: Query,
  schema: string,
  rows: readonly DeliveryOf[],
): Promise<void> {
  if (rows.length === 0) return
  checkTargets(rows.map(({ delivery }) => delivery))
  await query.rows(
    `with d as (select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], ${arrays(NEW_DELIVERY.types, 5)})
      as t (tenant_id, event_key, event_id, event_type, ${NEW_DELIVERY.names})),
    made as (${intoPending(schema, 'd')})
    ${pullForward(schema, 'select target_id, tenant_id, due_at from d where lease_token is null')}`,
    ...columns(
      rows,
      (row) => row.tenantId,
      (row) => row.eventKey,
      (row) => row.eventId,
      (row) => row.eventType,
    ),
    ...deliveryColumns(rows.map(({ delivery }) => delivery)),
  )
}

/**
 * `at once`: by their rows. `later`: a note is left for the next look. A transaction of the application's may stay open
 * for long and must not hold lanes: whoever claims or publishes for the same targets would wait for its end.
 */
export type Pull = 'at once' | 'later'

export function pulling(pull: Pull): (schema: string, waiting: string) => string {
  return pull === 'at once' ? pullForward : callLater
}

function callLater(schema: string, waiting: string): string {
  return `insert into ${schema}.lane_calls (target_id, tenant_id, due_at)
      select target_id, min(tenant_id), min(due_at) from (${waiting}) w group by target_id`
}

/** @throws PosthornError `invalid_request` */
export function checkTargets(deliveries: readonly NewDelivery[]): void {
  for (const { targetId } of deliveries) checkText('target id', targetId)
}

/** @param from gives all that a new delivery has */
export function intoPending(schema: string, from: string): string {
  return `insert into ${schema}.pending (id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts,
        schedule_start, lease_token, lease_until, created_at, replay_id)
      select id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, 0, 0, lease_token, lease_until,
        created_at, replay_id from ${from}`
}

/**
 * A lane's time is never later than what waits in it. Lanes are written in the order of their targets, here as
 * everywhere, so that no two transactions wait for each other. A lane whose time is early enough is held all the same
 * (`on conflict do update` locks the row before it asks `where`): otherwise whoever settles the lane just now would not
 * see what is being stored.
 *
 * @param waiting gives target_id, tenant_id, due_at
 */
export function pullForward(schema: string, waiting: string): string {
  return `insert into ${schema}.lanes as l (target_id, tenant_id, due_at)
      select target_id, min(tenant_id), min(due_at) from (${waiting}) w group by target_id order by target_id
      on conflict (target_id) do update set tenant_id = excluded.tenant_id, due_at = excluded.due_at
      where l.due_at is null or excluded.due_at < l.due_at`
}
