import pg from 'pg'
import { toPosthornError } from './failures.ts'

/** What of `pg` is used: a pool of the application's is taken as it is. */
export interface PgPool {
  connect(): Promise<PgClient>
  end(): Promise<void>
}

export interface PgClient {
  query(config: QueryConfig): Promise<{ rows: unknown[]; rowCount: number | null }>
  release(destroy?: boolean | Error): void
  /** Of the server's process behind it. */
  readonly processID?: number | null
  on(event: 'notification' | 'error' | 'end', listener: (about?: unknown) => void): unknown
}

export interface QueryConfig {
  readonly text: string
  readonly values?: readonly unknown[]
  /** Of a statement that the connection keeps prepared. */
  readonly name?: string
  readonly types?: { getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown }
}

export type Row = Readonly<Record<string, unknown>>

/** Runs statements, alone or in a transaction. */
export interface Query {
  rows<R = Row>(text: string, ...values: unknown[]): Promise<R[]>
}

const INT8 = 20
const BYTEA = 17

/** Bytes are bytes, and bigint is a number: times and keys stay below 2^53. Given with each statement, so that a borrowed pool keeps its own. */
const TYPES = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : oid === BYTEA ? bytes : pg.types.getTypeParser(oid, format as 'text'),
}

/** As `\\x` and hexadecimal digits: the form of every server since 9.0. */
function bytes(text: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(text.slice(2), 'hex')
  return new Uint8Array(buffer, byteOffset, byteLength)
}

export interface SessionsOptions {
  readonly pool: PgPool
  /** false behind a PgBouncer in transaction mode that knows no prepared statements. */
  readonly prepare: boolean
}

/** The connections of one store. Errors come out in the words of the catalogue. */
export class Sessions implements Query {
  readonly #pool: PgPool
  readonly #prepare: boolean
  /** By text: a connection prepares each once. */
  readonly #names = new Map<string, string>()

  constructor({ pool, prepare }: SessionsOptions) {
    this.#pool = pool
    this.#prepare = prepare
  }

  rows<R = Row>(text: string, ...values: unknown[]): Promise<R[]> {
    return this.#with((client) => this.#run<R>(client, text, values))
  }

  /** All or nothing. `work` must use only the query it is given. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#with(async (client) => {
      await client.query({ text: 'begin' })
      try {
        const value = await work({ rows: (text, ...values) => this.#run(client, text, values) })
        await client.query({ text: 'commit' })
        return value
      } catch (error) {
        // A connection that is gone cannot roll back, and has.
        await client.query({ text: 'rollback' }).catch(() => undefined)
        throw error
      }
    })
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #with<T>(work: (client: PgClient) => Promise<T>): Promise<T> {
    let client: PgClient
    try {
      client = await this.#pool.connect()
    } catch (error) {
      throw toPosthornError(error)
    }
    try {
      const value = await work(client)
      client.release()
      return value
    } catch (error) {
      const told = toPosthornError(error)
      // After an error of the connection it must not be lent again.
      client.release(told.code === 'store_unavailable')
      throw told
    }
  }

  async #run<R>(client: PgClient, text: string, values: readonly unknown[]): Promise<R[]> {
    const name = this.#prepare ? { name: this.#nameOf(text) } : {}
    const { rows } = await client.query({ text, values, types: TYPES, ...name })
    return rows as R[]
  }

  #nameOf(text: string): string {
    let name = this.#names.get(text)
    if (name === undefined) {
      name = `posthorn_${this.#names.size + 1}`
      this.#names.set(text, name)
    }
    return name
  }
}
