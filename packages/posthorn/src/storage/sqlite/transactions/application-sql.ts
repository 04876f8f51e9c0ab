import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { PosthornError } from '../../../domain/error.ts'
import type { SqlChanges, SqlParams, SqlRow, SqlValue } from '../../../ports/transactions.ts'
import { resultCode, toPosthornError } from '../failures.ts'
import { SqlGuard } from './guard.ts'

/** SQLITE_ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE: what the application's SQL is to blame for, not the disk. */
const OF_THE_STATEMENT: readonly number[] = [1, 18, 19, 20, 25]

/** What node:sqlite itself refuses: a value that cannot be bound, a parameter that is not there. */
const OF_NODE = /^ERR_(INVALID_|OUT_OF_RANGE)/

/** Statements of the application, compiled and run under the guard. */
export class ApplicationSql {
  readonly #db: DatabaseSync
  readonly #guard: SqlGuard

  constructor(db: DatabaseSync) {
    this.#db = db
    this.#guard = SqlGuard.set(db)
  }

  run(sql: string, params: SqlParams): SqlChanges {
    return this.#with(sql, () => {
      const { changes, lastInsertRowid } = this.#prepare(sql).run(...bound(params))
      return { changes: Number(changes), lastInsertRowid: narrow(lastInsertRowid) as number | bigint }
    })
  }

  all(sql: string, params: SqlParams): SqlRow[] {
    return this.#with(sql, () =>
      this.#prepare(sql)
        .all(...bound(params))
        .map(toRow),
    )
  }

  get(sql: string, params: SqlParams): SqlRow | undefined {
    return this.#with(sql, () => {
      const row = this.#prepare(sql).get(...bound(params))
      return row === undefined ? undefined : toRow(row)
    })
  }

  #with<T>(sql: string, run: () => T): T {
    try {
      return this.#guard.watch(run)
    } catch (error) {
      throw this.#described(error, sql)
    }
  }

  #described(error: unknown, sql: string): PosthornError {
    const text = error instanceof Error ? error.message : String(error)
    if (!isOfTheStatement(error)) return toPosthornError(error)
    const shown = sql.length > 200 ? `${sql.slice(0, 200)}…` : sql
    return new PosthornError('sql_failed', `${text} (in: ${shown.replaceAll(/\s+/g, ' ').trim()})`, {
      cause: error,
    })
  }

  #prepare(sql: string): StatementSync {
    const statement = this.#db.prepare(sql)
    // SQLite compiles the first statement of a text and says nothing of the rest.
    const rest = sql.slice(statement.sourceSQL.length)
    if (!isBlank(rest))
      throw new PosthornError(
        'sql_failed',
        `One statement a call: what follows the first one would not be run: ${rest.trim().slice(0, 100)}`,
      )
    statement.setReadBigInts(true)
    return statement
  }
}

function isOfTheStatement(error: unknown): boolean {
  if (OF_THE_STATEMENT.includes(resultCode(error))) return true
  return error instanceof Error && 'code' in error && OF_NODE.test(String(error.code))
}

/** Nothing but white space, semicolons and comments. */
function isBlank(sql: string): boolean {
  return /^(?:[\s;]|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$))*$/.test(sql)
}

/** As they are spread into a call: an object of named values comes first and alone. */
function bound(params: SqlParams): SQLInputValue[] {
  // Booleans were refused before (params.ts).
  return isList(params) ? ([...params] as SQLInputValue[]) : [{ ...params } as unknown as SQLInputValue]
}

function isList(params: SqlParams): params is readonly SqlValue[] {
  return Array.isArray(params)
}

function toRow(row: Record<string, SQLOutputValue>): SqlRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, narrow(value)]))
}

/** All whole numbers were read as `bigint`, so that none loses digits; most need not stay so. */
function narrow(value: SQLOutputValue): SqlValue {
  if (typeof value !== 'bigint') return value
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
