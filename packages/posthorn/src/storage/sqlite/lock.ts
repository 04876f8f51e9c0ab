import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { PosthornError } from '../../domain/error.ts'
import { resultCode, toPosthornError } from './failures.ts'

const SQLITE_BUSY = 5

/**
 * One process to a data folder. The lock is an exclusive transaction on a small database of its own, `posthorn.lock`,
 * which is never committed: the operating system lets go of it when the process ends, however it ends, so that nobody
 * ever has to remove a stale lock file. `posthorn.holder` only says who holds it, for the message.
 */
export class FolderLock {
  readonly #db: DatabaseSync
  readonly #holder: string

  private constructor(db: DatabaseSync, holder: string) {
    this.#db = db
    this.#holder = holder
  }

  /** @throws PosthornError `data_dir_locked` */
  static take(dataDir: string): FolderLock {
    const holder = join(dataDir, 'posthorn.holder')
    let db: DatabaseSync | undefined
    try {
      const file = join(dataDir, 'posthorn.lock')
      // Only made here: closing a file that SQLite holds open would drop this process's own POSIX locks on it.
      if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600))
      db = new DatabaseSync(file, { timeout: 0 })
      db.exec('begin exclusive')
      const partial = `${holder}.new`
      writeFileSync(partial, `${process.pid} ${hostname()}\n`, { mode: 0o600 })
      renameSync(partial, holder)
      return new FolderLock(db, holder)
    } catch (error) {
      db?.close()
      throw resultCode(error) === SQLITE_BUSY ? locked(dataDir, holder) : toPosthornError(error)
    }
  }

  release(): void {
    rmSync(this.#holder, { force: true })
    this.#db.close()
  }
}

function locked(dataDir: string, holder: string): PosthornError {
  return new PosthornError(
    'data_dir_locked',
    `The data folder ${resolve(dataDir)} is in use by ${whoHolds(holder)}. Stop that process, or name another folder with --data-dir.`,
  )
}

function whoHolds(holder: string): string {
  try {
    const [pid, host] = readFileSync(holder, 'utf8').trim().split(' ')
    return `process ${pid} on ${host}`
  } catch {
    return 'another process that has only just started'
  }
}
