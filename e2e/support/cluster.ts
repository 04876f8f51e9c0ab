/** Several processes of the program on one PostgreSQL. */
import pg from 'pg'
import type { Server } from '../../test/servers/server.ts'
import { Bridge } from './bridge.ts'
import { LOOPBACK, type ServerOptions, ServerProcess } from './server.ts'

export type Role = 'all' | 'api' | 'worker'

const SECRET_KEY = 'a secret key of the end-to-end tests'
let made = 0

export class Cluster {
  readonly database: Server
  readonly schema: string
  /** Between the processes and their database. */
  readonly way: Bridge
  readonly processes: ServerProcess[] = []
  readonly #program: Pick<ServerOptions, 'bin' | 'startMs'>

  private constructor(database: Server, way: Bridge, program: Pick<ServerOptions, 'bin' | 'startMs'>) {
    this.#program = program
    this.database = database
    this.schema = `e2e_${process.pid}_${++made}`
    this.way = way
  }

  /** On a database that outlives it. */
  static async open(
    database: Server,
    program: Pick<ServerOptions, 'bin' | 'startMs'> = {},
  ): Promise<Cluster> {
    const way = new Bridge(database.url)
    await way.open()
    return new Cluster(database, way, program)
  }

  /** Not started. @param bin another program than the cluster's, such as the next version of it */
  make(role: Role, flags: readonly string[] = [], bin?: string): ServerProcess {
    const place = ['--database-url', this.way.urlFor(this.database.url), '--database-schema', this.schema]
    const all = [...LOOPBACK, ...place, '--secret-key', SECRET_KEY, '--role', role, ...flags]
    const made = new ServerProcess({ flags: all, ...this.#program, ...(bin === undefined ? {} : { bin }) })
    this.processes.push(made)
    return made
  }

  async start(role: Role, flags: readonly string[] = []): Promise<ServerProcess> {
    return this.make(role, flags).start()
  }

  /** Several at once, as an orchestrator starts them. */
  startAll(...roles: readonly Role[]): Promise<ServerProcess[]> {
    return Promise.all(roles.map((role) => this.start(role)))
  }

  async query<Row extends object>(text: string, ...values: unknown[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.database.url })
    await client.connect()
    try {
      return (await client.query<Row>(text.replaceAll('{schema}', this.schema), values)).rows
    } finally {
      await client.end()
    }
  }

  async dispose(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.dispose()))
    await this.way.shut()
    await this.query('drop schema if exists {schema} cascade')
  }
}
