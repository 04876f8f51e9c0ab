import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Call, Ports, Reply } from './calls.ts'
import { IN_MEMORY, makeDataDir, openDatabase } from './database.ts'
import { toFailure, toPosthornError } from './failures.ts'
import { FolderLock } from './lock.ts'
import { migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations/all.ts'
import { refuseMoved } from './moved.ts'
import { answer, invoke, makePorts } from './ports.ts'
import { checkFile, markClosed, type OpenReport, recover } from './recover.ts'
import { TransactionCalls } from './transactions/calls.ts'

export interface CoreOptions {
  readonly dataDir: string
  readonly migrate: boolean
}

/** The store on one connection, synchronous: runs batches of calls. Who gathers them and where it lives is not its matter. */
export class SqliteCore {
  readonly #db: DatabaseSync
  readonly #lock: FolderLock | null
  readonly #ports: Ports
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly report: OpenReport

  /** @param db opened, migrated and recovered; `open` does that */
  constructor(db: DatabaseSync, lock: FolderLock | null, report: OpenReport) {
    this.#db = db
    this.#lock = lock
    this.report = report
    const ports = makePorts(db)
    const transaction = new TransactionCalls(db, (batch) => ports.deliveries.finish(batch))
    this.#ports = { ...ports, transaction }
    this.#begin = db.prepare('begin immediate')
    this.#commit = db.prepare('commit')
  }

  /** @throws PosthornError `data_dir_locked`, `store_damaged`, `store_moved`, `schema_newer`, `schema_outdated`, `store_unavailable` */
  static open(options: CoreOptions): SqliteCore {
    const inMemory = options.dataDir === IN_MEMORY
    if (!inMemory) makeDataDir(options.dataDir)
    const lock = inMemory ? null : FolderLock.take(options.dataDir)
    let db: DatabaseSync | undefined
    try {
      db = openDatabase(options.dataDir)
      const migrated = migrate(db, MIGRATIONS, options.migrate, options.dataDir)
      refuseMoved(db, options.dataDir)
      const checked = checkFile(db)
      return new SqliteCore(db, lock, { migrated, checked, ...recover(db) })
    } catch (error) {
      db?.close()
      lock?.release()
      throw toPosthornError(error)
    }
  }

  /**
   * All in one transaction, each call by itself: one that fails has written nothing and holds up no other.
   *
   * First without savepoints, since calls hardly ever fail and a savepoint copies every page that is changed after it
   * (a tenth of the time of a commit of 100 events). If one does fail, all are done once more, each in its savepoint.
   */
  write(calls: readonly Call[]): Reply[] {
    try {
      return this.#transaction(() => calls.map((call) => ({ ok: true, value: invoke(this.#ports, call) })))
    } catch (error) {
      if (calls.length === 1) return [{ ok: false, failure: toFailure(error) }]
    }
    try {
      return this.#transaction(() => calls.map((call) => this.#writeOne(call)))
    } catch (error) {
      const failure = toFailure(error)
      return calls.map(() => ({ ok: false, failure }))
    }
  }

  #transaction(run: () => Reply[]): Reply[] {
    this.#begin.run()
    try {
      const replies = run()
      this.#commit.run()
      return replies
    } catch (error) {
      // A full disk or an I/O error has rolled back already.
      if (this.#db.isTransaction) this.#db.exec('rollback')
      throw error
    }
  }

  /** @throws what ended the whole transaction */
  #writeOne(call: Call): Reply {
    this.#db.exec('savepoint call')
    try {
      const value = invoke(this.#ports, call)
      this.#db.exec('release call')
      return { ok: true, value }
    } catch (error) {
      if (!this.#db.isTransaction) throw error
      this.#db.exec('rollback to call; release call')
      return { ok: false, failure: toFailure(error) }
    }
  }

  read(call: Call): Reply {
    return answer(this.#ports, call)
  }

  close(): void {
    try {
      if (this.#db.isTransaction) this.#db.exec('rollback')
      markClosed(this.#db)
    } catch {
      // A disk that is full: the next start takes it for an unclean end, which is right.
    }
    this.#db.close()
    this.#lock?.release()
  }
}
