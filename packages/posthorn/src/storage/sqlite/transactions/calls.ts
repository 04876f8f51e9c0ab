import type { DatabaseSync } from 'node:sqlite'
import { PosthornError } from '../../../domain/error.ts'
import type { Finish } from '../../../ports/finish.ts'
import type { SqlChanges, SqlParams, SqlRow } from '../../../ports/transactions.ts'
import { ApplicationSql } from './application-sql.ts'

/** What ends a lease, within the transaction. */
type ApplyFinish = (batch: readonly Finish[]) => boolean[]

/**
 * The application's transaction on our connection, as calls: `begin`, statements, then `commit` or `rollback`. Who calls
 * sees to it that nothing else is asked of the connection in between.
 */
export class TransactionCalls {
  readonly #db: DatabaseSync
  readonly #finish: ApplyFinish
  #sql: ApplicationSql | null = null
  /** The last error of a statement: it may be why the transaction is gone. */
  #lastError: unknown = null

  constructor(db: DatabaseSync, finish: ApplyFinish) {
    this.#db = db
    this.#finish = finish
  }

  begin(): void {
    this.#sql ??= new ApplicationSql(this.#db)
    this.#lastError = null
    this.#db.exec('begin immediate')
  }

  run(sql: string, params: SqlParams): SqlChanges {
    return this.#within((statements) => statements.run(sql, params))
  }

  all(sql: string, params: SqlParams): SqlRow[] {
    return this.#within((statements) => statements.all(sql, params))
  }

  get(sql: string, params: SqlParams): SqlRow | undefined {
    return this.#within((statements) => statements.get(sql, params))
  }

  /** @returns false when the lease is not held any more: all is rolled back. @throws what `rollback` must follow */
  commit(finish: Finish | null): boolean {
    this.#checkOpen()
    const recorded = finish === null || this.#finish([finish])[0] === true
    this.#db.exec(recorded ? 'commit' : 'rollback')
    return recorded
  }

  rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('rollback')
  }

  #within<T>(run: (statements: ApplicationSql) => T): T {
    this.#checkOpen()
    try {
      return run(this.#sql as ApplicationSql)
    } catch (error) {
      this.#lastError = error
      throw error
    }
  }

  /** A full disk rolls back by itself, and so does `insert or rollback`; what came then would be a commit of its own. */
  #checkOpen(): void {
    if (this.#db.isTransaction) return
    const why = this.#lastError instanceof Error ? this.#lastError.message : 'it was never begun'
    throw new PosthornError('sql_failed', `SQLite has rolled the transaction back: ${why}`, {
      cause: this.#lastError,
    })
  }
}
