import type { DatabaseSync } from 'node:sqlite'
import { PosthornError } from '../../domain/error.ts'

export interface Migration {
  /** 1, 2, 3 … */
  readonly number: number
  readonly name: string
  /**
   * The lowest schema that a program may know and still work after this step: one lower than `number` for what only
   * adds, `number` itself where every program must know it. It is written into the database, for programs that were
   * made before this step: one that is rolled back to, or that an orchestrator restarts in the middle of an upgrade.
   */
  readonly oldest: number
  /** Plain SQL; runs in one transaction together with its record. */
  readonly sql: string
}

export interface Migrated {
  /** Number of the last migration found; 0 for a new database. */
  readonly from: number
  /** Higher than what this program knows where a newer one has left it able to work. */
  readonly to: number
}

/**
 * Brings the schema up to date, each migration in a transaction of its own. `user_version` says how far it is, and the
 * table `schema_migrations` what each step was called.
 *
 * @param allowed false: only look
 * @throws PosthornError `schema_newer`, `schema_outdated`
 */
export function migrate(
  db: DatabaseSync,
  migrations: readonly Migration[],
  allowed: boolean,
  where: string,
): Migrated {
  const from = schemaNumber(db)
  const to = migrations.length
  if (from > to) {
    if (oldestFor(db, from) <= to) return { from, to: from }
    throw new PosthornError(
      'schema_newer',
      `${where} has schema ${from}, this Posthorn knows schema ${to}. Run the Posthorn that wrote it or a newer one; nothing was changed.`,
    )
  }
  if (from < to && !allowed)
    throw new PosthornError(
      'schema_outdated',
      `${where} has schema ${from}, this Posthorn needs schema ${to}. Run "posthorn migrate", or start without --no-migrate.`,
    )
  for (const migration of migrations.slice(from)) step(db, migration)
  return { from, to }
}

export function schemaNumber(db: DatabaseSync): number {
  return Number(db.prepare('pragma user_version').get()?.user_version)
}

/** @returns the lowest schema a program must know; that of the database where it does not say */
function oldestFor(db: DatabaseSync, number: number): number {
  const rows = db.prepare('select number, oldest from schema_migrations order by number').all()
  if (rows.length !== number) return number
  return Math.max(...rows.map(({ oldest }) => Number(oldest)))
}

function step(db: DatabaseSync, migration: Migration): void {
  db.exec('begin immediate')
  try {
    db.exec(
      'create table if not exists schema_migrations (number integer primary key, name text not null, oldest integer not null) strict',
    )
    db.exec(migration.sql)
    db.prepare('insert into schema_migrations (number, name, oldest) values (?, ?, ?)').run(
      migration.number,
      migration.name,
      migration.oldest,
    )
    db.exec(`pragma user_version = ${migration.number}`)
    db.exec('commit')
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}
