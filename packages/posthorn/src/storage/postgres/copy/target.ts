import { PosthornError } from '../../../domain/error.ts'
import type { AnyRow, CopiedKind, CopyPlace, CopyTarget, TakeRows } from '../../../ports/copy.ts'
import type { PgPool } from '../client.ts'
import { dayOf, firstKeyOf, keysBetween, numberIn } from '../keys.ts'
import { migrate } from '../migrate.ts'
import { MIGRATIONS } from '../migrations/all.ts'
import { checkSchemaName, poolOf } from '../open.ts'
import { asConfiguration } from '../own-pool.ts'
import { Partitions } from '../partitions.ts'
import { checkServer } from '../server-check.ts'
import { type Query, Sessions } from '../session.ts'
import { beginCopy, endCopy, placeOf } from './marks.ts'
import { insertSql, insertValues, readSql } from './tables.ts'

/** The first part of the advisory lock of whoever copies; the second one is the schema's. */
const COPY_LOCK = 704_921_735
/** Indexes of a large table are written by one statement. */
const STATEMENT_MS = 3_600_000
/** Rows of the check at once; they hold no bodies. */
const READ_ROWS = 5000
const FILLED = [
  'events',
  'event_ids',
  'pending',
  'ended',
  'attempts',
  'requests',
  'lanes',
  'audit',
  'minutes',
]

/** A schema that is being filled. One copy at a time: it holds a lock as long as it lives. */
export class PostgresCopyTarget implements CopyTarget {
  readonly #pool: PgPool
  readonly #sessions: Sessions
  readonly #schema: string
  readonly #partitions: Partitions
  readonly #release: () => Promise<void>
  #lastNumber = 0

  private constructor(parts: {
    pool: PgPool
    sessions: Sessions
    schema: string
    release: () => Promise<void>
  }) {
    this.#pool = parts.pool
    this.#sessions = parts.sessions
    this.#schema = parts.schema
    this.#partitions = new Partitions(parts.schema, parts.sessions)
    this.#release = parts.release
  }

  /**
   * Makes the tables where there are none.
   * @throws PosthornError `config_invalid`, `store_unavailable`, `schema_newer`; `store_unfinished` when another copy runs
   */
  static async open(database: string, schema: string): Promise<PostgresCopyTarget> {
    checkSchemaName(schema)
    const { pool, prepare } = poolOf({ database })
    try {
      const sessions = new Sessions({ pool, prepare, timeoutMs: STATEMENT_MS, note: () => undefined })
      await checkServer(sessions)
      const release = await holdLock(sessions, schema)
      await migrate(sessions, schema, MIGRATIONS, true)
      return new PostgresCopyTarget({ pool, sessions, schema, release })
    } catch (error) {
      await pool.end()
      throw asConfiguration(error)
    }
  }

  look(): Promise<CopyPlace> {
    return placeOf(this.#sessions, this.#schema)
  }

  begin(): Promise<void> {
    return this.#sessions.transaction((query) => beginCopy(query, this.#schema))
  }

  async write(kind: CopiedKind, rows: readonly AnyRow[]): Promise<void> {
    if (kind === 'events') {
      await this.#partitions.events(rows.map(({ receivedAt }) => Number(receivedAt)))
      this.#lastNumber = Math.max(this.#lastNumber, ...rows.map(({ number }) => Number(number)))
    }
    if (kind === 'deliveries' || kind === 'attempts')
      await this.#partitions.deliveries(
        rows.map((row) => String(kind === 'attempts' ? row.deliveryId : row.id)),
      )
    const values = insertValues(kind, kind === 'replays' ? rows.map(withCursor) : rows)
    await this.#sessions.rows(insertSql(this.#schema, kind), ...values)
  }

