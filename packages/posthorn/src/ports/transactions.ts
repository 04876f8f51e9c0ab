/**
 * The application's own tables beside ours, in the same database and the same commit: a handler's writes and the mark
 * "delivered" become durable together or not at all.
 *
 * Optional: a store without it leaves `Store.transactions` out.
 */
import type { Finish } from './finish.ts'

export interface TransactionStore {
  /**
   * Runs `work` in one transaction: committed when its promise resolves, rolled back when it rejects or `signal` aborts,
   * gone without a trace when the process dies.
   *
   * SQLite has one writer: transactions run one after the other, in the order of their calls, and while one is open all
   * else that the store is asked (lists from the reader's thread aside) waits for its end. In PostgreSQL each has a
   * connection, half of the pool's at most at once, and sees what others commit meanwhile; what runs when `signal` aborts
   * is cancelled. In either the caller bounds its time by `signal`, and `work` awaits nothing but `tx`: what else it asks
   * of this store would wait for itself, or for a connection that all the others wait for too.
   *
   * A statement of `tx` that failed and was not awaited rolls back too.
   *
   * @throws what `work` threw; the signal's reason, once it is rolled back, whatever `work` does then; PosthornError
   * `store_unavailable` when it could not begin or be committed (of a commit whose answer was lost nobody knows), or
   * `sql_failed` where the database itself has rolled it back (`insert or rollback` in SQLite)
   */
  run<T>(
    work: (tx: Transaction) => T | Promise<T>,
    options: TransactionOptions,
  ): Promise<TransactionResult<T>>
}

export interface TransactionOptions {
  /** Aborted: rolls back, or does not even begin. Without effect once `work` has resolved. */
  readonly signal: AbortSignal
  /**
   * Asked once, when `work` has resolved: what the attempt came to. It is applied as the last write of the transaction,
   * only if the lease's token still fits; if it does not, everything is rolled back. Default: nothing is recorded.
   */
  readonly finish?: () => Finish
}

/** `recorded: false`: the lease was another's by then, and nothing was written. Always true without `finish`. */
export type TransactionResult<T> =
  | { readonly recorded: true; readonly value: T }
  | { readonly recorded: false }

/**
 * SQL of the application, one statement a call. It may make and change tables of its own, and read ours.
 *
 * SQLite: `?` or `:name` for values. Tables may have any names that are not ours (nor begin with `posthorn_` or
 * `sqlite_`). It may not write to ours, begin or end transactions (savepoints are fine), attach databases, set pragmas or
 * make temporary tables: SQLite itself is asked about each statement.
 *
 * PostgreSQL: `$1`, `$2` … for values, in order. Tables belong into another schema than ours. Statements that begin or end
 * the transaction, that change the session, or that name a table of ours as what they write to are refused by how they
 * look; that is no fence: what the application must not touch its database user should have no right to.
 *
 * @throws PosthornError, and the transaction stands, so that a caught error need not end it: `sql_failed` with the
 * database's own words (a constraint, a syntax error, a value that cannot be bound); `sql_refused` for what is not
 * allowed, naming it; `state_conflict` when the transaction is over
 */
export interface Transaction {
  run(sql: string, params?: SqlParams): Promise<SqlChanges>
  /** All rows. */
  all(sql: string, params?: SqlParams): Promise<SqlRow[]>
  /** The first row. */
  get(sql: string, params?: SqlParams): Promise<SqlRow | undefined>
  /**
   * PostgreSQL: the connection, for a library that takes a client of `pg`; undefined in SQLite. Its statements are passed
   * on as they are, its errors are those of `pg`, and after one of them the transaction can only be rolled back.
   */
  readonly client?: SqlClient
}

/** What libraries use of a client of `pg`: a text and its values, or an object with both and more. */
export interface SqlClient {
  // biome-ignore lint/suspicious/noExplicitAny: as pg has it, so that it fits where a client of pg is wanted.
  query(text: any, values?: any): Promise<any>
}

/**
 * Whole numbers beyond ±(2^53 − 1) come back as `bigint`, all others as `number`. `boolean` is PostgreSQL's; what else it
 * has (numeric, times, uuid, json, arrays) goes in and comes back as the text that PostgreSQL writes.
 */
export type SqlValue = null | number | bigint | string | boolean | Uint8Array

/** In order, or in SQLite by name (with or without the leading `:`). */
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>

export type SqlRow = Record<string, SqlValue>

export interface SqlChanges {
  /** Rows inserted, updated or deleted. */
  readonly changes: number
  /** SQLite's; always 0 in PostgreSQL, which has `returning` instead. */
  readonly lastInsertRowid: number | bigint
}
