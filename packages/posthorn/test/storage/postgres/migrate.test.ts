/** Processes that start at the same moment, and what their connections remember of the time before. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { MIGRATION_LOCK, type Migration, migrate } from '../../../src/storage/postgres/migrate.ts'
import { Sessions } from '../../../src/storage/postgres/session.ts'
import { Bases } from './support.ts'

const bases = Bases.use()
const SCHEMA = 'waited_for'

test('a connection that has looked in vain, and then waited for another one that migrated, sees the schema', async () => {
  const pool = new pg.Pool({ connectionString: bases.url, max: 1 })
  const sessions = new Sessions({ pool, prepare: true, timeoutMs: 20_000, note: () => {} })
  const only: Migration = {
    ...{ number: 1, name: 'first', oldest: 1 },
    sql: (schema) => `create table ${schema}.made_once (a integer)`,
  }
  const other = new pg.Client({ connectionString: bases.url })
  await other.connect()
  await other.query('begin')
  await other.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
  const migrating = migrate(sessions, SCHEMA, [only], true)
  for (let waits = 0; waits === 0; ) {
    // Within a transaction, what sessions do is read once and kept.
    await other.query('select pg_stat_clear_snapshot()')
    waits = (await other.query("select 1 from pg_stat_activity where wait_event = 'advisory'")).rowCount ?? 0
  }
  // Little is changed: much would make PostgreSQL tell other connections to forget what they know.
  await other.query(`create schema ${SCHEMA};
    create table ${SCHEMA}.schema_migrations (number integer primary key, name text, oldest integer);
    insert into ${SCHEMA}.schema_migrations values (1, 'first', 1);
    create table ${SCHEMA}.made_once (a integer)`)
  await other.query('commit')
  try {
    assert.deepEqual(await migrating, { from: 1, to: 1 })
  } finally {
    await other.query(`drop schema ${SCHEMA} cascade`)
    await other.end()
    await pool.end()
  }
})