  async settle(): Promise<void> {
    const s = this.#schema
    await this.#sessions.rows(
      `insert into ${s}.lanes as l (target_id, tenant_id, due_at)
      select target_id, min(tenant_id), min(due_at) from ${s}.pending where event_key >= 0 group by target_id
      on conflict (target_id) do update set tenant_id = excluded.tenant_id, due_at = excluded.due_at`,
    )
    if (this.#lastNumber > 0)
      await this.#sessions.rows(`select setval('${s}.event_numbers', $1)`, this.#lastNumber)
    // What follows is planned well only with them, and the first minutes of the server too.
    for (const table of FILLED) await this.#sessions.once(`analyze ${s}.${table}`)
  }

  read(kind: CopiedKind, take: TakeRows): Promise<void> {
    return this.#sessions.transaction(async (query) => {
      // All rows are wanted, not the first ones soon.
      await query.once('set local cursor_tuple_fraction = 1')
      await query.once(`declare copied no scroll cursor for ${readSql(this.#schema, kind)}`)
      for (;;) {
        const rows = await query.rows<AnyRow>(`fetch ${READ_ROWS} from copied`)
        if (rows.length === 0) return
        await take(kind === 'replays' ? await this.#withNext(query, rows) : rows)
      }
    })
  }

  /** As the source tells of a replay: with the event that it would look at next. */
  async #withNext(query: Query, rows: readonly AnyRow[]): Promise<AnyRow[]> {
    const told: AnyRow[] = []
    for (const row of rows) {
      const replay = JSON.parse(String(row.doc)) as ReplayDoc
      const [next] = await query.rows<{ number: number; received_at: number }>(
        `select ${numberIn('key')} as number, received_at from ${this.#schema}.events
        where tenant_id = $1 and key > $2 and received_at >= $3 and received_at < $4 and $5 order by key limit 1`,
        row.tenantId,
        replay.cursor,
        replay.since,
        replay.until,
        replay.state === 'running',
      )
      const doc = JSON.stringify({ ...replay, cursor: 0 })
      told.push({ ...row, doc, nextNumber: next?.number ?? null, nextReceivedAt: next?.received_at ?? null })
    }
    return told
  }

  commit(about: { readonly digest: string; readonly secretKey: string; readonly at: number }): Promise<void> {
    return this.#sessions.transaction((query) => endCopy(query, this.#schema, about))
  }

  async close(): Promise<void> {
    await this.#release()
    await this.#pool.end()
  }
}

interface ReplayDoc {
  readonly state: string
  readonly cursor: number
  readonly since: number
  readonly until: number
}

/** Just before the event that is next, or behind all of its span. */
function withCursor(row: AnyRow): AnyRow {
  const replay = JSON.parse(String(row.doc)) as ReplayDoc
  const cursor =
    row.nextNumber == null
      ? keysBetween(null, replay.until).last
      : firstKeyOf(dayOf(Number(row.nextReceivedAt))) + Number(row.nextNumber) - 1
  return { ...row, doc: JSON.stringify({ ...replay, cursor }) }
}

/**
 * In a transaction that stays open, so that it works behind a PgBouncer too, and ends with its connection, however this
 * process ends.
 */
async function holdLock(sessions: Sessions, schema: string): Promise<() => Promise<void>> {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: held, resolve: hold, reject: refuse } = Promise.withResolvers<void>()
  const holding = sessions
    .with(async (query) => {
      await query.once('begin')
      await query.once('set local idle_in_transaction_session_timeout = 0')
      const [row] = await query.rows<{ mine: boolean }>(
        'select pg_try_advisory_xact_lock($1::integer, hashtext($2)) as mine',
        COPY_LOCK,
        schema,
      )
      if (row?.mine) {
        hold()
        await released
      } else
        refuse(
          new PosthornError(
            'store_unfinished',
            `Another "posthorn migrate --from" is copying into the schema ${schema} just now. Wait for its end.`,
          ),
        )
      await query.rollback()
    })
    .catch(refuse)
  await held
  return async () => {
    release()
    await holding
  }
}
