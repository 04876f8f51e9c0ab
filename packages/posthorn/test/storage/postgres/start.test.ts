/** What a start on PostgreSQL says of servers, settings and URLs that will not do. */
import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import pg from 'pg'
import { OwnPostgres } from '../../../../../test/servers/own-postgres.ts'
import { type ErrorCode, isPosthornError } from '../../../src/domain/error.ts'
import type { PgPool } from '../../../src/storage/postgres/client.ts'
import { MIGRATION_LOCK, migrate } from '../../../src/storage/postgres/migrate.ts'
import { MIGRATIONS } from '../../../src/storage/postgres/migrations/all.ts'
import { openPostgresStore, type PostgresOptions } from '../../../src/storage/postgres/open.ts'
import { checkServer } from '../../../src/storage/postgres/server-check.ts'
import { type Query, Sessions } from '../../../src/storage/postgres/session.ts'
import { World } from '../../../src/testing/store-conformance/world.ts'
import { Bases } from './support.ts'

const PASSWORD = 'hunter2secret'
/** As careless as can be, and with a user who needs a password. */
const bases = Bases.use(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-hba-'))
  after(() => rm(folder, { recursive: true, force: true }))
  await chmod(folder, 0o755)
  const file = join(folder, 'hba.conf')
  await writeFile(file, 'host all guarded all scram-sha-256\nhost all all all trust\n', { mode: 0o644 })
  const careless = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off']
  return OwnPostgres.start([...careless, `hba_file=${file}`])
})

/** The server's URL with another user, password or database. */
function urlOf(change: { username?: string; password?: string; pathname?: string }): string {
  return Object.assign(new URL(bases.url), change).href
}

async function refused(options: Partial<PostgresOptions>, code: ErrorCode, words: RegExp): Promise<void> {
  const opening = openPostgresStore({ database: bases.url, schema: 'refused', ...options })
  await assert.rejects(opening, (error: unknown) => {
    assert.ok(isPosthornError(error), String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, words)
    assert.ok(!`${error.stack} ${String(error.cause)} ${JSON.stringify(error)}`.includes(PASSWORD))
    return true
  })
}

async function admin(...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: bases.url })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

test('settings that put data at risk are warned of, each by its name', async () => {
  const { store } = await bases.open()
  assert.equal(store.warnings.length, 3)
  for (const name of ['fsync', 'full_page_writes', 'synchronous_commit'])
    assert.equal(store.warnings.filter((text) => text.includes(`${name} = off: `)).length, 1, name)
})

test('a database that takes no writes, or not every text, is refused', async () => {
  await admin(
    'create database read_only',
    'alter database read_only set default_transaction_read_only = on',
    "create database ascii template template0 encoding 'SQL_ASCII' lc_collate 'C' lc_ctype 'C'",
  )
  await refused(
    { database: urlOf({ pathname: 'read_only' }) },
    'config_invalid',
    /default_transaction_read_only/,
  )
  await refused({ database: urlOf({ pathname: 'ascii' }) }, 'config_invalid', /SQL_ASCII.*needs UTF8/)
})

test('wrong names, passwords and rights are refused', async () => {
  await admin(`create role guarded login password '${PASSWORD}'`, 'create role plain login')
  const guarded = { username: 'guarded' }
  await refused({ database: urlOf({ pathname: 'nowhere' }) }, 'config_invalid', /no such database.*"nowhere"/)
  await refused({ database: urlOf({ username: 'nobody' }) }, 'config_invalid', /role "nobody" does not exist/)
  await refused(
    { database: urlOf({ ...guarded, password: `no ${PASSWORD}` }) },
    'config_invalid',
    /refused the user or the password/,
  )
  await refused({ database: urlOf(guarded) }, 'config_invalid', /wants a password/)
  await refused({ database: urlOf({ username: 'plain' }) }, 'config_invalid', /may not make.*grant it CREATE/)
})

