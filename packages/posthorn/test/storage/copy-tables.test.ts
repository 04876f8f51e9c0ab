/** Nothing is forgotten by a copy: each table and each column of both stores is copied, or said to be left on purpose. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { COPIED, NOT_COPIED } from '../../src/ports/copy.ts'
import { columnOf } from '../../src/storage/postgres/copy/tables.ts'
import { COPY_TABLES } from '../../src/storage/sqlite/copy-queries.ts'
import { Copies, filled } from './support/copying.ts'

const copies = new Copies()

/** Tables that carry a kind of row. */
const CARRIERS: Readonly<Record<string, ReadonlyArray<keyof typeof COPIED>>> = {
  tenants: ['tenants'],
  event_types: ['eventTypes'],
  sources: ['sources'],
  subscriptions: ['subscriptions'],
  api_keys: ['keys'],
  alert_rules: ['alertRules'],
  alerts: ['alerts'],
  bulks: ['bulks'],
  bulk_items: ['bulkItems'],
  minutes: ['minutes'],
  audit: ['audit'],
  replays: ['replays'],
  events: ['events'],
  event_ids: ['events', 'rememberedIds'],
  remembered_ids: ['rememberedIds', 'usedTokens'],
  used_tokens: ['usedTokens'],
  secret_uses: ['secretUses'],
  deliveries: ['deliveries'],
  pending: ['deliveries'],
  ended: ['deliveries'],
  attempts: ['attempts'],
  requests: ['requests'],
  lanes: ['postponedLanes'],
}

/** What follows from the rows that are copied, or is each store's own. */
const FOLLOWS: ReadonlySet<string> = new Set([
  ...['event_hours', 'request_hours', 'facts', 'lane_calls', 'schema_migrations'],
  // Keys and their order are each store's own; leases are nobody's.
  ...['seq', 'key', 'event_key', 'last_event_key', 'lease_token', 'lease_until', 'kind'],
  // Of a lane: what waits in it tells.
  ...['lanes.due_at', 'lanes.look_at'],
])

function forgotten(columns: ReadonlyArray<{ readonly table: string; readonly column: string }>): string[] {
  const left = new Set<string>()
  for (const { table, column } of columns) {
    if (FOLLOWS.has(table) || NOT_COPIED[table] !== undefined) continue
    const kinds = CARRIERS[table]
    const fields = kinds?.flatMap((kind) => Object.keys(COPIED[kind]).map(columnOf))
    if (fields === undefined) left.add(table)
    else if (!fields.includes(column) && !FOLLOWS.has(column) && !FOLLOWS.has(`${table}.${column}`))
      left.add(`${table}.${column}`)
  }
  return [...left]
}

test('every table and column of the embedded store is copied, or left on purpose', async () => {
  const folder = await filled(async () => {})
  const db = new DatabaseSync(join(folder, 'posthorn.db'), { readOnly: true })
  const rows = db
    .prepare(`select m.name as "table", c.name as "column" from sqlite_schema m, pragma_table_xinfo(m.name) c
      where m.type = 'table' and m.name not like 'sqlite!_%' escape '!'`)
    .all() as Array<{ table: string; column: string }>
  db.close()
  assert.ok(rows.length > 100)
  assert.deepEqual(forgotten(rows), [])
  assert.deepEqual(forgotten([...rows, { table: 'new', column: 'a' }, { table: 'audit', column: 'b' }]), [
    'new',
    'audit.b',
  ])
  // Otherwise they would be told to be the application's.
  for (const { table } of rows) assert.ok(COPY_TABLES.has(table), table)
})

test('every table and column of the PostgreSQL is filled by a copy, or left on purpose', async () => {
  const schema = copies.newSchema()
  await copies.opened(schema)
  const rows = await copies.rows<{ table: string; column: string }>(
    `select c.relname as "table", a.attname as "column" from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = '${schema}'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition`,
  )
  assert.ok(rows.length > 100)
  assert.deepEqual(forgotten(rows), [])
})
