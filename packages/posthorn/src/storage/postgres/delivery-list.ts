import type { Delivery } from '../../domain/delivery.ts'
import type { DeliveryQuery } from '../../ports/store.ts'
import { deliveryIdAt } from './days.ts'
import { type DeliveryRow, ENDED_COLUMNS, PENDING_COLUMNS, toDelivery } from './delivery-rows.ts'
import { addEventType, Conditions } from './filters.ts'
import type { Query } from './session.ts'
import { repaired } from './text.ts'

/** Ids carry their time: a bound on `createdAt` is one on the id too, forgiving so much (ports/store.ts). */
const ID_SLACK_MS = 60_000

/**
 * Newest first. What waits, what is being attempted (few, whatever the tenant) and what has ended have each their
 * indexes: the first so many of each, and of those the first so many.
 */
export async function listDeliveries(
  query: Query,
  schema: string,
  asked: DeliveryQuery,
): Promise<Delivery[]> {
  const where = conditionsOf(asked)
  const { sql, params } = where.numbered()
  const first = `order by id desc limit $${params.length + 1}`
  const waiting = `(select ${PENDING_COLUMNS} from ${schema}.pending where lease_token is null and ${sql} ${first})`
  // Taken as a whole first: in the order of ids it would be looked for through all that waits.
  const leased = `(select * from leased where ${sql} ${first})`
  // The state is written into the text: a partial index serves only what is known to lie in it when it is planned.
  const ended = `(select ${ENDED_COLUMNS} from ${schema}.ended
      where ${asked.state === null ? 'true' : `state = '${asked.state}'`} and ${sql} ${first})`
  const parts = [
    ...(asked.state === null || asked.state === 'pending' ? [waiting, leased] : []),
    ...(asked.state === 'pending' ? [] : [ended]),
  ]
  const rows = await query.rows<DeliveryRow>(
    `with leased as materialized (select ${PENDING_COLUMNS} from ${schema}.pending where lease_token is not null)
    select * from (${parts.join(' union all ')}) d ${first}`,
    ...params,
    asked.limit,
  )
  return rows.map(toDelivery)
}

function conditionsOf(asked: DeliveryQuery): Conditions {
  const where = new Conditions().add('tenant_id = ?', asked.tenantId)
  if (asked.eventKey !== null) where.add('event_key = ?', asked.eventKey)
  if (asked.targetId !== null) where.add('target_id = ?', asked.targetId)
  if (asked.before !== null) where.add('id < ?', asked.before)
  if (asked.since !== null)
    where.add('id >= ? and created_at >= ?', deliveryIdAt(asked.since - ID_SLACK_MS), asked.since)
  if (asked.until !== null)
    where.add('id < ? and created_at < ?', deliveryIdAt(asked.until + ID_SLACK_MS), asked.until)
  addEventType(where, 'event_type', asked.eventType)
  if (asked.cause != null) where.add('last_error = ?', repaired(asked.cause))
  return where
}