test('a user without rights on the database does with a schema that it was given', async () => {
  await admin('create role tenant login', 'create schema given authorization tenant')
  const store = await openPostgresStore({ database: urlOf({ username: 'tenant' }), schema: 'given' })
  await new World(store, 1).publish({})
  await store.close()
})

test('what cannot be a URL or reached is refused without its password', async () => {
  await refused(
    { database: `postgres://user:${PASSWORD}@[bad/db` },
    'config_invalid',
    /must be postgres:\/\/USER/,
  )
  await refused(
    { database: `postgres://user:${PASSWORD}@127.0.0.1:1/db` },
    'store_unavailable',
    /ECONNREFUSED 127\.0\.0\.1:1/,
  )
  await refused(
    { database: `postgres://user:${PASSWORD}@nowhere.invalid/db` },
    'store_unavailable',
    /nowhere\.invalid/,
  )
  await refused(
    { database: `${urlOf({ username: 'postgres', password: PASSWORD })}?sslmode=verify-full` },
    'store_unavailable',
    /SSL/,
  )
})

test('a schema that is newer, or older and may not be changed, is refused', async () => {
  const base = await bases.open()
  await base.sql("insert into $s.schema_migrations (number, name, oldest) values (99, 'later', 99)")
  await refused({ schema: base.schema }, 'schema_newer', /schema 99.*knows schema 1/)
  await refused({ schema: base.schema, migrate: false }, 'schema_newer', /schema 99.*knows schema 1/)
  await refused({ schema: 'not_there', migrate: false }, 'schema_outdated', /schema 0.*needs schema 1/)
  await refused({ schema: 'not; there' }, 'config_invalid', /plain lower-case name/)
})

test('a newer schema that says older programs may work with it lets them in, and is warned of', async () => {
  const base = await bases.open()
  const known = MIGRATIONS.length
  const later = (number: number, oldest: number) =>
    base.sql(`insert into $s.schema_migrations (number, name, oldest) values (${number}, 'later', ${oldest})`)
  await later(known + 1, known)
  const database = bases.url
  for (const migrate of [true, false]) {
    const store = await openPostgresStore({ database, schema: base.schema, migrate })
    assert.deepEqual(store.migrated, { from: known + 1, to: known + 1 })
    assert.equal(store.warnings.filter((text) => text.includes(`knows schema ${known}`)).length, 1)
    await new World(store, migrate ? 7 : 8).publish({})
    await store.close()
  }
  // One step that leaves this program unable to work is enough, also where a later one would not.
  await later(known + 2, known + 2)
  await refused({ schema: base.schema }, 'schema_newer', /nothing was changed/)
  await later(known + 3, known)
  await refused({ schema: base.schema }, 'schema_newer', /nothing was changed/)
})

test('a migration that meets others lets them go on, and takes its turn', async () => {
  const base = await bases.open()
  const note = () => undefined
  const pool = base.pool as unknown as PgPool
  const sessions = new Sessions({ pool, prepare: true, timeoutMs: 60_000, note })
  const both = (schema: string) =>
    ['pending', 'lanes'].map((table) => `alter table ${schema}.${table} add column note text`).join(';')
  const later = { number: MIGRATIONS.length + 1, name: 'later', oldest: 1, sql: both }
  let migrating: Promise<unknown> = Promise.resolve()
  // As a claim does: lanes first. The migration has `pending` by then, and waits for the other one.
  await base.holding(
    ['update $s.lanes set held_until = null', 'lock table $s.lanes in share mode'],
    async () => {
      migrating = migrate(sessions, base.schema, [...MIGRATIONS, later], true)
      for (let waits = 0; waits === 0; )
        waits = (
          await base.sql("select 1 from pg_locks where not granted and relation = '$s.lanes'::regclass")
        ).length
      // While the other one holds it.
      await base.sql('select 1 from $s.pending')
    },
  )
  assert.deepEqual(await migrating, { from: MIGRATIONS.length, to: MIGRATIONS.length + 1 })
})

