import { after, before } from 'node:test'
import pg from 'pg'
import { findPostgres, HASTY } from '../../../../../test/servers/postgres.ts'
import type { Server } from '../../../../../test/servers/server.ts'
import {
  openPostgresStore,
  type PostgresOptions,
  type PostgresStore,
} from '../../../src/storage/postgres/open.ts'
import { World } from '../../../src/testing/store-conformance/world.ts'

/** The time that a machine without PostgreSQL needs to install it. */
const SLOW = { timeout: 240_000 }

/** A store in a schema of its own, with makers of what goes into it, and SQL beside it. */
export class Base {
  readonly store: PostgresStore
  readonly world: World
  readonly schema: string
  readonly url: string
  readonly pool: pg.Pool

  constructor(parts: { store: PostgresStore; schema: string; url: string; pool: pg.Pool; seed: number }) {
    this.store = parts.store
    this.world = new World(parts.store, parts.seed)
    this.schema = parts.schema
    this.url = parts.url
    this.pool = parts.pool
  }

  /** `$s` in the text is the schema. */
  async sql<R extends pg.QueryResultRow>(text: string, ...values: unknown[]): Promise<R[]> {
    return (await this.pool.query<R>(text.replaceAll('$s', this.schema), values)).rows
  }

  /** A transaction of somebody else's, open until `commit` or the end of `work`. */
  async holding<T>(
    statements: readonly string[],
    work: (other: { run(text: string): Promise<unknown>; commit(): Promise<void> }) => Promise<T>,
  ): Promise<T> {
    const client = await this.pool.connect()
    const run = (text: string) => client.query(text.replaceAll('$s', this.schema))
    await run('begin')
    let open = true
    const commit = async () => {
      if (open) await run('commit')
      open = false
    }
    try {
      for (const statement of statements) await run(statement)
      return await work({ run, commit })
    } finally {
      await commit()
      client.release()
    }
  }

  /** Resolves when so many connections of ours wait for a lock that another one holds. */
  async untilWaiting(count = 1): Promise<void> {
    for (;;) {
      const [row] = await this.sql<{ waiting: number }>(
        `select count(*)::integer as waiting from pg_stat_activity
        where wait_event_type = 'Lock' and query like '%' || $1 || '%' and application_name = 'posthorn'`,
        this.schema,
      )
      if ((row?.waiting ?? 0) >= count) return
    }
  }
}

/** Stores of one test file on one server; what was made is gone afterwards. */
export class Bases {
  readonly #made: Base[] = []
  #server: Server | null = null

  /** @param find the server; default: any */
  static use(find: () => Promise<Server> = () => findPostgres(process.env, HASTY)): Bases {
    const bases = new Bases()
    before(async () => {
      bases.#server = await find()
    }, SLOW)
    after(() => bases.#end(), SLOW)
    return bases
  }

  get url(): string {
    return this.#server?.url ?? ''
  }

  async open(options: Partial<PostgresOptions> = {}, seed = this.#made.length + 1): Promise<Base> {
    const schema = options.schema ?? `t${process.pid}_${this.#made.length + 1}`
    const store = await openPostgresStore({ database: this.url, schema, ...options })
    const pool = new pg.Pool({ connectionString: this.url, max: 4 })
    pool.on('error', () => undefined)
    const base = new Base({ store, schema, url: this.url, pool, seed })
    this.#made.push(base)
    return base
  }

  async #end(): Promise<void> {
    for (const { store, pool, schema } of this.#made) {
      await store.close()
      await pool.query(`drop schema if exists ${schema} cascade`)
      await pool.end()
    }
    await this.#server?.stop()
  }
}
