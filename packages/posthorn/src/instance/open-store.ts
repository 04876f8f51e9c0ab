import { isPostgresUrl } from '../domain/database-url.ts'
import { PosthornError } from '../domain/error.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Role } from '../ports/peers.ts'
import type { Store } from '../ports/store.ts'
import type { PgPool } from '../storage/postgres/client.ts'
import { MIGRATIONS } from '../storage/sqlite/migrations/all.ts'
import { openSqliteStore } from '../storage/sqlite/open.ts'
import type { OpenReport } from '../storage/sqlite/recover.ts'

export interface StoreOptions {
  /** Of the embedded store. Default `./.posthorn`; `:memory:` keeps nothing and needs `secretKey`. */
  readonly dataDir?: string
  /** `postgres://…`: keep everything there, for any number of processes. Needs `secretKey`. */
  readonly databaseUrl?: string
  /** As `databaseUrl`: a pool of `pg` that the application has. It is not closed with the instance. */
  readonly postgres?: PgPool
  /** Within the PostgreSQL database. Default `posthorn`. */
  readonly databaseSchema?: string
  /** Bring an older schema up to date. Default true. */
  readonly migrate?: boolean
  /** The embedded store in a thread of its own, so that fsync does not hold up the event loop. Default true. */
  readonly storeThread?: boolean
  /** An opened store of another kind; it is closed with the instance. Default: the embedded one in `dataDir`. */
  readonly store?: Store
}

export interface OpenedStore {
  readonly store: Store
  /** Of the embedded store. */
  readonly report: OpenReport | null
  /** Schema numbers; null for a store that was given. */
  readonly migrated: { readonly from: number; readonly to: number } | null
}

/** @throws PosthornError config_invalid, data_dir_locked, schema_newer, schema_outdated, store_damaged, store_unavailable */
export async function openStore(
  options: StoreOptions & { readonly logger?: Logger },
  dataDir: string,
  clock: Clock,
): Promise<OpenedStore> {
  const { migrate = true, storeThread: thread = true } = options
  const database = options.postgres ?? options.databaseUrl
  if (options.store !== undefined) return { store: options.store, report: null, migrated: null }
  if (database !== undefined) {
    // Only now: an embedded start must not pay for loading pg.
    const { openPostgresStore } = await import('../storage/postgres/open.ts')
    const { databaseSchema, logger } = options
    const schema = databaseSchema === undefined ? {} : { schema: databaseSchema }
    const store = await openPostgresStore({
      ...{ database, migrate, clock, ...schema },
      ...(logger === undefined ? {} : { logger }),
    })
    for (const warning of store.warnings) logger?.warn(warning)
    return { store, report: null, migrated: store.migrated }
  }
  const store = await openSqliteStore({ dataDir, migrate, thread, nextTurn: (run) => clock.nextTurn(run) })
  const { migrated } = store.report
  if (migrated.to > MIGRATIONS.length)
    options.logger?.warn(
      `${dataDir} has schema ${migrated.to}, this Posthorn knows schema ${MIGRATIONS.length}. It works with it; run the newer Posthorn when you can.`,
    )
  return { store, report: store.report, migrated }
}

/** @throws PosthornError `config_invalid` for what does not go together */
export function checkStoreOptions(
  options: StoreOptions & { readonly role?: Role; readonly secretKey?: string },
): void {
  const { databaseUrl, postgres, store, role = 'all', secretKey } = options
  const given = [databaseUrl, postgres, store].filter((one) => one !== undefined)
  if (given.length > 1) throw invalid('Give one of databaseUrl, postgres and store.')
  if (databaseUrl !== undefined && !isPostgresUrl(databaseUrl))
    throw invalid(
      'The database URL (--database-url, POSTHORN_DATABASE_URL) must be postgres://USER:PASSWORD@HOST:PORT/DATABASE, with special characters of the password percent-encoded.',
    )
  if (role !== 'all' && given.length === 0)
    throw invalid(
      `The embedded store allows one process, which does everything: leave --role (POSTHORN_ROLE) out, or give --database-url for processes that only ${role === 'api' ? 'accept' : 'deliver'}.`,
    )
  if ((databaseUrl !== undefined || postgres !== undefined) && secretKey === undefined)
    throw invalid(
      'With a PostgreSQL database the secret key must be given (--secret-key, POSTHORN_SECRET_KEY; in an application secretKey): all processes need the same one, so none of them can make it.',
    )
}

function invalid(text: string): PosthornError {
  return new PosthornError('config_invalid', text)
}