test('processes that start at the same moment migrate once', async () => {
  for (const schema of ['together_1', 'together_2', 'together_3']) {
    const open = () => openPostgresStore({ database: bases.url, schema, connections: 4 })
    const stores = await Promise.all([open(), open(), open(), open()])
    assert.deepEqual(stores.map(({ migrated }) => migrated.from).sort(), [0, 1, 1, 1])
    await Promise.all(stores.map((store) => store.close()))
  }
})

test('a process that has looked before another one migrated looks again once it may', async () => {
  const other = new pg.Client({ connectionString: bases.url })
  await other.connect()
  await other.query('begin')
  await other.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK])
  const opening = openPostgresStore({ database: bases.url, schema: 'looked_before', connections: 4 })
  for (let waits = 0; waits === 0; ) {
    // Within a transaction, what sessions do is read once and kept.
    await other.query('select pg_stat_clear_snapshot()')
    waits = (await other.query("select 1 from pg_stat_activity where wait_event = 'advisory'")).rowCount ?? 0
  }
  const tables = MIGRATIONS.map((migration) => migration.sql('looked_before')).join('\n')
  await other.query(`create schema looked_before;
    create table looked_before.schema_migrations (number integer, name text);
    insert into looked_before.schema_migrations select n, 'by another' from generate_series(1, ${MIGRATIONS.length}) n;
    ${tables}`)
  await other.query('commit')
  await other.end()
  const store = await opening
  assert.deepEqual(store.migrated, { from: MIGRATIONS.length, to: MIGRATIONS.length })
  await store.close()
})

test("an application's pool keeps its own ways with types, and is not closed; a small one is refused", async () => {
  const types = { getTypeParser: () => () => 'of the application' }
  const pool = new pg.Pool({ connectionString: bases.url, max: 5, types })
  const store = await openPostgresStore({ database: pool as unknown as PgPool, schema: 'borrowed' })
  const world = new World(store, 1)
  const event = world.event()
  const key = await world.publish(event, world.delivery())
  assert.deepEqual(await store.events.get(world.tenantId, null, event.id), { ...event, key })
  await store.close()
  assert.deepEqual((await pool.query('select 1 as one')).rows, [{ one: 'of the application' }])
  await pool.end()
  const small = new pg.Pool({ connectionString: bases.url, max: 2 })
  await refused(
    { database: small as unknown as PgPool },
    'config_invalid',
    /at most 2 connections.*at least 4/,
  )
  await small.end()
})

test('without prepared statements everything works too, and none is kept', async () => {
  for (const prepare of [true, false]) {
    const pool = new pg.Pool({ connectionString: bases.url, max: 4 })
    const options = { database: pool as unknown as PgPool, schema: 'unprepared', prepare }
    const store = await openPostgresStore(options)
    const world = new World(store, prepare ? 1 : 2)
    await world.publish({}, world.delivery())
    assert.equal((await world.claim([{ targetId: world.targetId, limit: 1 }])).length, 1)
    const { rowCount } = await pool.query('select 1 from pg_prepared_statements')
    assert.equal((rowCount ?? 0) > 0, prepare)
    await pool.end()
  }
})

const GOOD = {
  ...{ number: 140_000, version: '14.0', encoding: 'UTF8', replica: false, read_only: 'off' },
  ...{ fsync: 'on', full_page_writes: 'on', synchronous_commit: 'on' },
}

for (const [what, change, words] of [
  ['an old server', { number: 130_011, version: '13.11' }, /PostgreSQL 13\.11.*needs 14/],
  ['a replica', { replica: true, read_only: 'on' }, /is a replica/],
] as const)
  test(`${what} is refused`, async () => {
    const answering = (settings: object): Query => ({
      rows: async <R>() => [settings] as R[],
      once: () => Promise.reject(new Error('not asked for')),
    })
    assert.deepEqual(await checkServer(answering(GOOD)), [])
    await assert.rejects(checkServer(answering({ ...GOOD, ...change })), (error: unknown) => {
      assert.ok(isPosthornError(error) && error.code === 'config_invalid', String(error))
      assert.match(error.message, words)
      return true
    })
  })
