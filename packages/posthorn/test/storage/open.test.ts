import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { type ErrorCode, isPosthornError } from '../../src/domain/error.ts'
import { openDatabase } from '../../src/storage/sqlite/database.ts'
import { migrate, schemaNumber } from '../../src/storage/sqlite/migrate.ts'
import { MIGRATIONS } from '../../src/storage/sqlite/migrations/all.ts'
import { NOW, World } from '../../src/testing/store-conformance/world.ts'
import { newFolder, openAt } from './support/folder.ts'

const LATEST = MIGRATIONS.length

function refused(code: ErrorCode, words: RegExp) {
  return (error: unknown) => {
    assert.ok(isPosthornError(error), String(error))
    assert.equal(error.code, code)
    assert.match(error.message, words)
    return true
  }
}

function changeFile(folder: string, sql: string): void {
  const db = new DatabaseSync(join(folder, 'posthorn.db'))
  db.exec(sql)
  db.close()
}

async function made(): Promise<string> {
  const folder = newFolder()
  await (await openAt(folder)).close()
  return folder
}

test('a new folder is made for its owner alone, deep if need be', async () => {
  const folder = join(newFolder(), 'a', 'b')
  const store = await openAt(folder)
  await store.upkeep.ping()
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  for (const file of ['posthorn.db', 'posthorn.db-wal', 'posthorn.lock', 'posthorn.holder'])
    assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file)
  await store.close()
})

test('the first start says what it did, the second that nothing was to do', async () => {
  const folder = newFolder()
  const nothing = { checked: false, unclean: false, leasesReleased: 0, lanesRepaired: 0, lanesPostponed: 0 }
  const first = await openAt(folder)
  assert.deepEqual(first.report, { ...nothing, migrated: { from: 0, to: LATEST } })
  await first.close()
  const second = await openAt(folder, { thread: true })
  assert.deepEqual(second.report, { ...nothing, migrated: { from: LATEST, to: LATEST } })
  await second.close()
})

test('commits are fsynced: the journal is a WAL, synchronous is FULL', () => {
  const db = openDatabase(newFolder())
  assert.equal(db.prepare('pragma journal_mode').get()?.journal_mode, 'wal')
  // 2 is FULL (https://sqlite.org/pragma.html#pragma_synchronous)
  assert.equal(db.prepare('pragma synchronous').get()?.synchronous, 2)
  db.close()
})

test('a folder that cannot be made is a configuration error that names it', async () => {
  const file = join(newFolder(), 'file')
  writeFileSync(file, '')
  await assert.rejects(openAt(join(file, 'data')), refused('config_invalid', /file\/data cannot be made/))
})

test('a data folder that is a file is refused', async () => {
  const file = join(newFolder(), 'file')
  writeFileSync(file, '')
  await assert.rejects(openAt(file), refused('config_invalid', /is not a folder/))
})

test('a database of a newer Posthorn is refused with both numbers, and not changed', async () => {
  const folder = await made()
  changeFile(folder, 'pragma user_version = 99')
  const before = readFileSync(join(folder, 'posthorn.db'))
  await assert.rejects(openAt(folder), refused('schema_newer', new RegExp(`schema 99.* schema ${LATEST}`)))
  await assert.rejects(openAt(folder, { thread: true }), refused('schema_newer', /schema 99/))
  assert.deepEqual(readFileSync(join(folder, 'posthorn.db')), before)
})

test('a newer database that says older programs may work with it lets them in', async () => {
  const folder = await made()
  const later = (number: number, oldest: number) =>
    changeFile(
      folder,
      `insert into schema_migrations values (${number}, 'later', ${oldest}); pragma user_version = ${number}`,
    )
  later(LATEST + 1, LATEST)
  for (const thread of [false, true]) {
    const store = await openAt(folder, { thread })
    assert.deepEqual(store.report.migrated, { from: LATEST + 1, to: LATEST + 1 })
    await new World(store, thread ? 7 : 8).publish({})
    await store.close()
  }
  // One step that leaves this program unable to work is enough, also where a later one would not.
  later(LATEST + 2, LATEST + 2)
  await assert.rejects(openAt(folder), refused('schema_newer', /nothing was changed/))
  later(LATEST + 3, LATEST)
  await assert.rejects(openAt(folder), refused('schema_newer', /nothing was changed/))
})

test('without leave to migrate, a new or older database is refused and says what to run', async () => {
  await assert.rejects(
    openAt(newFolder(), { migrate: false }),
    refused('schema_outdated', /posthorn migrate/),
  )
  const folder = await made()
  const store = await openAt(folder, { migrate: false })
  await store.close()
})

