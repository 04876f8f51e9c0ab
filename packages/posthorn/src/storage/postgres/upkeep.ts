import type { EventKey } from '../../domain/event.ts'
import type { PruneCount, StoreCounts, UpkeepStore } from '../../ports/store.ts'
import { DAY_MS, keysBetween } from './keys.ts'
import type { Partitions } from './partitions.ts'
import type { Query, Sessions } from './session.ts'

/** How many events one call looks at for each that it may remove: bounds a call among many that cannot go yet. */
const LOOKED_AT_PER_REMOVED = 10

export class Upkeep implements UpkeepStore {
  readonly #sessions: Sessions
  readonly #schema: string
  readonly #partitions: Partitions
  /** A round goes on where the last call stopped; in memory: a restart begins a new one. */
  #after: EventKey = -1

  constructor(sessions: Sessions, schema: string, partitions: Partitions) {
    this.#sessions = sessions
    this.#schema = schema
    this.#partitions = partitions
  }

  async ping(): Promise<void> {
    await this.#sessions.rows(
      `insert into ${this.#schema}.facts (name, value) values ('pinged', pg_current_xact_id()::text)
      on conflict (name) do update set value = excluded.value`,
    )
  }

  async prune({ before, now, limit }: { before: number; now: number; limit: number }): Promise<PruneCount> {
    // Tomorrow's, so that no publish has to wait for the making of them.
    await this.#partitions.events([now, now + DAY_MS])
    await this.#partitions.attempts([now, now + DAY_MS])
    return this.#sessions.transaction(async (query) => {
      const count = await this.#pruneEvents(query, before, now, limit)
      const others = [
        await this.#pruneRequests(query, before, limit),
        await this.#forgetIds(query, now, limit),
      ]
      return { ...count, more: count.more || others.some((removed) => removed >= limit) }
    })
  }

  async #pruneEvents(query: Query, before: number, now: number, limit: number): Promise<PruneCount> {
    const lookAt = limit * LOOKED_AT_PER_REMOVED
    const looked = await query.rows<{ key: EventKey; busy: boolean }>(
      `select key, exists (select 1 from ${this.#schema}.deliveries d
        where d.event_key = e.key and d.state = 'pending') as busy
      from ${this.#schema}.events e where key > $1 and key <= $2 and received_at < $3 order by key limit $4`,
      this.#after,
      keysBetween(null, before).last,
      before,
      lookAt,
    )
    const idle = looked.filter(({ busy }) => !busy)
    const keys = idle.slice(0, limit).map(({ key }) => key)
    const more = looked.length === lookAt || idle.length > keys.length || keys.length === limit
    this.#after = more ? ((idle.length > limit ? keys.at(-1) : looked.at(-1)?.key) ?? -1) : -1
    return { ...(await this.#remove(query, keys, now)), more }
  }

  async #remove(query: Query, keys: readonly EventKey[], now: number): Promise<Omit<PruneCount, 'more'>> {
    const s = this.#schema
    if (keys.length === 0) return { events: 0, deliveries: 0, attempts: 0 }
    // Locked first and looked at again: somebody may have added a delivery by hand or by a replay meanwhile.
    const locked = await query.rows<{ key: EventKey }>(
      `select key from ${s}.events where key = any($1::bigint[]) order by key for update`,
      keys,
    )
    const free = await query.rows<{ key: EventKey }>(
      `select k.key from unnest($1::bigint[]) as k (key)
      where not exists (select 1 from ${s}.deliveries d where d.event_key = k.key and d.state = 'pending')`,
      locked.map(({ key }) => key),
    )
    const gone = free.map(({ key }) => key)
    const attempts = await query.rows(
      `delete from ${s}.attempts a using ${s}.deliveries d
      where a.delivery_id = d.id and d.event_key = any($1::bigint[]) returning 1`,
      gone,
    )
    const deliveries = await query.rows(
      `delete from ${s}.deliveries where event_key = any($1::bigint[]) returning 1`,
      gone,
    )
    await query.rows(
      `with e as (select tenant_id, source_id, id from ${s}.events where key = any($1::bigint[])),
      kept as (
        update ${s}.event_ids i set key = null from e
        where i.tenant_id = e.tenant_id and i.source_id = e.source_id and i.id = e.id and i.dedupe_until > $2)
      delete from ${s}.event_ids i using e
      where i.tenant_id = e.tenant_id and i.source_id = e.source_id and i.id = e.id
        and (i.dedupe_until is null or i.dedupe_until <= $2)`,
      gone,
      now,
    )
    const events = await query.rows(`delete from ${s}.events where key = any($1::bigint[]) returning 1`, gone)
    return { events: events.length, deliveries: deliveries.length, attempts: attempts.length }
  }

  async #pruneRequests(query: Query, before: number, limit: number): Promise<number> {
    const rows = await query.rows(
      `delete from ${this.#schema}.requests where key in (
        select key from ${this.#schema}.requests r where received_at < $1
          and not exists (select 1 from ${this.#schema}.events e where e.key = r.event_key)
        order by key limit $2) returning 1`,
      before,
      limit,
    )
    return rows.length
  }

  async #forgetIds(query: Query, now: number, limit: number): Promise<number> {
    const ids = await query.rows(
      `delete from ${this.#schema}.event_ids where (tenant_id, source_id, id) in (
        select tenant_id, source_id, id from ${this.#schema}.event_ids
        where key is null and dedupe_until <= $1 order by dedupe_until limit $2) returning 1`,
      now,
      limit,
    )
    const tokens = await query.rows(
      `delete from ${this.#schema}.used_tokens where (tenant_id, source_id, token) in (
        select tenant_id, source_id, token from ${this.#schema}.used_tokens
        where until <= $1 order by until limit $2) returning 1`,
      now,
      limit,
    )
    return Math.max(ids.length, tokens.length)
  }

  async counts(): Promise<StoreCounts> {
    const [row] = await this.#sessions.rows<{ pending: number; dead: number; oldest: number | null }>(
      `select (select count(*) from ${this.#schema}.deliveries where state = 'pending') as pending,
        (select count(*) from ${this.#schema}.deliveries where state = 'dead') as dead,
        (select min(due_at) from ${this.#schema}.lanes) as oldest`,
    )
    return { pending: row?.pending ?? 0, dead: row?.dead ?? 0, oldestDueAt: row?.oldest ?? null }
  }
}
