/** What is old beside events: inbound requests, ids and tokens that were remembered long enough. */
import type { PruneRequest } from './prune-request.ts'
import type { Query } from './session.ts'

interface RequestRow {
  readonly key: number
  readonly received_at: number
  readonly busy: boolean
}

const START: Pick<RequestRow, 'key' | 'received_at'> = { key: 0, received_at: 0 }

/** Inbound requests leave after the last of their events. */
export class OldRequests {
  readonly #schema: string
  /** A round goes on where the last call stopped; in memory: a restart begins a new one. */
  #after = START

  constructor(schema: string) {
    this.#schema = schema
  }

  /** @returns how many left, and whether there may be more */
  async prune(
    query: Query,
    { before, limit }: PruneRequest,
  ): Promise<{ readonly requests: number; readonly more: boolean }> {
    const rows = await query.rows<RequestRow>(
      `select r.key, r.received_at, e.key is not null as busy from (
        select key, received_at, event_key, last_event_key from ${this.#schema}.requests
        where (received_at, key) > ($1, $2) and received_at < $3 order by received_at, key limit $4) r
      left join lateral (select key from ${this.#schema}.events
        where key >= r.event_key and key <= r.last_event_key limit 1) e on true
      order by r.received_at, r.key`,
      this.#after.received_at,
      this.#after.key,
      before,
      limit,
    )
    const keys = rows.filter(({ busy }) => !busy).map(({ key }) => key)
    if (keys.length > 0)
      await query.rows(`delete from ${this.#schema}.requests where key = any($1::bigint[])`, keys)
    const more = rows.length === limit
    this.#after = (more ? rows.at(-1) : null) ?? START
    return { requests: keys.length, more }
  }
}

/** @returns whether there may be more */
export async function forgetIds(
  query: Query,
  schema: string,
  { now, limit }: PruneRequest,
): Promise<boolean> {
  // By their places: in whatever order, and without a look-up each.
  const ids = await query.rows(
    `delete from ${schema}.event_ids where ctid = any(array(
      select ctid from ${schema}.event_ids where key is null and dedupe_until <= $1 order by dedupe_until limit $2))
    returning 1`,
    now,
    limit,
  )
  const tokens = await query.rows(
    `delete from ${schema}.used_tokens where ctid = any(array(
      select ctid from ${schema}.used_tokens where until <= $1 order by until limit $2)) returning 1`,
    now,
    limit,
  )
  return Math.max(ids.length, tokens.length) >= limit
}
