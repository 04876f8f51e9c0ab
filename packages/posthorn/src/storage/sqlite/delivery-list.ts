/** Lists of deliveries: which index answers which question. */
import type { Delivery } from '../../domain/delivery.ts'
import type { DeliveryQuery } from '../../ports/store.ts'
import type { Statements } from './database.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, toDelivery } from './delivery-rows.ts'
import { addEventType, Conditions } from './filters.ts'
import { repaired } from './text.ts'

/**
 * Ids carry their time in the first 48 bits (ports/store.ts), so a bound on `createdAt` is also one on the id, and the
 * feed is entered where the answer begins. The exact filter stays; this much slack forgives ids made a little earlier
 * or later than `createdAt`.
 */
const ID_SLACK_MS = 60_000

export function listDeliveries(statements: Statements, query: DeliveryQuery): Delivery[] {
  const { sql, params } = query.state === 'pending' && query.eventKey === null ? pending(query) : feed(query)
  const rows = statements
    .get(`
      with picked (id) as (${sql})
      select ${DELIVERY_COLUMNS} from picked cross join deliveries d on d.id = picked.id
      cross join events e on e.key = d.event_key`)
    .all(...params)
  // The page was picked in order; a join does not promise to keep it.
  return rows.map((row) => toDelivery(row as unknown as DeliveryRow)).sort((a, b) => (a.id > b.id ? -1 : 1))
}

interface Picked {
  readonly sql: string
  readonly params: Conditions['params']
}

/** Newest first along the narrowest index. */
function feed(query: DeliveryQuery): Picked {
  const where = new Conditions()
  let index = 'deliveries_of_tenant'
  if (query.eventKey !== null) {
    index = 'deliveries_of_event'
    where.add('event_key = ? and +tenant_id = ?', query.eventKey, query.tenantId)
    if (query.targetId !== null) where.add('+target_id = ?', query.targetId)
    if (query.state !== null) where.add('+state = ?', query.state)
  } else {
    const ended = query.state === 'dead' || query.state === 'cancelled'
    if (query.targetId !== null) {
      index = ended ? 'deliveries_ended_of_target' : 'deliveries_of_target'
      where.add(`target_id = ? and ${ended ? '' : '+'}tenant_id = ?`, query.targetId, query.tenantId)
    } else {
      index = ended ? 'deliveries_ended_of_tenant' : 'deliveries_of_tenant'
      where.add('tenant_id = ?', query.tenantId)
    }
    // Written into the text, not bound: a partial index serves only what is known to lie in it when it is prepared.
    if (query.state !== null) where.add(`state = '${query.state}'`)
  }
  addCommon(where, query)
  return {
    sql: `select id from deliveries indexed by ${index} where ${where.sql} order by id desc limit ?`,
    params: [...where.params, query.limit],
  }
}

/**
 * What waits and what is being attempted, each from an index that holds no history. One target's waiting rows are
 * sorted by id (their index is by due time): a matter of its backlog, 0.1 s for a million.
 */
function pending(query: DeliveryQuery): Picked {
  const common = new Conditions().add('+tenant_id = ?', query.tenantId)
  if (query.targetId !== null) common.add('+target_id = ?', query.targetId)
  addCommon(common, query)
  const waiting = new Conditions().add("state = 'pending' and lease_token is null")
  if (query.targetId !== null) waiting.add('target_id = ?', query.targetId)
  else waiting.add('tenant_id = ?', query.tenantId)
  const index = query.targetId === null ? 'deliveries_waiting_of_tenant' : 'deliveries_waiting'
  return {
    sql: `
      select id from (select id from deliveries indexed by ${index}
        where ${waiting.sql} and ${common.sql} order by id desc limit ?)
      union all
      select id from (select id from deliveries indexed by deliveries_leased
        where lease_token is not null and ${common.sql} order by id desc limit ?)
      order by id desc limit ?`,
    params: [...waiting.params, ...common.params, query.limit, ...common.params, query.limit, query.limit],
  }
}

function addCommon(where: Conditions, query: DeliveryQuery): void {
  if (query.before !== null) where.add('id < ?', query.before)
  if (query.since !== null)
    where.add('id >= ? and +created_at >= ?', idAt(query.since - ID_SLACK_MS), query.since)
  if (query.until !== null)
    where.add('id < ? and +created_at < ?', idAt(query.until + ID_SLACK_MS), query.until)
  addEventType(where, '+event_type', query.eventType)
  if (query.cause != null) where.add('+last_error = ?', repaired(query.cause))
}

/** The least id of a delivery made at this time or later. */
function idAt(time: number): string {
  const hex = Math.max(0, Math.floor(time)).toString(16).padStart(12, '0')
  return `dlv_${hex.slice(0, 8)}-${hex.slice(8)}`
}
