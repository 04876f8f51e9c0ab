import { PosthornError } from '../../domain/error.ts'
import { type PgClient, type PgPool, type PgResult, type QueryConfig, TYPES, watch } from './client.ts'
import { BeginAnew, causeState, isOfServer, toPosthornError } from './failures.ts'

export type Row = Readonly<Record<string, unknown>>

/** Runs statements, alone or in a transaction. */
export interface Query {
  rows<R = Row>(text: string, ...values: unknown[]): Promise<R[]>
  /** A statement that is run once and not kept prepared, such as one that makes a table. */
  once(text: string): Promise<void>
}

export interface SessionsOptions {
  readonly pool: PgPool
  /** false behind a PgBouncer in transaction mode that knows no prepared statements. */
  readonly prepare: boolean
  /** How long a statement may take, the network in between included; milliseconds. */
  readonly timeoutMs: number
  /** Told when a transaction was begun anew, and why. */
  readonly note: (text: string) => void
}

/** How often a transaction that PostgreSQL has ended in favour of another one is begun anew. */
const AGAIN_MAX = 3
const DEADLOCK = '40P01'
const SERIALIZATION = '40001'

/** The connections of one store. Errors come out in the words of the catalogue. */
export class Sessions implements Query {
  readonly #options: SessionsOptions
  constructor(options: SessionsOptions) {
    this.#options = options
  }

  rows<R = Row>(text: string, ...values: unknown[]): Promise<R[]> {
    return this.#anew(() => this.with((query) => query.rows<R>(text, ...values)))
  }

  once(text: string): Promise<void> {
    return this.with((query) => query.once(text))
  }

  /** All or nothing. `work` must use only the query it is given; it may be called more than once. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T> {
    return this.#anew(() => this.with((lent) => inTransaction(lent, work)))
  }

  /** One connection for several statements. Errors of the database come out in our words, others as they are. */
  async with<T>(work: (lent: Lent) => Promise<T>): Promise<T> {
    const client = await this.#connect()
    const lent = new Lent(client, this.#options)
    try {
      return await work(lent)
    } finally {
      client.release(lent.broken)
    }
  }

  async #connect(): Promise<PgClient> {
    try {
      return watch(await this.#options.pool.connect())
    } catch (error) {
      throw toPosthornError(error)
    }
  }

  async #anew<T>(run: () => Promise<T>): Promise<T> {
    for (let count = 1; ; count += 1) {
      try {
        return await run()
      } catch (error) {
        if (count > AGAIN_MAX || !isForAnother(error)) throw told(error)
        if (!(error instanceof BeginAnew))
          this.#options.note(`a transaction is begun anew (${count}): ${(error as Error).message}`)
      }
    }
  }
}

/** By text: a connection prepares each once. Of the whole process: stores may share a pool. */
const names = new Map<string, string>()

function nameOf(text: string): string {
  let name = names.get(text)
  if (name === undefined) {
    name = `posthorn_${names.size + 1}`
    names.set(text, name)
  }
  return name
}

function told(error: unknown): unknown {
  return error instanceof BeginAnew ? toPosthornError(error) : error
}

function isForAnother(error: unknown): boolean {
  if (error instanceof BeginAnew) return true
  return [DEADLOCK, SERIALIZATION].includes(causeState(error))
}

/**
 * A process that is stopped between two statements, or whose network is gone, keeps its locks as long as the server hears
 * nothing else: with one stopped in a claim nobody could publish to those lanes. Between two statements of ours lie
 * milliseconds. In one text, so that it costs no way there and back; not a setting of the connection, which a PgBouncer
 * refuses.
 */
const BEGIN = "begin; set local idle_in_transaction_session_timeout = '5s'"

async function inTransaction<T>(lent: Lent, work: (query: Query) => Promise<T>): Promise<T> {
  await lent.once(BEGIN)
  try {
    const value = await work(lent)
    await lent.commit()
    return value
  } catch (error) {
    await lent.rollback()
    throw error
  }
}

/** A connection, for a while. */
export class Lent implements Query {
  readonly client: PgClient
  readonly #options: SessionsOptions
  #broken = false

  constructor(client: PgClient, options: SessionsOptions) {
    this.client = client
    this.#options = options
  }

  /** Whether it must not be lent again. */
  get broken(): boolean {
    return this.#broken
  }

  /** It must not be lent again. */
  discard(): void {
    this.#broken = true
  }

  async rows<R>(text: string, ...values: unknown[]): Promise<R[]> {
    const name = this.#options.prepare ? { name: nameOf(text) } : {}
    return (await this.ask({ text, values, types: TYPES, ...name })).rows as R[]
  }

  async once(text: string): Promise<void> {
    await this.ask({ text })
  }

  /** @throws PosthornError `sql_failed` when PostgreSQL had given the transaction up and says so only now */
  async commit(): Promise<void> {
    const { command } = await this.ask({ text: 'commit' })
    if (command !== 'COMMIT')
      throw new PosthornError(
        'sql_failed',
        'PostgreSQL has rolled the transaction back, because one of its statements had failed.',
      )
  }

  /** A connection that is gone cannot roll back, and has. */
  async rollback(): Promise<void> {
    await this.once('rollback').catch(() => this.discard())
  }

  /** @throws PosthornError whose cause is what `pg` has thrown */
  async ask(config: QueryConfig): Promise<PgResult> {
    try {
      return await this.client.query({ ...config, query_timeout: this.#options.timeoutMs })
    } catch (error) {
      if (!isOfServer(error)) this.discard()
      throw toPosthornError(error)
    }
  }
}