test('a migration that fails leaves the schema as it was', () => {
  const db = new DatabaseSync(':memory:')
  const good = { number: 1, name: 'good', oldest: 1, sql: 'create table a (x)' }
  const bad = { number: 2, name: 'bad', oldest: 2, sql: 'create table b (x); create table a (x)' }
  assert.throws(() => migrate(db, [good, bad], true, 'here'), /already exists/)
  assert.equal(schemaNumber(db), 1)
  const names = db.prepare("select name from sqlite_schema where type = 'table' order by name").all()
  assert.deepEqual(
    names.map(({ name }) => name),
    ['a', 'schema_migrations'],
  )
  assert.deepEqual(
    { ...db.prepare('select * from schema_migrations').get() },
    {
      number: 1,
      name: 'good',
      oldest: 1,
    },
  )
  const better = { ...bad, sql: 'create table b (x)' }
  assert.deepEqual(migrate(db, [good, better], true, 'here'), { from: 1, to: 2 })
})

test('migrations are numbered from 1 without a gap', () => {
  assert.deepEqual(
    MIGRATIONS.map(({ number }) => number),
    MIGRATIONS.map((_, index) => index + 1),
  )
  for (const { number, oldest } of MIGRATIONS)
    assert.ok(oldest > 0 && oldest <= number, `migration ${number}`)
})

test("another program's database is refused, and not changed", async () => {
  const folder = newFolder()
  changeFile(folder, 'create table notes (text)')
  await assert.rejects(openAt(folder), refused('store_damaged', /of another program/))
  const db = new DatabaseSync(join(folder, 'posthorn.db'))
  assert.equal(db.prepare('pragma application_id').get()?.application_id, 0)
  assert.equal(db.prepare('select count(*) as n from sqlite_schema').get()?.n, 1)
  db.close()
})

test('a file that is no database is refused', async () => {
  for (const thread of [false, true]) {
    const folder = newFolder()
    writeFileSync(join(folder, 'posthorn.db'), 'x'.repeat(10_000))
    await assert.rejects(openAt(folder, { thread }), refused('store_damaged', /SQLITE_NOTADB/))
  }
})

test('a folder in the place of the database is refused', async () => {
  const folder = newFolder()
  mkdirSync(join(folder, 'posthorn.db'))
  await assert.rejects(openAt(folder), refused('store_unavailable', /posthorn\.db/))
})

test('damage is found after an unclean end', async () => {
  const folder = await made()
  changeFile(folder, "update facts set value = 1 where name = 'open'")
  const path = join(folder, 'posthorn.db')
  const bytes = readFileSync(path)
  // The last pages: roots of indexes that nothing has written since.
  bytes.fill(0x5a, bytes.length - 3 * 4096)
  writeFileSync(path, bytes)
  await assert.rejects(openAt(folder), refused('store_damaged', /damaged/))
})

test('leases of a run that was cut off are given up, and their deliveries are due', async () => {
  const folder = newFolder()
  const world = new World(await openAt(folder), 1)
  await world.publish(
    {},
    world.leased({ dueAt: NOW - 5 }),
    world.leased(),
    world.delivery({ dueAt: NOW + 9 }),
  )
  await world.store.close()
  const store = await openAt(folder)
  assert.equal(store.report.leasesReleased, 2)
  assert.equal(store.report.lanesRepaired, 0)
  assert.equal(await store.lanes.nextDueAt(), NOW - 5)
  await store.close()
})

test('lanes that do not fit what waits are repaired and counted; postponed ones are counted', async () => {
  const folder = newFolder()
  const world = new World(await openAt(folder), 1)
  const [late, missing, right] = [world.id('sub'), world.id('sub'), world.id('sub')]
  for (const targetId of [late, missing, right])
    await world.publish(
      {},
      world.delivery({ targetId, dueAt: NOW }),
      world.delivery({ targetId, dueAt: NOW + 5 }),
    )
  await world.store.lanes.postpone([{ targetId: right, until: NOW + 100 }])
  await world.store.close()
  changeFile(
    folder,
    `update lanes set due_at = ${NOW + 1} where target_id = '${late}';
     delete from lanes where target_id = '${missing}'`,
  )
  const store = await openAt(folder)
  assert.equal(store.report.lanesRepaired, 2)
  assert.equal(store.report.lanesPostponed, 1)
  const due = await store.lanes.due(NOW, 10)
  assert.deepEqual(due.map(({ targetId }) => targetId).toSorted(), [late, missing].toSorted())
  assert.deepEqual(new Set(due.map(({ tenantId }) => tenantId)), new Set([world.tenantId]))
  await store.close()
})

test('a store in memory needs no folder and holds no lock', async () => {
  const [one, two] = [await openAt(':memory:'), await openAt(':memory:')]
  await one.upkeep.ping()
  await two.upkeep.ping()
  await one.close()
  await two.close()
})
