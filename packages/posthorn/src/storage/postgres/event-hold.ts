import type { EventKey } from '../../domain/event.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Query } from './session.ts'

/** What deliveries take from their event. */
export interface HeldEvent {
  readonly eventKey: EventKey
  readonly tenantId: TenantId
  readonly eventId: string
  readonly eventType: string
}

interface Row {
  readonly key: EventKey
  readonly tenant_id: TenantId
  readonly id: string
  readonly type: string
}

/**
 * Holds events until the end of the transaction: no prune takes them away meanwhile, nor with them what is made of them
 * here. Whoever holds events does so before he writes to anything else.
 * @returns those that are there
 */
export async function holdEvents(
  query: Query,
  schema: string,
  keys: readonly EventKey[],
): Promise<ReadonlyMap<EventKey, HeldEvent>> {
  const rows = await query.rows<Row>(
    // One look-up each: of a day that has just begun the planner knows nothing, and might read all of it for several.
    `select e.key, e.tenant_id, e.id, e.type from unnest($1::bigint[]) as k (key) cross join lateral (
      select key, tenant_id, id, type from ${schema}.events where key = k.key limit 1 for key share) e`,
    [...keys].sort((a, b) => a - b),
  )
  return new Map(
    rows.map(({ key, tenant_id, id, type }) => [
      key,
      { eventKey: key, tenantId: tenant_id, eventId: id, eventType: type },
    ]),
  )
}
