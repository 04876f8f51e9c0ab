/**
 * A transaction that the application has begun in the database of the store, by whatever library it uses. Posthorn runs
 * a few statements in it; to commit it or roll it back is the application's.
 *
 * A client of `pg` is taken as it is. For other libraries these two methods are an adapter of a few lines.
 */
export interface ApplicationTransaction {
  /**
   * Runs one statement.
   * @param text with `$1`, `$2` …
   * @param values numbers, strings, null, bytes, and arrays of these for PostgreSQL's arrays
   * @returns its rows by column name; whole numbers may be numbers, bigints or texts
   */
  query(text: string, values: readonly unknown[]): Promise<ReadonlyArray<Readonly<Record<string, unknown>>>>
  /** Runs one statement whose rows, if it has any, nobody needs. */
  execute(text: string, values: readonly unknown[]): Promise<unknown>
}

/** What of a client of `pg` is used. */
export interface PgTransaction {
  query(text: string, values: unknown[]): Promise<{ readonly rows: unknown[] }>
}
