import { constants, DatabaseSync } from 'node:sqlite'
import { PosthornError } from '../../../domain/error.ts'
import { migrate } from '../migrate.ts'
import { MIGRATIONS } from '../migrations/all.ts'

/** Tables that later versions of ours may make. */
const RESERVED_PREFIX = 'posthorn_'

/** Pragmas that only tell; `data_version` is what full-text tables ask. */
const PRAGMAS = [
  ...['table_info', 'table_xinfo', 'table_list', 'index_list', 'index_info', 'index_xinfo'],
  ...['foreign_key_list', 'data_version'],
]

type Arguments = readonly [first: string | null, second: string | null]

/**
 * Watches what SQLite is about to compile (https://sqlite.org/c3ref/set_authorizer.html), so that the application's SQL
 * on our connection leaves our tables and our transactions alone. It sees what views and triggers do as well. Set once,
 * since setting it makes SQLite compile every statement anew; our own statements pass.
 */
export class SqlGuard {
  readonly #owned: ReadonlySet<string>
  /** Whether the application's SQL is being compiled or run. */
  #watching = false
  /** Within the present statement a table is made, dropped or renamed: then SQLite writes to its own tables. */
  #changesSchema = false
  #refusal: string | null = null

  private constructor(owned: ReadonlySet<string>) {
    this.#owned = owned
  }

  /** @throws PosthornError `config_invalid` where this Node cannot do it */
  static set(db: DatabaseSync): SqlGuard {
    if (typeof db.setAuthorizer !== 'function')
      throw new PosthornError(
        'config_invalid',
        `Transactions of the application need Node 24.10 or newer, this is ${process.version}.`,
      )
    const guard = new SqlGuard(ownedNames())
    db.setAuthorizer((action, first, second) => guard.#decide(action, [first, second]))
    return guard
  }

  /** @throws PosthornError `sql_refused`, and what `run` throws */
  watch<T>(run: () => T): T {
    this.#watching = true
    this.#changesSchema = false
    this.#refusal = null
    try {
      return run()
    } catch (error) {
      if (this.#refusal === null) throw error
      throw new PosthornError('sql_refused', this.#refusal, { cause: error })
    } finally {
      this.#watching = false
    }
  }

  #decide(action: number, names: Arguments): number {
    if (!this.#watching) return constants.SQLITE_OK
    this.#changesSchema ||= SCHEMA_CHANGES.has(action)
    const refusal = this.#refusalOf(action, names)
    if (refusal === null) return constants.SQLITE_OK
    this.#refusal ??= refusal
    return constants.SQLITE_DENY
  }

  /** What is refused and why; null: it may be. What is not known here may not. */
  #refusalOf(action: number, [first, second]: Arguments): string | null {
    if (HARMLESS.has(action)) return null
    if (WRITES.has(action)) return this.#refusalOfWrite(first ?? '')
    if (NAMED_FIRST.has(action)) return this.#refusalOfName(first ?? '')
    if (NAMED_SECOND.has(action)) return this.#refusalOfName(second ?? '')
    if (action === constants.SQLITE_PRAGMA)
      return PRAGMAS.includes(first ?? '')
        ? null
        : `The pragma ${first} may not be used here: it would change the connection that Posthorn's own commits go through.`
    return (
      OTHERS.get(action) ??
      'The statement does what is not known here; only tables of your own may be changed.'
    )
  }

  #refusalOfWrite(table: string): string | null {
    // SQLite refuses a direct write itself; this is its own, for a `create` or `drop`.
    if (table === 'sqlite_master' || table === 'sqlite_temp_master') return null
    if (table === 'sqlite_sequence')
      return this.#changesSchema
        ? null
        : "The table sqlite_sequence is SQLite's own: Posthorn's keys depend on it."
    return this.#refusalOfName(table)
  }

  #refusalOfName(name: string): string | null {
    const folded = name.toLowerCase()
    if (this.#owned.has(folded))
      return `${name} is Posthorn's own: it may be read here and not changed. Write to tables of your own, under other names.`
    if (folded.startsWith(RESERVED_PREFIX))
      return `${name}: names that begin with ${RESERVED_PREFIX} are kept for Posthorn. Take another one.`
    return null
  }
}

/** Tables and indexes of a database as our migrations make it: in a file that is in use the application's stand among them. */
function ownedNames(): ReadonlySet<string> {
  const empty = new DatabaseSync(':memory:')
  try {
    migrate(empty, MIGRATIONS, true, 'a database in memory')
    const rows = empty.prepare("select name from sqlite_schema where name <> 'sqlite_sequence'").all()
    return new Set(rows.map(({ name }) => String(name).toLowerCase()))
  } finally {
    empty.close()
  }
}

const {
  SQLITE_SELECT: SELECT,
  SQLITE_READ: READ,
  SQLITE_FUNCTION: FUNCTION,
  SQLITE_RECURSIVE: RECURSIVE,
  SQLITE_SAVEPOINT: SAVEPOINT,
} = constants
/** A savepoint within our transaction cannot end it. */
const HARMLESS: ReadonlySet<number> = new Set([SELECT, READ, FUNCTION, RECURSIVE, SAVEPOINT])

const WRITES: ReadonlySet<number> = new Set([
  constants.SQLITE_INSERT,
  constants.SQLITE_UPDATE,
  constants.SQLITE_DELETE,
])

/** Actions whose first argument is the table, view or index. */
const NAMED_FIRST: ReadonlySet<number> = new Set([
  ...[constants.SQLITE_CREATE_TABLE, constants.SQLITE_CREATE_VIEW, constants.SQLITE_CREATE_VTABLE],
  ...[constants.SQLITE_DROP_TABLE, constants.SQLITE_DROP_VIEW, constants.SQLITE_DROP_VTABLE],
  constants.SQLITE_REINDEX,
])

/** Actions whose second argument is the table. */
const NAMED_SECOND: ReadonlySet<number> = new Set([
  ...[constants.SQLITE_CREATE_INDEX, constants.SQLITE_CREATE_TRIGGER],
  ...[constants.SQLITE_DROP_INDEX, constants.SQLITE_DROP_TRIGGER],
  constants.SQLITE_ALTER_TABLE,
])

const SCHEMA_CHANGES: ReadonlySet<number> = new Set([
  ...[constants.SQLITE_CREATE_TABLE, constants.SQLITE_DROP_TABLE, constants.SQLITE_ALTER_TABLE],
])

const TEMPORARY =
  'Temporary tables, views and triggers may not be made here: they would stay on the connection that Posthorn works with.'

const OTHERS: ReadonlyMap<number, string> = new Map([
  [
    constants.SQLITE_TRANSACTION,
    'The transaction begins and ends with the function it was given; return to commit, throw to roll back. Savepoints may be used.',
  ],
  [constants.SQLITE_ATTACH, 'Other databases may not be attached here.'],
  [constants.SQLITE_DETACH, 'Databases may not be detached here.'],
  [
    constants.SQLITE_ANALYZE,
    "ANALYZE may not be run here: it would change how Posthorn's own statements are planned.",
  ],
  [constants.SQLITE_CREATE_TEMP_INDEX, TEMPORARY],
  [constants.SQLITE_CREATE_TEMP_TABLE, TEMPORARY],
  [constants.SQLITE_CREATE_TEMP_TRIGGER, TEMPORARY],
  [constants.SQLITE_CREATE_TEMP_VIEW, TEMPORARY],
])
