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

/**
 * Stores deliveries and pulls the lanes of those that wait forward, in one statement. Lanes are written in the order of
 * their targets, here as everywhere, so that no two transactions wait for each other.
 *
 * @param pull `later`: leaves a note instead, for the next look. A transaction that may stay open for long must not hold
 * lanes: whoever claims or publishes for the same targets would wait for its end.
 */
export async function insertDeliveries(
  query: Query,
  schema: string,
  rows: readonly DeliveryOf[],
  pull: 'at once' | 'later' = 'at once',
): Promise<void> {
  if (rows.length === 0) return
  for (const { delivery } of rows) checkText('target id', delivery.targetId)
  await query.rows(
    `with d as (select * from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[],
        $7::text[], $8::bigint[], $9::text[], $10::bigint[], $11::bigint[], $12::text[])
      as t (id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, lease_token, lease_until,
        created_at, replay_id)),
    made as (
      insert into ${schema}.deliveries (id, tenant_id, event_key, event_id, event_type, target_id, format, state, due_at,
        attempts, schedule_start, lease_token, lease_until, created_at, replay_id)
      select id, tenant_id, event_key, event_id, event_type, target_id, format, 'pending', due_at, 0, 0, lease_token,
        lease_until, created_at, replay_id from d)
    ${(pull === 'at once' ? pullForward : pullLater)(schema, 'select target_id, tenant_id, due_at from d where lease_token is null')}`,
    ...columns(
      rows,
      (row) => row.delivery.id,
      (row) => row.tenantId,
      (row) => row.eventKey,
      (row) => row.eventId,
      (row) => row.eventType,
      (row) => row.delivery.targetId,
      (row) => row.delivery.format,
      (row) => row.delivery.dueAt,
      (row) => row.delivery.lease?.token ?? null,
      (row) => row.delivery.lease?.until ?? null,
      (row) => row.delivery.createdAt,
      (row) => row.delivery.replayId,
    ),
  )
}

function pullLater(schema: string, waiting: string): string {
  return `insert into ${schema}.lane_pulls (target_id, tenant_id, due_at)
      select target_id, min(tenant_id), min(due_at) from (${waiting}) w group by target_id`
}

/** A lane's time is never later than what waits in it. @param waiting gives target_id, tenant_id, due_at */
export function pullForward(schema: string, waiting: string): string {
  return `insert into ${schema}.lanes as l (target_id, tenant_id, due_at)
      select target_id, min(tenant_id), min(due_at) from (${waiting}) w group by target_id order by target_id
      on conflict (target_id) do update set tenant_id = excluded.tenant_id, due_at = excluded.due_at
      where l.due_at is null or excluded.due_at < l.due_at`
}
