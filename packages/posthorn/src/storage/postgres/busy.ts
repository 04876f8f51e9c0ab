import type { EventKey } from '../../domain/event.ts'
import type { Query } from './session.ts'

/**
 * Of event `e`: whether one of its deliveries is pending. What waits is found by the event; what is being attempted is
 * little, and looked up in a hash of all of it.
 */
export function isBusy(schema: string): string {
  return `(exists (select 1 from ${schema}.pending p where p.event_key = e.key and p.lease_token is null)
      or e.key in (select p.event_key from ${schema}.pending p where p.lease_token is not null))`
}

/** @returns those of these events that have nothing pending */
export async function idleOf(query: Query, schema: string, keys: readonly EventKey[]): Promise<EventKey[]> {
  const rows = await query.rows<{ key: EventKey }>(
    `select e.key from unnest($1::bigint[]) as e (key) where not ${isBusy(schema)}`,
    keys,
  )
  return rows.map(({ key }) => key)
}
