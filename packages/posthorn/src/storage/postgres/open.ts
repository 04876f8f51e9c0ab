import { PosthornError } from '../../domain/error.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Store } from '../../ports/store.ts'
import { AlertTable } from './alerts.ts'
import { AuditTable } from './audit.ts'
import { BulkTable } from './bulks.ts'
import type { PgPool } from './client.ts'
import { refuseUnfinished } from './copy/marks.ts'
import { DeliveryTable } from './deliveries.ts'
import { EventTable } from './events.ts'
import { LaneTable } from './lanes.ts'
import { type Migrated, migrate, newerSchema } from './migrate.ts'
import { MIGRATIONS } from './migrations/all.ts'
import { MinuteTable } from './minutes.ts'
import { asConfiguration, ownPool } from './own-pool.ts'
import { Partitions } from './partitions.ts'
import { PeerTable } from './peers.ts'
import { ALERT_RULES, API_KEYS, EVENT_TYPES, SOURCES, SUBSCRIPTIONS, TENANTS } from './record-kinds.ts'
import { RecordTable } from './records.ts'
import { ReplayTable } from './replays.ts'
import { RequestTable } from './requests.ts'
import { checkServer } from './server-check.ts'
import { Sessions } from './session.ts'
import { SessionTable } from './sessions.ts'
import { PgSignals } from './signals.ts'
import { PgTransactions } from './transactions/transactions.ts'
import { Upkeep } from './upkeep.ts'

export interface PostgresOptions {
  /**
   * `postgres://…`, or a pool of the application's, which is not closed with the store. Behind a PgBouncer in transaction
   * mode: with `?prepare=false` unless it is 1.21 or newer and has `max_prepared_statements`.
   */
  readonly database: string | PgPool
  /** @default `posthorn` */
  readonly schema?: string
  /** Bring an older schema up to date. @default true */
  readonly migrate?: boolean
  /** Connections of a pool of ours, at least 4. @default 10 */
  readonly connections?: number
  /** false: no statement is kept prepared on the server; over `?prepare=` of the URL. @default true */
  readonly prepare?: boolean
  /** How long a statement may take, the network in between included; milliseconds. @default 30,000 */
  readonly timeoutMs?: number
  /** For `signals`; without it the store has none, and processes see each other's changes when they look. */
  readonly clock?: Clock
  /** Told what passes by itself, such as a transaction that PostgreSQL has ended in favour of another one. */
  readonly logger?: Pick<Logger, 'warn'>
}

export interface PostgresStore extends Store {
  readonly migrated: Migrated
  /** Settings of the server that put data at risk, and a schema that is newer than the program; for people to read. */
  readonly warnings: readonly string[]
}

const CONNECTIONS = 10
/** One listens, one prunes while another one drops what that has emptied, one is left for all the rest. */
const CONNECTIONS_MIN = 4
const TIMEOUT_MS = 30_000
/** A migration may have to write every row. */
const MIGRATION_MS = 3_600_000
const SCHEMA = /^[a-z_][a-z0-9_]{0,39}$/

/** @throws PosthornError `config_invalid`, `store_unavailable`, `store_unfinished`, `schema_newer`, `schema_outdated` */
export async function openPostgresStore(options: PostgresOptions): Promise<PostgresStore> {
  const { schema = 'posthorn', timeoutMs = TIMEOUT_MS } = options
  checkSchemaName(schema)
  const { pool, own, prepare } = poolOf(options)
  const note = (text: string) => options.logger?.warn(`PostgreSQL: ${text}`)
  try {
    const atStart = new Sessions({ pool, prepare, timeoutMs: MIGRATION_MS, note })
    const risks = await checkServer(atStart)
    const migrated = await migrate(atStart, schema, MIGRATIONS, options.migrate ?? true)
    await refuseUnfinished(atStart, schema)
    const warnings = [...risks, ...newerSchema(migrated, MIGRATIONS.length)]
    const sessions = new Sessions({ pool, prepare, timeoutMs, note })
    const parts = tables(sessions, schema, Math.max(1, Math.floor((pool.options?.max ?? CONNECTIONS) / 2)))
    const { clock } = options
    const signals = clock === undefined ? undefined : new PgSignals({ pool, schema, clock })
    let closing: Promise<void> | null = null
    const close = async () => {
      // What listens holds a connection, and the pool would wait for it.
      await signals?.stop()
      await parts.transactions.close()
      if (own) await pool.end()
    }
    return {
      ...parts,
      ...(signals && { signals }),
      migrated,
      warnings,
      close: () => (closing ??= close()),
    }
  } catch (error) {
    if (own) await pool.end()
    throw asConfiguration(error)
  }
}

/** @throws PosthornError `config_invalid` */
export function checkSchemaName(schema: string): void {
  if (!SCHEMA.test(schema))
    throw new PosthornError(
      'config_invalid',
      `The schema ${JSON.stringify(schema)} must be a plain lower-case name of at most 40 letters, digits and _.`,
    )
}

/** The pool of the options, or one of ours. @throws PosthornError `config_invalid` */
export function poolOf(options: PostgresOptions): { pool: PgPool; own: boolean; prepare: boolean } {
  const { database, connections = CONNECTIONS } = options
  const [text, prepared] = typeof database === 'string' ? withoutPrepare(database) : [null, true]
  const pool = text === null ? (database as PgPool) : ownPool(text, connections)
  const max = text === null ? pool.options?.max : connections
  if (max !== undefined && max < CONNECTIONS_MIN)
    throw new PosthornError(
      'config_invalid',
      `The pool has at most ${max} connections; Posthorn needs at least ${CONNECTIONS_MIN}: one listens, and some wait for others.`,
    )
  return { pool, own: text !== null, prepare: options.prepare ?? prepared }
}

/** `prepare` is ours, and pg would not know it. */
function withoutPrepare(url: string): [url: string, prepare: boolean] {
  const found = /[?&]prepare=(true|false)(?=&|$)/.exec(url)
  if (found === null) return [url, true]
  const rest = url.replace(found[0], '')
  return [rest.includes('?') ? rest : rest.replace('&', '?'), found[1] === 'true']
}

type Tables = Omit<Store, 'close'> & { readonly transactions: PgTransactions }

function tables(sessions: Sessions, schema: string, transactions: number): Tables {
  const partitions = new Partitions(schema, sessions)
  const lanes = new LaneTable(sessions, schema, partitions)
  const events = new EventTable(sessions, schema, partitions)
  const deliveries = new DeliveryTable(sessions, schema, partitions, lanes)
  return {
    events,
    requests: new RequestTable(sessions, schema, events),
    deliveries,
    lanes,
    replays: new ReplayTable(sessions, schema),
    tenants: new RecordTable(sessions, schema, TENANTS),
    subscriptions: new RecordTable(sessions, schema, SUBSCRIPTIONS),
    sources: new RecordTable(sessions, schema, SOURCES),
    eventTypes: new RecordTable(sessions, schema, EVENT_TYPES),
    keys: new RecordTable(sessions, schema, API_KEYS),
    sessions: new SessionTable(sessions, schema),
    audit: new AuditTable(sessions, schema),
    bulks: new BulkTable(sessions, schema, deliveries),
    minutes: new MinuteTable(sessions, schema),
    alertRules: new RecordTable(sessions, schema, ALERT_RULES),
    alerts: new AlertTable(sessions, schema),
    upkeep: new Upkeep(sessions, schema, partitions),
    peers: new PeerTable(sessions, schema),
    transactions: new PgTransactions({ sessions, schema, partitions, atOnce: transactions }),
  }
}
