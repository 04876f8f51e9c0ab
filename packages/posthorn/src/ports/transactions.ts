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
   * gone without a trace when the process dies. Transactions run one after the other, in the order of their calls; while
   * one is open it holds the only writer, and all else that the store is asked (lists from the reader's thread aside)
   * waits for its end. So the caller bounds its time by `signal`, and `work` awaits nothing but `tx`: whatever else it
   * asks of this store would wait for itself.
   *
   * A statement of `tx` that failed and was not awaited rolls back too.
   *
   * @throws what `work` threw; the signal's reason, once it is rolled back, whatever `work` does then; PosthornError
   * `store_unavailable` when it could not begin or be committed, or `sql_failed` where SQLite itself has rolled it back
   * (`insert or rollback`)
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
 * SQL of the application, one statement a call, with `?` or `:name` for values. It may make and change tables of its own
 * under any names that are not ours (nor begin with `posthorn_` or `sqlite_`), and read ours. It may not write to ours,
 * begin or end transactions (savepoints are fine), attach databases, set pragmas or make temporary tables.
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
}

/** Whole numbers beyond ±(2^53 − 1) come back as `bigint`, all others as `number`. */
export type SqlValue = null | number | bigint | string | Uint8Array

/** In order, or by name (with or without the leading `:`). */
export type SqlParams = readonly SqlValue[] | Readonly<Record<string, SqlValue>>

export type SqlRow = Record<string, SqlValue>

export interface SqlChanges {
  /** Rows inserted, updated or deleted. */
  readonly changes: number
  readonly lastInsertRowid: number | bigint
}
