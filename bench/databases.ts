/** A PostgreSQL that counts what it is asked, and a database in it that nobody else uses. */
import pg from 'pg'
import { OwnPostgres } from '../test/servers/own-postgres.ts'

export interface Counts {
  /** `begin` and `commit` are statements too. */
  readonly statements: number
  readonly transactions: number
}

const DATABASE = 'counted'
/** Processes tell of their transactions at most once a second, and when they have ended something after that. */
export const TOLD_MS = 1500

export class CountingPostgres {
  readonly url: string
  readonly #server: OwnPostgres
  readonly #client: pg.Client

  private constructor(server: OwnPostgres, client: pg.Client) {
    this.#server = server
    this.#client = client
    this.url = server.url.replace(/[^/]*$/, DATABASE)
  }

  static async start(): Promise<CountingPostgres> {
    const server = await OwnPostgres.start([
      'shared_preload_libraries=pg_stat_statements',
      'pg_stat_statements.track=top',
      'pg_stat_statements.max=10000',
    ])
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await client.query('create extension pg_stat_statements')
    await client.query(`create database ${DATABASE}`)
    return new CountingPostgres(server, client)
  }

  /** Since it was started. What this asks is asked of another database, and not counted. */
  async counts(): Promise<Counts> {
    const { rows } = await this.#client.query<{ statements: string; transactions: string }>(
      `select (select coalesce(sum(s.calls), 0) from pg_stat_statements s where s.dbid = d.datid) as statements,
        xact_commit as transactions
      from pg_stat_database d where datname = $1`,
      [DATABASE],
    )
    const [row] = rows
    return { statements: Number(row?.statements), transactions: Number(row?.transactions) }
  }

  async stop(): Promise<void> {
    await this.#client.end()
    await this.#server.stop()
  }
}
