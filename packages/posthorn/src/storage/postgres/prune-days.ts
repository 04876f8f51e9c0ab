import type { EventKey } from '../../domain/event.ts'
import type { PruneCount } from '../../ports/store.ts'
import { firstDeliveryOf } from './days.ts'
import { DAY_MS, firstKeyOf } from './keys.ts'
import { type Partitioned, partitionDays, partitionName } from './partition-tables.ts'
import { forgetting } from './prune-events.ts'
import type { PruneRequest } from './prune-request.ts'
import type { Query } from './session.ts'

/** A smaller day goes by rows: in a second or two. */
const WHOLE_FROM_BYTES = 8 * 1_048_576
/** Ids to be forgotten in one transaction, for each event that one may remove. */
const IDS_PER_REMOVED = 20
/** Whoever wants to look at the day while it is locked waits so long at most. */
const LOCK_TIMEOUT = '300ms'

interface Day {
  readonly day: number
  /** Ids of its events were forgotten up to here. */
  after: EventKey
  events: number
  deliveries: number
}

/**
 * A day whose events are all old enough and have nothing pending leaves as a whole: the ids of its events first, since
 * those are one table for all days; deliveries that replays made of its events on other days; then its three partitions
 * are emptied at once. A row costs its id and nothing else: no dead rows, nothing to vacuum.
 *
 * Deliveries made on that day of events of an earlier one go with it: those events are older still.
 */
export class WholeDays {
  readonly #schema: string
  /** How far it has come; in memory: a restart begins the day anew, and finds the rest. */
  #at: Day | null = null

  constructor(schema: string) {
    this.#schema = schema
  }

  /** One step. @returns null when no day can leave as a whole now */
  async prune(query: Query, request: PruneRequest): Promise<PruneCount | null> {
    const [oldest] = await partitionDays(query, this.#schema, 'events')
    if (oldest === undefined || (oldest + 1) * DAY_MS > request.before) return null
    if (!(await this.#isLarge(query, oldest)) || (await this.#isBusy(query, oldest))) return null
    if (this.#at?.day !== oldest)
      this.#at = { day: oldest, after: firstKeyOf(oldest) - 1, events: 0, deliveries: 0 }
    const at = this.#at
    const batch = request.limit * IDS_PER_REMOVED
    if ((await this.#forget(query, at, request.now, batch)) || (await this.#removeLater(query, at, batch)))
      return { events: 0, deliveries: 0, attempts: 0, requests: 0, more: true }
    return this.#empty(query, at)
  }

  async #isLarge(query: Query, day: number): Promise<boolean> {
    const [row] = await query.rows<{ bytes: number }>(
      'select pg_total_relation_size(to_regclass($1)) as bytes',
      this.#partition('events', day),
    )
    return (row?.bytes ?? 0) >= WHOLE_FROM_BYTES
  }

  /** Something of its events is pending, or was made on that day and is: its attempts are in the day's partition. */
  async #isBusy(query: Query, day: number): Promise<boolean> {
    const waits = 'lease_token is null'
    const [row] = await query.rows<{ busy: boolean }>(
      `select exists (select 1 from ${this.#schema}.pending where event_key >= $1 and event_key < $2 and ${waits})
        or exists (select 1 from ${this.#schema}.pending where event_key >= $1 and event_key < $2 and not ${waits})
        or exists (select 1 from ${this.#schema}.pending where id >= $3 and ($4::text is null or id < $4)) as busy`,
      firstKeyOf(day),
      firstKeyOf(day + 1),
      firstDeliveryOf(day) ?? '',
      firstDeliveryOf(day + 1),
    )
    return row?.busy === true
  }

  /** @returns whether there are more */
  async #forget(query: Query, at: Day, now: number, batch: number): Promise<boolean> {
    const [row] = await query.rows<{ last: EventKey | null; count: number }>(
      `with e as (
        select tenant_id, source_id, id, key from ${this.#schema}.events
        where key > $1 and key < $2 order by key limit $3),
      ${forgetting(this.#schema, '$4')}
      select max(key) as last, count(*) as count from e`,
      at.after,
      firstKeyOf(at.day + 1),
      batch,
      now,
    )
    at.after = row?.last ?? at.after
    at.events += row?.count ?? 0
    return row?.count === batch
  }

  /** Deliveries of its events that were made on other days. @returns whether there are more */
  async #removeLater(query: Query, at: Day, batch: number): Promise<boolean> {
    const rows = await query.rows<{ id: string }>(
      `select id from ${this.#schema}.ended where event_key >= $1 and event_key < $2
        and (id < $3 or ($4::text is not null and id >= $4)) limit $5`,
      firstKeyOf(at.day),
      firstKeyOf(at.day + 1),
      firstDeliveryOf(at.day) ?? '',
      firstDeliveryOf(at.day + 1),
      batch,
    )
    const ids = rows.map(({ id }) => id)
    if (ids.length > 0)
      for (const [table, column] of [
        ['attempts', 'delivery_id'],
        ['ended', 'id'],
      ])
        await query.rows(`delete from ${this.#schema}.${table} where ${column} = any($1::text[])`, ids)
    at.deliveries += ids.length
    return ids.length === batch
  }

  async #empty(query: Query, at: Day): Promise<PruneCount | null> {
    const tables = await this.#partitionsOf(query, at.day)
    await query.once(`set local lock_timeout = '${LOCK_TIMEOUT}'`)
    await query.once(`lock table ${tables.map(({ name }) => name).join(', ')} in access exclusive mode`)
    // Nothing can be added to the day now; perhaps something was just before.
    if (await this.#isBusy(query, at.day)) return null
    await query.once(`truncate ${tables.map(({ name }) => name).join(', ')}`)
    this.#at = null
    const about = (table: Partitioned) => Math.max(0, tables.find((one) => one.table === table)?.rows ?? 0)
    return {
      events: at.events,
      deliveries: at.deliveries + about('ended'),
      attempts: about('attempts'),
      requests: 0,
      more: true,
    }
  }

  /** Those that are there, with about as many rows as they have. */
  async #partitionsOf(
    query: Query,
    day: number,
  ): Promise<Array<{ table: Partitioned; name: string; rows: number }>> {
    const found: Array<{ table: Partitioned; name: string; rows: number }> = []
    for (const table of ['events', 'ended', 'attempts'] as const) {
      const name = this.#partition(table, day)
      const [row] = await query.rows<{ rows: number }>(
        'select reltuples::bigint as rows from pg_class where oid = to_regclass($1)',
        name,
      )
      if (row !== undefined) found.push({ table, name, rows: row.rows })
    }
    return found
  }

  #partition(table: Partitioned, day: number): string {
    return `${this.#schema}.${partitionName(table, day)}`
  }
}
