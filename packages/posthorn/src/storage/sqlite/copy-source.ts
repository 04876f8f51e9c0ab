import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { PosthornError } from '../../domain/error.ts'
import type { AnyRow, CopiedKind, CopySource, TakeRows } from '../../ports/copy.ts'
import { COPY_QUERIES, COPY_TABLES } from './copy-queries.ts'
import { isOurs, openDatabase, openReadOnly } from './database.ts'
import { toPosthornError } from './failures.ts'
import { FolderLock } from './lock.ts'
import { migrate } from './migrate.ts'
import { MIGRATIONS } from './migrations/all.ts'
import { markMoved, movedAt } from './moved.ts'
import { checkFile } from './recover.ts'

/** A batch ends at so many rows or bytes, whichever comes first. */
const BATCH_ROWS = 2000
const BATCH_BYTES = 4 * 1024 * 1024
const DAY_MS = 86_400_000

/**
 * The file of a data folder, read only, and the folder's lock. SQLite reads what is still in the journal of a process
 * that was killed; its leases are not looked at, since whoever held them is gone.
 */
export class SqliteCopySource implements CopySource {
  readonly #dataDir: string
  readonly #lock: FolderLock
  readonly #db: DatabaseSync

  private constructor(dataDir: string, lock: FolderLock, db: DatabaseSync) {
    this.#dataDir = dataDir
    this.#lock = lock
    this.#db = db
  }

  /** @throws PosthornError `config_invalid`, `data_dir_locked`, `schema_newer`, `schema_outdated`, `store_damaged` */
  static open(dataDir: string): SqliteCopySource {
    if (!existsSync(join(dataDir, 'posthorn.db')))
      throw new PosthornError(
        'config_invalid',
        `There is no store in ${dataDir}: it has no file posthorn.db. Name the data folder that the server used.`,
      )
    const lock = FolderLock.take(dataDir)
    let db: DatabaseSync | undefined
    try {
      db = openReadOnly(dataDir)
      if (!isOurs(db))
        throw new PosthornError('store_damaged', `posthorn.db in ${dataDir} was not made by Posthorn.`)
      migrate(db, MIGRATIONS, false, dataDir)
      checkFile(db)
      return new SqliteCopySource(dataDir, lock, db)
    } catch (error) {
      db?.close()
      lock.release()
      throw toPosthornError(error)
    }
  }

  get movedAt(): number | null {
    return movedAt(this.#db)
  }

  get leftBehind(): string[] {
    const rows = this.#db.prepare("select name from sqlite_schema where type = 'table' order by name").all()
    return rows.map(({ name }) => String(name)).filter((name) => !COPY_TABLES.has(name))
  }

  count(kind: CopiedKind): number {
    const { counted } = COPY_QUERIES[kind]
    return Number(this.#db.prepare(`select count(*) as n from ${counted}`).get()?.n)
  }

  async read(kind: CopiedKind, take: TakeRows): Promise<void> {
    let batch: AnyRow[] = []
    let bytes = 0
    for (const found of this.#db.prepare(COPY_QUERIES[kind].sql).iterate()) {
      const row = kind === 'replays' ? this.#withNext(found as AnyRow) : (found as AnyRow)
      batch.push(row)
      bytes += sizeOf(row)
      if (batch.length < BATCH_ROWS && bytes < BATCH_BYTES) continue
      await take(batch)
      batch = []
      bytes = 0
    }
    if (batch.length > 0) await take(batch)
  }

  /** The first of the events that are left to it in the order of days: of clocks that went back over midnight some come twice, none is left out. */
  #withNext(row: AnyRow): AnyRow {
    const replay = JSON.parse(String(row.doc)) as ReplayDoc
    const next =
      replay.state === 'running'
        ? this.#db
            .prepare(
              `select key, received_at from events where tenant_id = ? and key > ? and received_at >= ? and received_at < ?
              order by received_at / ${DAY_MS}, key limit 1`,
            )
            .get(String(row.tenantId), replay.cursor, replay.since, replay.until)
        : undefined
    return {
      ...row,
      doc: JSON.stringify({ ...replay, cursor: 0 }),
      nextNumber: next === undefined ? null : Number(next.key),
      nextReceivedAt: next === undefined ? null : Number(next.received_at),
    }
  }

  markMoved(at: number | null): void {
    const db = openDatabase(this.#dataDir)
    try {
      markMoved(db, at)
    } finally {
      db.close()
    }
  }

  close(): void {
    this.#db.close()
    this.#lock.release()
  }
}

interface ReplayDoc {
  readonly state: string
  readonly cursor: number
  readonly since: number
  readonly until: number
}

function sizeOf(row: AnyRow): number {
  let size = 0
  for (const value of Object.values(row))
    size += value instanceof Uint8Array ? value.byteLength : typeof value === 'string' ? value.length : 8
  return size
}
