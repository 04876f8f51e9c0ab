import { PosthornError } from '../../../domain/error.ts'
import type { SqlChanges, SqlClient, SqlParams, SqlRow, Transaction } from '../../../ports/transactions.ts'
import type { PgResult } from '../client.ts'
import { causeState, toPosthornError } from '../failures.ts'
import type { Lent } from '../session.ts'
import { isSavepoint, type SqlGuard } from './guard.ts'
import { APPLICATION_TYPES, checkedParams } from './values.ts'

/** Before each statement, so that one that fails ends nothing but itself. */
const SAVEPOINT = 'posthorn_statement'
/** What the application's SQL is not to blame for: the connection, too little of something, a shutdown, the disk. */
const OF_THE_SERVER = ['08', '53', '57', '58']

/** What the application holds while its transaction is open. Its statements run one after the other. */
export class TransactionHandle implements Transaction {
  readonly client: SqlClient
  readonly #lent: Lent
  readonly #guard: SqlGuard
  readonly #underWay = new Set<Promise<unknown>>()
  #last: Promise<unknown> = Promise.resolve()
  #over: unknown = null
  /** Since the application has savepoints of its own, ours are not released any more: that would release its too. */
  #keepsSavepoints = false
  #isSaved = false

  constructor(lent: Lent, guard: SqlGuard) {
    this.#lent = lent
    this.#guard = guard
    this.client = { query: (text, values) => this.#passOn(text, values) }
  }

  run(sql: string, params: SqlParams = []): Promise<SqlChanges> {
    return this.#ask(sql, params, ({ rowCount }) => ({ changes: rowCount ?? 0, lastInsertRowid: 0 }))
  }

  all(sql: string, params: SqlParams = []): Promise<SqlRow[]> {
    return this.#ask(sql, params, ({ rows }) => rows as SqlRow[])
  }

  get(sql: string, params: SqlParams = []): Promise<SqlRow | undefined> {
    return this.#ask(sql, params, ({ rows }) => rows[0] as SqlRow | undefined)
  }

  /** Resolves when no statement is under way; rejects when one of those has failed. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }

  /** Resolves when nothing is under way, however it ended. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay)
  }

  get isBusy(): boolean {
    return this.#underWay.size > 0
  }

  /** @param reason what later calls are told */
  end(reason: unknown): void {
    this.#over ??= reason
  }

  #ask<T>(sql: string, params: SqlParams, read: (result: PgResult) => T): Promise<T> {
    return this.#inTurn(async () => {
      if (typeof sql !== 'string') throw new PosthornError('sql_failed', 'The SQL must be a text.')
      this.#guard.check(sql)
      const values = checkedParams(params)
      const statement = { text: sql, values, types: APPLICATION_TYPES, queryMode: 'extended' } as const
      return read(await this.#saved(sql, () => this.#lent.ask(statement)))
    })
  }

  /** As it is, errors too. */
  #passOn(text: unknown, values: unknown): Promise<unknown> {
    return this.#inTurn(() => {
      const sql = typeof text === 'string' ? text : String((text as { text?: unknown } | null)?.text ?? '')
      this.#guard.check(sql)
      if (isSavepoint(sql)) this.#keepsSavepoints = true
      this.#isSaved = false
      const client = this.#lent.client as unknown as SqlClient
      return client.query(text, values)
    })
  }

  /** After those before it; not at all once the transaction is over. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(() => {
      if (this.#over !== null) throw this.#over
      return run()
    })
    this.#last = turn.catch(() => undefined)
    // Whether somebody looks at how it ended is a matter of this one.
    const answer = turn.finally(() => this.#underWay.delete(answer))
    this.#underWay.add(answer)
    return answer
  }

  async #saved(sql: string, run: () => Promise<PgResult>): Promise<PgResult> {
    const own = isSavepoint(sql)
    if (own) this.#keepsSavepoints = true
    else await this.#save()
    try {
      return await run()
    } catch (error) {
      const told = described(error, sql)
      if (!own && !this.#lent.broken) await this.#lent.once(`rollback to savepoint ${SAVEPOINT}`)
      throw told
    }
  }

  async #save(): Promise<void> {
    const release = this.#isSaved && !this.#keepsSavepoints ? `release savepoint ${SAVEPOINT}; ` : ''
    await this.#lent.once(`${release}savepoint ${SAVEPOINT}`)
    this.#isSaved = true
  }
}

function described(error: unknown, sql: string): unknown {
  const cause = (error as Error).cause
  const code = causeState(error)
  if (code === '' || OF_THE_SERVER.some((start) => code.startsWith(start))) return toPosthornError(error)
  const shown = sql.length > 200 ? `${sql.slice(0, 200)}…` : sql
  const hint = code === '42601' && sql.includes('?') ? ' In PostgreSQL values stand as $1, $2 …' : ''
  return new PosthornError(
    'sql_failed',
    `${(cause as Error).message} (in: ${shown.replaceAll(/\s+/g, ' ').trim()})${hint}`,
    { cause },
  )
}

export function overError(): PosthornError {
  return new PosthornError(
    'state_conflict',
    'The transaction is over: its statements belong into the function that it was given, each awaited there.',
  )
}
