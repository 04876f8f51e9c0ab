/** What the application's SQL may do beside our tables, and what it may not. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { isPosthornError } from '../../src/domain/error.ts'
import type { SqlParams, SqlValue } from '../../src/ports/transactions.ts'
import { newFolder } from './support/folder.ts'
import { Shop } from './support/shop.ts'

function failed(code: string, words: RegExp) {
  return (error: unknown) => {
    assert.ok(isPosthornError(error), String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, words)
    return true
  }
}

const OURS =
  /^EVENTS is|^(events|deliveries|lanes|attempts|facts|sources|schema_migrations|requests) is Posthorn's own/

const REFUSED: ReadonlyArray<readonly [sql: string, words: RegExp]> = [
  ["insert into events (id) values ('x')", OURS],
  ["insert into main.EVENTS (id) values ('x')", OURS],
  ["replace into facts values ('open', 0)", OURS],
  ["update deliveries set state = 'delivered'", OURS],
  ['delete from attempts', OURS],
  ['with old as (select id from requests) delete from requests where id in old', OURS],
  ['insert into schema_migrations values (9, 9)', OURS],
  ["insert into lanes (target_id) values ('x') on conflict do update set due_at = 1 returning *", OURS],
  ['drop table events', OURS],
  ['alter table events rename to mine', OURS],
  ['alter table sources add column mine', OURS],
  ['create index mine on events (trace)', OURS],
  ['drop index events_of_tenant', OURS],
  ['create trigger mine after insert on events begin delete from orders; end', OURS],
  ['create table if not exists Events (id)', /^Events is Posthorn's own/],
  ['create table posthorn_orders (id)', /names that begin with posthorn_/],
  ['create view Posthorn_x as select 1', /names that begin with posthorn_/],
  ['explain delete from events', OURS],
  ['begin', /begins and ends with the function/],
  ['commit', /begins and ends with the function/],
  ['end transaction', /begins and ends with the function/],
  ['rollback', /begins and ends with the function/],
  ['/* */ -- x\n commit', /begins and ends with the function/],
  ["attach ':memory:' as other", /may not be attached/],
  ['detach main', /may not be detached/],
  ['pragma user_version = 7', /pragma user_version/],
  ['pragma synchronous = off', /pragma synchronous/],
  ['pragma writable_schema = on', /pragma writable_schema/],
  ['pragma foreign_keys', /pragma foreign_keys/],
  ['analyze', /ANALYZE|sqlite_stat1/],
  ['reindex events_of_tenant', /events_of_tenant is Posthorn's own/],
  ['create temp table events (id)', /Temporary/],
  ['create temp view events as select 1', /Temporary/],
  ['create temp trigger mine after insert on events begin delete from orders; end', /Temporary/],
  ["update sqlite_sequence set seq = 0 where name = 'events'", /sqlite_sequence/],
  ['delete from sqlite_sequence', /sqlite_sequence/],
]

const FAILED: ReadonlyArray<readonly [sql: string, words: RegExp]> = [
  ['select 1; delete from orders', /One statement a call.*delete from orders/],
  ['select 1\0; delete from orders', /One statement a call/],
  ["insert into orders (id) values ('x'); -- and\n drop table orders", /One statement a call/],
  ['', /contains no statements/],
  ['vacuum', /VACUUM from within a transaction/],
  ["insert into sqlite_schema values ('table', 'x', 'x', 0, 'x')", /may not be modified/],
  ["select load_extension('x')", /not authorized/],
  ['select * from nowhere', /no such table: nowhere/],
]

test('SQL that would touch our tables, transactions or connection is refused, and nothing has happened', async () => {
  const folder = newFolder()
  const shop = await Shop.open({ thread: false, folder })
  const delivery = await shop.leased()
  const before = dump(folder)
  await shop.transaction(async (tx) => {
    for (const [sql, words] of REFUSED) await assert.rejects(tx.run(sql), failed('sql_refused', words), sql)
    for (const [sql, words] of FAILED) await assert.rejects(tx.run(sql), failed('sql_failed', words), sql)
  })
  assert.deepEqual(dump(folder), before)
  assert.equal(await shop.stateOf(delivery), 'pending')
  await shop.close()
})

test('a trigger of the application cannot write to our tables, even through a view', async () => {
  const shop = await Shop.open({ thread: false })
  await shop.transaction(async (tx) => {
    await tx.run('create view all_events as select id from events')
    await tx.run('create trigger one instead of insert on all_events begin delete from events; end')
    await tx.run('create trigger two after insert on orders begin delete from deliveries; end')
    for (const sql of ["insert into all_events values ('a')", "insert into orders (id) values ('a')"])
      await assert.rejects(tx.run(sql), failed('sql_refused', OURS), sql)
  })
  await shop.close()
})

