import type { PruneCount, StoreCounts, UpkeepStore } from '../../ports/store.ts'
import { causeState } from './failures.ts'
import { dayOf } from './keys.ts'
import { dropPartition, isIdle, type Partitioned, partitionDays } from './partition-tables.ts'
import type { Partitions } from './partitions.ts'
import { WholeDays } from './prune-days.ts'
import { OldEvents } from './prune-events.ts'
import { forgetIds, OldRequests } from './prune-others.ts'
import type { PruneRequest } from './prune-request.ts'
import type { Query, Sessions } from './session.ts'

/** Locks of whoever prunes, and of whoever drops what pruning has emptied; beside them the schema's number. */
const PRUNE_LOCK = 704_921_733
const DROP_LOCK = 704_921_734
/** Counted one by one up to here, estimated beyond: a look at the health must not cost what the backlog does. */
const COUNTED = 100_000
/**
 * The next day's partitions are made so long before it, that no publish has to wait for them. Not earlier: where somebody
 * vacuums every night, they would be known as empty, and the first minute of the day be served by walking through them.
 */
const AHEAD_MS = 3_600_000
const NOTHING: PruneCount = { events: 0, deliveries: 0, attempts: 0, requests: 0, more: false }
const LOCK_NOT_AVAILABLE = '55P03'

export class Upkeep implements UpkeepStore {
  readonly #sessions: Sessions
  readonly #schema: string
  readonly #partitions: Partitions
  readonly #days: WholeDays
  readonly #events: OldEvents
  readonly #requests: OldRequests

  constructor(sessions: Sessions, schema: string, partitions: Partitions) {
    this.#sessions = sessions
    this.#schema = schema
    this.#partitions = partitions
    this.#days = new WholeDays(schema)
    this.#events = new OldEvents(schema)
    this.#requests = new OldRequests(schema)
  }

  async ping(): Promise<void> {
    await this.#sessions.rows(
      `insert into ${this.#schema}.facts (name, value) values ('pinged', pg_current_xact_id()::text)
      on conflict (name) do update set value = excluded.value`,
    )
  }

  /** One process at a time; for the others there is nothing to do. */
  async prune(request: PruneRequest): Promise<PruneCount> {
    await this.#partitions.day(request.now)
    await this.#partitions.day(request.now + AHEAD_MS)
    const count = await this.#sessions
      .transaction(async (query) =>
        (await this.#mine(query, PRUNE_LOCK)) ? this.#prune(query, request) : NOTHING,
      )
      .catch((error: unknown) => {
        // Somebody looks at the day that was to go: the next round finds it alone.
        if (causeState(error) === LOCK_NOT_AVAILABLE) return NOTHING
        throw error
      })
    if (!count.more) await this.#dropDays(dayOf(request.before))
    return count
  }

  async #prune(query: Query, request: PruneRequest): Promise<PruneCount> {
    const day = await this.#days.prune(query, request)
    if (day !== null) return day
    const count = await this.#events.prune(query, request)
    const { requests, more } = await this.#requests.prune(query, request)
    const ids = await forgetIds(query, this.#schema, request)
    return { ...count, requests, more: count.more || more || ids }
  }

  /** Partitions that are empty, of days before this one. */
  async #dropDays(day: number): Promise<void> {
    await this.#sessions.transaction(async (query) => {
      if (!(await this.#mine(query, DROP_LOCK))) return
      for (const table of ['attempts', 'ended', 'events'] as const)
        for (const old of await partitionDays(query, this.#schema, table))
          if (old < day) await this.#dropIfIdle(table, old)
    })
  }

  /** On another connection: who detaches a partition waits for all transactions that have looked at its table. */
  async #dropIfIdle(table: Partitioned, day: number): Promise<void> {
    if (!(await isIdle(this.#sessions, this.#schema, table, day))) return
    this.#partitions.forget(table, day)
    await dropPartition(this.#sessions, this.#schema, table, day)
  }

  async #mine(query: Query, lock: number): Promise<boolean> {
    const [row] = await query.rows<{ mine: boolean }>(
      'select pg_try_advisory_xact_lock($1::integer, hashtext($2)) as mine',
      lock,
      this.#schema,
    )
    return row?.mine === true
  }

  /** Exact up to 100,000; beyond, as many as the last vacuum has counted. */
  async counts(): Promise<StoreCounts> {
    const s = this.#schema
    const [row] = await this.#sessions.rows<CountRow>(
      `select (select count(*) from (select 1 from ${s}.pending where event_key >= 0 limit ${COUNTED + 1}) p) as pending,
        (select reltuples::bigint from pg_class where oid = to_regclass('${s}.pending')) as pending_about,
        (select count(*) from (select 1 from ${s}.ended where state = 'dead' limit ${COUNTED + 1}) d) as dead,
        (select sum(c.reltuples)::bigint from pg_inherits i join pg_class c on c.oid = i.inhrelid
          where i.inhparent = to_regclass('${s}.ended_badly')) as dead_about,
        least((select min(due_at) from ${s}.lanes), (select min(due_at) from ${s}.lane_calls)) as oldest`,
    )
    const { pending, pending_about, dead, dead_about, oldest } = row as CountRow
    return {
      pending: pending > COUNTED ? Math.max(pending, pending_about ?? 0) : pending,
      dead: dead > COUNTED ? Math.max(dead, dead_about ?? 0) : dead,
      oldestDueAt: oldest,
    }
  }
}

interface CountRow {
  readonly pending: number
  readonly pending_about: number | null
  readonly dead: number
  readonly dead_about: number | null
  readonly oldest: number | null
}
