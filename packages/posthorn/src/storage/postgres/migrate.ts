import { PosthornError } from '../../domain/error.ts'
import { causeState } from './failures.ts'
import type { Query, Sessions } from './session.ts'

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
  /** @param schema quoted */
  sql(schema: string): string
}

export interface Migrated {
  readonly from: number
  /** Higher than what this program knows where a newer one has left it able to work. */
  readonly to: number
}

/** Of the advisory lock that one migrating process holds; any number that nobody else uses. */
export const MIGRATION_LOCK = 7_049_217_301

/**
 * What changes several tables, while others use them in other orders, would wait in a circle with them, and everybody
 * who comes later behind it. So it gives up all its locks when one of them takes so long, which is well before
 * PostgreSQL looks for circles and ends somebody (`deadlock_timeout`, 1 s), and tries again.
 */
const LOCK_MS = 250
/** About two minutes. */
const TRIES = 300
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Brings the schema up to date, all steps in one transaction under an advisory lock: of many processes that start at
 * once one migrates and the others wait for it. Each step must leave the program before it able to work, since both run
 * side by side during an upgrade.
 *
 * @throws PosthornError `schema_newer`, `schema_outdated`
 */
export async function migrate(
  sessions: Sessions,
  schema: string,
  migrations: readonly Migration[],
  allowed: boolean,
): Promise<Migrated> {
  const to = migrations.length
  const found = await schemaNumber(sessions, schema)
  if (found === to) return { from: to, to }
  if (found < to && !allowed)
    throw new PosthornError(
      'schema_outdated',
      `The database has schema ${found}, this Posthorn needs schema ${to}. Run "posthorn migrate", or start without --no-migrate.`,
    )
  for (let count = 1; ; count += 1) {
    try {
      return await migrateNow(sessions, schema, migrations)
    } catch (error) {
      if (causeState(error) !== LOCK_NOT_AVAILABLE || count === TRIES) throw error
      await sessions.rows('select pg_sleep(0.05 + 0.2 * random())::text')
    }
  }
}

function migrateNow(sessions: Sessions, schema: string, migrations: readonly Migration[]): Promise<Migrated> {
  const to = migrations.length
  return sessions.transaction(async (query) => {
    await query.rows('select pg_advisory_xact_lock($1)', MIGRATION_LOCK)
    const from = await schemaNumber(query, schema)
    if (from > to) {
      if ((await oldestFor(query, schema, from)) <= to) return { from, to: from }
      throw new PosthornError(
        'schema_newer',
        `The database has schema ${from}, this Posthorn knows schema ${to}. Run the Posthorn that wrote it or a newer one; nothing was changed.`,
      )
    }
    await query.once(`set local lock_timeout = ${LOCK_MS}`)
    for (const migration of migrations.slice(from)) await step(query, schema, migration)
    return { from, to }
  })
}

/** For people to read, where a newer program has been here. */
export function newerSchema({ to }: Migrated, known: number): string[] {
  if (to <= known) return []
  return [
    `The database has schema ${to}, this Posthorn knows schema ${known}. It works with it; run the newer Posthorn when you can.`,
  ]
}

export async function schemaNumber(query: Query, schema: string): Promise<number> {
  // Read from the catalogue: `to_regclass` answers from what the connection remembers, and after waiting for another
  // one's migration that is that there is no such schema.
  const [there] = await query.rows(
    `select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = $1 and c.relname = 'schema_migrations'`,
    schema,
  )
  if (there === undefined) return 0
  const [row] = await query.rows<{ number: number }>(
    `select coalesce(max(number), 0) as number from ${schema}.schema_migrations`,
  )
  return row?.number ?? 0
}

/** @returns the lowest schema a program must know; that of the database where it does not say */
async function oldestFor(query: Query, schema: string, number: number): Promise<number> {
  const rows = await query.rows<{ oldest: number }>(`select oldest from ${schema}.schema_migrations`)
  if (rows.length !== number) return number
  return Math.max(...rows.map(({ oldest }) => oldest))
}

async function step(query: Query, schema: string, migration: Migration): Promise<void> {
  // Asked first: "if not exists" wants the right to make one even where it is there.
  const [there] = await query.rows('select 1 from pg_namespace where nspname = $1', schema)
  if (there === undefined) await query.once(`create schema ${schema}`)
  await query.once(
    `create table if not exists ${schema}.schema_migrations (number integer primary key, name text not null,
      oldest integer not null, at timestamptz not null default clock_timestamp())`,
  )
  for (const statement of statements(migration.sql(schema))) await query.once(statement)
  await query.rows(
    `insert into ${schema}.schema_migrations (number, name, oldest) values ($1, $2, $3)`,
    migration.number,
    migration.name,
    migration.oldest,
  )
}

/** A prepared statement is one statement. Migrations have no semicolon within one but in comments. */
function statements(sql: string): string[] {
  return sql
    .replaceAll(/--.*$/gm, '')
    .split(';')
    .map((text) => text.trim())
    .filter((text) => text !== '')
}