test('own tables of every kind can be made, changed and dropped, and ours be read', async () => {
  const shop = await Shop.open({ thread: true })
  await shop.world.publish({ id: 'there' })
  await shop.transaction(async (tx) => {
    for (const sql of OWN_TABLES) await tx.run(sql)
    assert.deepEqual(await tx.all('select id from event_ids'), [{ id: 'there' }])
    assert.deepEqual(await tx.get('select name from renamed'), { name: 'a' })
    assert.deepEqual(await tx.all("select text from texts where texts match 'horn'"), [{ text: 'the horn' }])
    assert.deepEqual(await tx.all("select name from pragma_table_info('renamed')"), [
      { name: 'key' },
      { name: 'name' },
    ])
    await tx.run('drop table texts')
    await tx.run('drop table renamed')
    assert.equal(await tx.get("select 1 from sqlite_schema where name = 'renamed'"), undefined)
  })
  // Our own statements are compiled anew after each change of the schema, and still work.
  await shop.world.publish({ id: 'after' })
  assert.ok(await shop.world.store.events.get(shop.world.tenantId, null, 'after'))
  await shop.close()
})

const OWN_TABLES = [
  'create table if not exists mine (key integer primary key autoincrement, name text unique)',
  'create table if not exists mine (key integer primary key autoincrement, name text unique)',
  "insert into mine (name) values ('a') on conflict do nothing",
  'create index mine_by_name on mine (name)',
  'alter table mine rename to renamed',
  'alter table renamed add column more',
  'alter table renamed drop column more',
  'reindex mine_by_name',
  'drop index mine_by_name',
  'create view event_ids as select id from events',
  'create trigger noted after insert on orders begin insert into renamed (name) values (new.id); end',
  'create virtual table texts using fts5 (text)',
  "insert into texts values ('the horn')",
  'savepoint part',
  "insert into renamed (name) values ('b')",
  'rollback to part',
  'release part',
  'with recursive n (i) as (select 1 union all select i + 1 from n where i < 3) insert into orders (id) select i from n',
  "delete from renamed where name <> 'a'",
]

for (const thread of [false, true])
  test(`values go in and come back as they were (thread: ${thread})`, async () => {
    const shop = await Shop.open({ thread })
    const bytes = new Uint8Array([9, 1, 0, 255, 9])
    const values: ReadonlyArray<readonly [SqlValue, SqlValue]> = [
      [null, null],
      [0, 0],
      [-1.5, -1.5],
      [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
      [12n, 12],
      [2n ** 62n, 2n ** 62n],
      [-(2n ** 63n), -(2n ** 63n)],
      ['', ''],
      ['a\0b 👩‍👩‍👧', 'a\0b 👩‍👩‍👧'],
      [bytes, bytes],
      [bytes.subarray(1, 4), new Uint8Array([1, 0, 255])],
      [new Uint8Array(0), new Uint8Array(0)],
    ]
    await shop.transaction(async (tx) => {
      await tx.run('create table anything (value any) strict')
      for (const [value, expected] of values) {
        const sent: SqlParams[] = [[value, 7], { value, ':seven': 7 }]
        for (const params of sent) {
          const sql = Array.isArray(params)
            ? 'insert into anything select ? where ? = 7'
            : 'insert into anything select :value where :seven = 7'
          const { changes, lastInsertRowid } = await tx.run(sql, params)
          assert.equal(changes, 1)
          const row = await tx.get('select value from anything where rowid = ?', [lastInsertRowid])
          assert.deepEqual(row, { value: expected })
        }
      }
      assert.equal((await tx.all('select * from anything')).length, 2 * values.length)
      assert.deepEqual(await tx.run('delete from anything where value = ?', ['']), {
        changes: 2,
        lastInsertRowid: 24,
      })
      assert.equal(await tx.get('select 1 from anything where 1 = 0'), undefined)
    })
    await shop.close()
  })

test('a parameter that cannot be stored is refused by name, not turned into something else', async () => {
  const shop = await Shop.open({ thread: true })
  const odd: ReadonlyArray<readonly [params: unknown, words: RegExp]> = [
    [['a', true], /Parameter 2 is of type boolean/],
    [['a', undefined], /Parameter 2 is of type undefined/],
    [{ id: new Date(0) }, /Parameter id is of type Date/],
    [{ id: { a: 1 } }, /Parameter id is of type Object/],
    [[() => 1], /Parameter 1 is of type function/],
    ['a', /an array, or an object/],
    [new Uint8Array(1), /an array, or an object/],
    [['a', 'b', 'c'], /column index out of range/],
    [{ nobody: 1 }, /nobody/],
  ]
  await shop.transaction(async (tx) => {
    for (const [params, words] of odd) {
      const run = tx.run('insert into orders (id, note) values (?, ?)', params as SqlParams)
      await assert.rejects(run, failed('sql_failed', words))
    }
  })
  assert.deepEqual(await shop.orders(), [])
  await shop.close()
})

/** The schema and what is in some of our tables, by another connection. */
function dump(folder: string): unknown[] {
  const db = new DatabaseSync(join(folder, 'posthorn.db'), { readOnly: true })
  const tables = [
    'sqlite_schema',
    'sqlite_sequence',
    'events',
    'deliveries',
    'facts',
    'schema_migrations',
    'orders',
  ]
  const rows = tables.map((table) => db.prepare(`select * from ${table}`).all())
  const version = db.prepare('pragma user_version').get()
  db.close()
  return [...rows, version]
}
