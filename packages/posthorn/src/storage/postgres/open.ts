import pg from 'pg'
import { PosthornError } from '../../domain/error.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { PgPool } from './client.ts'
import { DeliveryTable } from './deliveries.ts'
import { EventTable } from './events.ts'
import { LaneTable } from './lanes.ts'
import { type Migrated, migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations/all.ts'
import { Partitions } from './partitions.ts'
import { PeerTable } from './peers.ts'
import { API_KEYS, EVENT_TYPES, SOURCES, SUBSCRIPTIONS, TENANTS } from './record-kinds.ts'
import { RecordTable } from './records.ts'
import { ReplayTable } from './replays.ts'
import { RequestTable } from './requests.ts'
import { Sessions } from './session.ts'
import { PgSignals } from './signals.ts'
import { PgTransactions } from './transactions/transactions.ts'
import { Upkeep } from './upkeep.ts'

export interface PostgresOptions {
  /** `postgres://…`, or a pool of the application's, which is not closed with the store. */
  readonly database: string | PgPool
  /** @default `posthorn` */
  readonly schema?: string
  /** Bring an older schema up to date. @default true */
  readonly migrate?: boolean
  /** Connections of a pool of ours. @default 10 */
  readonly connections?: number
  /** false behind a PgBouncer in transaction mode that knows no prepared statements (before 1.21). @default true */
  readonly prepare?: boolean
  /** For `signals`; without it the store has none, and processes see each other's changes when they look. */
  readonly clock?: Clock
}

export interface PostgresStore extends Store {
  readonly migrated: Migrated
}

const CONNECTIONS = 10
const CONNECT_MS = 5_000
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/

/** @throws PosthornError `config_invalid`, `store_unavailable`, `schema_newer`, `schema_outdated` */
export async function openPostgresStore(options: PostgresOptions): Promise<PostgresStore> {
  const schema = options.schema ?? 'posthorn'
  if (!SCHEMA.test(schema))
    throw new PosthornError(
      'config_invalid',
      `The schema ${JSON.stringify(schema)} must be a plain lower-case name.`,
    )
  const own = typeof options.database === 'string'
  const pool = own
    ? ownPool(options.database as string, options.connections ?? CONNECTIONS)
    : (options.database as PgPool)
  const sessions = new Sessions({
    pool,
    prepare: options.prepare ?? true,
    timeoutMs: 30_000,
    note: () => undefined,
  })
  try {
    const migrated = await migrate(sessions, schema, MIGRATIONS, options.migrate ?? true)
    return {
      ...tables(sessions, schema),
      ...(options.clock === undefined
        ? {}
        : { signals: new PgSignals({ pool, schema, clock: options.clock }) }),
      migrated,
      close: async () => (own ? sessions.close() : undefined),
    }
  } catch (error) {
    if (own) await sessions.close()
    throw error
  }
}

function tables(sessions: Sessions, schema: string): Omit<Store, 'close'> {
  const partitions = new Partitions(schema, sessions)
  const lanes = new LaneTable(sessions, schema, partitions)
  const events = new EventTable(sessions, schema, partitions)
  return {
    events,
    requests: new RequestTable(sessions, schema, events),
    deliveries: new DeliveryTable(sessions, schema, partitions, lanes),
    lanes,
    replays: new ReplayTable(sessions, schema),
    tenants: new RecordTable(sessions, schema, TENANTS),
    subscriptions: new RecordTable(sessions, schema, SUBSCRIPTIONS),
    sources: new RecordTable(sessions, schema, SOURCES),
    eventTypes: new RecordTable(sessions, schema, EVENT_TYPES),
    keys: new RecordTable(sessions, schema, API_KEYS),
    upkeep: new Upkeep(sessions, schema, partitions),
    peers: new PeerTable(sessions, schema),
  }
}

function ownPool(connectionString: string, max: number): PgPool {
  let pool: pg.Pool
  try {
    pool = new pg.Pool({
      connectionString,
      max,
      connectionTimeoutMillis: CONNECT_MS,
      application_name: 'posthorn',
    })
  } catch (error) {
    throw new PosthornError('config_invalid', `The database URL cannot be read: ${String(error)}`, {
      cause: error,
    })
  }
  // A connection that breaks while nobody uses it: the next statement gets another one, or says what is wrong.
  pool.on('error', () => undefined)
  return pool as unknown as PgPool
}
