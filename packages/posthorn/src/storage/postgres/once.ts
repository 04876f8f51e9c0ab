/** Of inbound requests: tokens that hold once, and ids that are remembered after their events are gone. */

import type { NewEvent } from '../../ports/insert.ts'
import type { ReceivedRequest } from '../../ports/request-store.ts'
import { columns } from './columns.ts'
import type { Query } from './session.ts'
import { checkText } from './text.ts'

/** `until` of a token whose event has none. */
const FOREVER = Number.MAX_SAFE_INTEGER

interface Taken {
  readonly tenant_id: string
  readonly source_id: string
  readonly token: string
}

/** Of several with one token the first has it. @returns the requests whose token was used before */
export async function takeTokens(
  query: Query,
  schema: string,
  batch: readonly ReceivedRequest[],
): Promise<Set<ReceivedRequest>> {
  const asked = batch.flatMap((received) => {
    const first = received.events[0]?.event
    if (received.onceToken === null || first === undefined) return []
    checkText('token', received.onceToken)
    const until = first.dedupeUntil ?? FOREVER
    const named = { tenant_id: first.tenantId, source_id: first.sourceId ?? '', token: received.onceToken }
    return [{ received, ...named, until, now: first.receivedAt }]
  })
  const firsts = [...new Map(asked.toReversed().map((one) => [nameOf(one), one])).values()]
  if (asked.length === 0) return new Set()
  const rows = await query.rows<Taken>(
    `insert into ${schema}.used_tokens as u (tenant_id, source_id, token, until)
    select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as t (tenant_id, source_id, token, until)
    order by tenant_id, source_id, token
    on conflict (tenant_id, source_id, token) do update set until = excluded.until where u.until <= $5
    returning tenant_id, source_id, token`,
    ...columns(
      firsts,
      ({ tenant_id }) => tenant_id,
      ({ source_id }) => source_id,
      ({ token }) => token,
      ({ until }) => until,
    ),
    // Requests that are stored together were received together.
    Math.min(...firsts.map(({ now }) => now)),
  )
  const free = new Set(rows.map(nameOf))
  return new Set(asked.filter((one) => !free.delete(nameOf(one))).map(({ received }) => received))
}

/** A redelivery that was asked for, of an event that is gone, is a new event. */
export async function reviveForgotten(
  query: Query,
  schema: string,
  batch: readonly ReceivedRequest[],
): Promise<void> {
  const wanted = batch.filter(({ onDuplicate }) => onDuplicate === 'deliver').flatMap(({ events }) => events)
  if (wanted.length > 0) await forgetGone(query, schema, wanted)
}

/** Ids whose events are gone, whether they were to be remembered or not. */
export async function forgetGone(query: Query, schema: string, wanted: readonly NewEvent[]): Promise<void> {
  await query.rows(
    `delete from ${schema}.event_ids i using (
      select i.tenant_id, i.source_id, i.id from ${schema}.event_ids i
      join unnest($1::text[], $2::text[], $3::text[]) as t (tenant_id, source_id, id) using (tenant_id, source_id, id)
      where i.key is null order by 1, 2, 3 for update of i) gone
    where i.tenant_id = gone.tenant_id and i.source_id = gone.source_id and i.id = gone.id`,
    ...columns(
      wanted,
      ({ event }) => event.tenantId,
      ({ event }) => event.sourceId ?? '',
      ({ event }) => event.id,
    ),
  )
}

function nameOf({ tenant_id, source_id, token }: Taken): string {
  return `${tenant_id}\0${source_id}\0${token}`
}
