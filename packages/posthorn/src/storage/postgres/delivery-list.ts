import type { Delivery } from '../../domain/delivery.ts'
import type { DeliveryQuery } from '../../ports/store.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, toDelivery } from './delivery-rows.ts'
import { addEventType, Conditions } from './filters.ts'
import type { Query } from './session.ts'

/** Ids carry their time: a bound on `createdAt` is one on the id too, forgiving so much (ports/store.ts). */
const ID_SLACK_MS = 60_000

export async function listDeliveries(
  query: Query,
  schema: string,
  asked: DeliveryQuery,
): Promise<Delivery[]> {
  const where = new Conditions().add('d.tenant_id = ?', asked.tenantId)
  if (asked.eventKey !== null) where.add('d.event_key = ?', asked.eventKey)
  if (asked.targetId !== null) where.add('d.target_id = ?', asked.targetId)
  // Written into the text: a partial index serves only what is known to lie in it when it is planned.
  if (asked.state !== null) where.add(`d.state = '${asked.state}'`)
  if (asked.before !== null) where.add('d.id < ?', asked.before)
  if (asked.since !== null)
    where.add('d.id >= ? and d.created_at >= ?', idAt(asked.since - ID_SLACK_MS), asked.since)
  if (asked.until !== null)
    where.add('d.id < ? and d.created_at < ?', idAt(asked.until + ID_SLACK_MS), asked.until)
  addEventType(where, 'd.event_type', asked.eventType)
  const { sql, params } = where.numbered()
  const rows = await query.rows<DeliveryRow>(
    `select ${DELIVERY_COLUMNS} from ${schema}.deliveries d where ${sql} order by d.id desc limit $${params.length + 1}`,
    ...params,
    asked.limit,
  )
  return rows.map(toDelivery)
}

/** The least id of a delivery made at this time or later. */
function idAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0')
  return `dlv_${hex.slice(0, 8)}-${hex.slice(8)}`
}
