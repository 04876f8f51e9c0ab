/** What is old beside events: inbound requests, ids and tokens that were remembered long enough. */
import type { PruneRequest } from './prune-request.ts'
import type { Query } from './session.ts'

/** Those whose events are all gone. @returns how many */
export async function pruneRequests(
  query: Query,
  schema: string,
  { before, limit }: PruneRequest,
): Promise<number> {
  const rows = await query.rows(
    `delete from ${schema}.requests where key in (
      select key from ${schema}.requests r where received_at < $1
        and not exists (select 1 from ${schema}.events e where e.key >= r.event_key and e.key <= r.last_event_key)
      order by key limit $2) returning 1`,
    before,
    limit,
  )
  return rows.length
}

/** @returns how many of the kind of which there were more */
export async function forgetIds(query: Query, schema: string, { now, limit }: PruneRequest): Promise<number> {
  const ids = await query.rows(
    `delete from ${schema}.event_ids where (tenant_id, source_id, id) in (
      select tenant_id, source_id, id from ${schema}.event_ids
      where key is null and dedupe_until <= $1 order by dedupe_until limit $2) returning 1`,
    now,
    limit,
  )
  const tokens = await query.rows(
    `delete from ${schema}.used_tokens where (tenant_id, source_id, token) in (
      select tenant_id, source_id, token from ${schema}.used_tokens
      where until <= $1 order by until limit $2) returning 1`,
    now,
    limit,
  )
  return Math.max(ids.length, tokens.length)
}
