import { chmodSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { PosthornError } from '../../domain/error.ts'
import { toPosthornError } from './failures.ts'

/** `Phrn`: marks the file as ours (`pragma application_id`, byte 68 of the file). */
const APPLICATION_ID = 0x5068726e

/** How long a write waits for another program's lock: a person with a database shell, not one of ours. */
const BUSY_TIMEOUT_MS = 2000

/** No file, no lock, no durability: for tests. */
export const IN_MEMORY = ':memory:'

/** Makes the folder (0700) if it is not there, durably. */
export function makeDataDir(dataDir: string): void {
  const path = resolve(dataDir)
  if (existsSync(path)) {
    if (statSync(path).isDirectory()) return
    throw new PosthornError('config_invalid', `The data folder ${path} is not a folder; name another one.`)
  }
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const parent = openSync(dirname(path), 'r')
    fsyncSync(parent)
    closeSync(parent)
  } catch (error) {
    throw new PosthornError('config_invalid', `The data folder ${path} cannot be made: ${String(error)}`, {
      cause: error,
    })
  }
}

/**
 * Opens the file `posthorn.db`, ours or new.
 * @throws PosthornError `store_damaged` when it is something else
 */
export function openDatabase(dataDir: string, busyTimeoutMs = BUSY_TIMEOUT_MS): DatabaseSync {
  if (dataDir === IN_MEMORY) return prepared(new DatabaseSync(IN_MEMORY), IN_MEMORY)
  const path = join(dataDir, 'posthorn.db')
  let db: DatabaseSync | undefined
  try {
    // Made here, so that it is never readable for others; SQLite gives its companions -wal and -shm the same mode.
    closeSync(openSync(path, 'a', 0o600))
    chmodSync(path, 0o600)
    db = new DatabaseSync(path, { timeout: busyTimeoutMs })
    return prepared(db, path)
  } catch (error) {
    db?.close()
    throw toPosthornError(error)
  }
}

/** Another connection to a file that this process has open already. */
export function openReadOnly(dataDir: string): DatabaseSync {
  try {
    const db = new DatabaseSync(join(dataDir, 'posthorn.db'), { readOnly: true, timeout: BUSY_TIMEOUT_MS })
    db.exec('pragma temp_store = memory; pragma cache_size = -8000; pragma trusted_schema = off')
    return db
  } catch (error) {
    throw toPosthornError(error)
  }
}

function prepared(db: DatabaseSync, path: string): DatabaseSync {
  checkOwner(db, path)
  // FULL: each commit is fsynced before its promises resolve. Node's SQLite has it as its default; promise 1 does not
  // hang on a default.
  // Cache of 8 MB: all right edges of the indexes fit, and each commit walks the cache's hash table (a commit of 100
  // events takes 1.1 times as long with 32 MB); older pages come from the cache of the operating system, 1 µs each.
  // Checkpoint every 1000 pages: 0.97 of the throughput of 4000, and half its longest commits (7 against 15 ms).
  // Memory-mapped reading made no difference (1.0), and a disk error would then kill the process instead of a call.
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma foreign_keys = off;
    pragma temp_store = memory;
    pragma cache_size = -8000;
    pragma wal_autocheckpoint = 1000;
    pragma journal_size_limit = 67108864;
    pragma trusted_schema = off;
  `)
  return db
}

export function isOurs(db: DatabaseSync): boolean {
  return Number(db.prepare('pragma application_id').get()?.application_id) === APPLICATION_ID
}

function checkOwner(db: DatabaseSync, path: string): void {
  if (isOurs(db)) return
  const id = Number(db.prepare('pragma application_id').get()?.application_id)
  const tables = Number(db.prepare('select count(*) as n from sqlite_schema').get()?.n)
  if (id !== 0 || tables !== 0)
    throw new PosthornError(
      'store_damaged',
      `${path} is the SQLite database of another program. Name another data folder with --data-dir; nothing was changed.`,
    )
  db.exec(`pragma application_id = ${APPLICATION_ID}`)
}

/** Statements made once: those whose text is put together from filters are made when they are first needed. */
export class Statements {
  readonly #db: DatabaseSync
  readonly #made = new Map<string, StatementSync>()

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  get(sql: string): StatementSync {
    let statement = this.#made.get(sql)
    if (statement === undefined) {
      statement = this.#db.prepare(sql)
      this.#made.set(sql, statement)
    }
    return statement
  }
}
