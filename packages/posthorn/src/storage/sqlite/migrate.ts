import type { DatabaseSync } from 'node:sqlite'
import { PosthornError } from '../../domain/error.ts'

export interface Migration {
  /** 1, 2, 3 … */
  readonly number: number
  readonly name: string
  /** Plain SQL; runs in one transaction together with its record. */
  readonly sql: string
}

export interface Migrated {
  /** Number of the last migration found; 0 for a new database. */
  readonly from: number
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
  if (from > to)
    throw new PosthornError(
      'schema_newer',
      `${where} has schema ${from}, this Posthorn knows schema ${to}. Run the Posthorn that wrote it or a newer one; nothing was changed.`,
    )
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

function step(db: DatabaseSync, migration: Migration): void {
  db.exec('begin immediate')
  try {
    db.exec(
      'create table if not exists schema_migrations (number integer primary key, name text not null) strict',
    )
    db.exec(migration.sql)
    db.prepare('insert into schema_migrations (number, name) values (?, ?)').run(
      migration.number,
      migration.name,
    )
    db.exec(`pragma user_version = ${migration.number}`)
    db.exec('commit')
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}
