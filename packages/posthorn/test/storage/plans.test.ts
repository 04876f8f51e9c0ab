/**
 * Cost must stay flat: every statement of the store is explained, and none may walk through a table that grows. A new
 * statement is seen here by itself, because all statements pass through `prepare`.
 */
import assert from 'node:assert/strict'
import type { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { SqliteCore } from '../../src/storage/sqlite/core.ts'
import { openDatabase } from '../../src/storage/sqlite/database.ts'
import { GatheredStore } from '../../src/storage/sqlite/gathered.ts'
import { migrate } from '../../src/storage/sqlite/migrate.ts'
import { MIGRATIONS } from '../../src/storage/sqlite/migrations/all.ts'
import { recover } from '../../src/storage/sqlite/recover.ts'
import { World } from '../../src/testing/store-conformance/world.ts'
import { useEverything } from './support/everything.ts'

interface Explained {
  readonly sql: string
  readonly plan: string[]
}

/** Notes every statement that is made on a connection. */
function watch(db: DatabaseSync): () => Explained[] {
  const texts = new Set<string>()
  const prepare = db.prepare.bind(db)
  db.prepare = (sql: string) => {
    texts.add(sql)
    return prepare(sql)
  }
  return () =>
    [...texts]
      .filter((sql) => /^\s*(select|insert|update|delete|with)\b/i.test(sql))
      .map((sql) => ({
        sql: sql.replaceAll(/\s+/g, ' ').trim(),
        plan: prepare(`explain query plan ${sql}`)
          .all()
          .map(({ detail }) => String(detail)),
      }))
}

/** Scans that are meant: along an index that holds only what waits or ended badly, or over few rows. */
const MEANT = [
  // what is being attempted now
  /^SCAN deliveries USING (COVERING )?INDEX deliveries_leased$/,
  // counts()
  /^SCAN deliveries USING COVERING INDEX deliveries_(waiting|ended_of_tenant)$/,
  // one row for each target, for each hour, for each record of configuration
  /^SCAN (lanes|(event|request)_hours|tenants|subscriptions|sources|event_types|api_keys|replays|bulks|alerts|facts)\b/,
  // results put together in memory, never more than a page or than there are targets
  /^SCAN (target|earliest|picked|newest|\(subquery-\d+\)|CONSTANT ROW|\d+ CONSTANT ROWS?)( |$)/,
]

test('no statement walks through a table that grows', async () => {
  const db = openDatabase(':memory:')
  const migrated = migrate(db, MIGRATIONS, true, 'memory')
  const explain = watch(db)
  const core = new SqliteCore(db, null, { migrated, checked: false, ...recover(db) })
  const world = new World(new GatheredStore(core, (run) => setImmediate(run)).store(), 1)
  await useEverything(world)
  const explained = explain()
  assert.ok(explained.length > 60, `only ${explained.length} statements were seen`)
  const walks = explained.flatMap(({ sql, plan }) =>
    plan
      .filter((line) => line.startsWith('SCAN ') && !MEANT.some((meant) => meant.test(line)))
      .map((line) => `${line}: ${sql}`),
  )
  assert.deepEqual(walks, [])
  const sorts = explained
    .filter(({ plan }) => plan.some((line) => line.includes('TEMP B-TREE')))
    .map(({ sql }) => sql)
    // One target's backlog, and the few that are being attempted, by id; the lanes at the start; the attempts of one
    // delivery; records of configuration.
    .filter((sql) => !/deliveries_leased|recursive target|join attempts a|^select seq, version/.test(sql))
  assert.deepEqual(sorts, [])
  assertIndexes(explained)
  await world.store.close()
})

/** What the hot and the frequent questions must be answered from. */
function assertIndexes(explained: readonly Explained[]): void {
  const USED: ReadonlyArray<readonly [sql: RegExp, plan: RegExp]> = [
    [
      /^select target_id, tenant_id, look_at from lanes where look_at/,
      /SEARCH lanes USING INDEX lanes_by_time \(look_at<\?\)/,
    ],
    [
      /^select min\(look_at\)/,
      /SEARCH lanes USING COVERING INDEX lanes_by_time|SEARCH lanes USING INDEX lanes_by_time/,
    ],
    [
      /from deliveries d indexed by deliveries_waiting join events/,
      /SEARCH d USING INDEX deliveries_waiting \(target_id=\? AND due_at<\?\)/,
    ],
    [
      /^update lanes set due_at = \( select min/,
      /SEARCH deliveries USING COVERING INDEX deliveries_waiting \(target_id=\?\)/,
    ],
    [
      /^select id, target_id, tenant_id, due_at from deliveries indexed by deliveries_leased/,
      /SEARCH deliveries USING INDEX deliveries_leased \(lease_until<\?\)/,
    ],
    [
      /^select tenant_id, target_id from deliveries where id = \?/,
      /SEARCH deliveries USING PRIMARY KEY \(id=\?\)/,
    ],
    [/^update deliveries set state = 'delivered'/, /SEARCH deliveries USING PRIMARY KEY \(id=\?\)/],
    [
      /^select .* from events where tenant_id = \? and source_id = \? and id = \?/,
      /SEARCH events USING INDEX events_identity \(tenant_id=\? AND source_id=\? AND id=\?\)/,
    ],
    [
      /from events indexed by events_of_tenant where tenant_id = \? and key < \? order/,
      /SEARCH events USING INDEX events_of_tenant \(tenant_id=\? AND rowid<\?\)/,
    ],
    [
      /deliveries_of_target where target_id = \? and \+tenant_id = \? and id < \?/,
      /SEARCH deliveries USING INDEX deliveries_of_target \(target_id=\? AND id>\? AND id<\?\)/,
    ],
    [
      /select id from deliveries indexed by deliveries_ended_of_tenant where tenant_id = \? and state = 'dead' order/,
      /SEARCH deliveries USING COVERING INDEX deliveries_ended_of_tenant \(tenant_id=\? AND state=\?\)/,
    ],
    [
      /^select id, target_id, last_error.* from deliveries indexed by deliveries_ended_of_tenant/,
      /SEARCH deliveries USING INDEX deliveries_ended_of_tenant \(tenant_id=\? AND state=\?\)/,
    ],
    [
      /^with newest as .* from attempts indexed by attempts_of_target/,
      /SEARCH attempts USING COVERING INDEX attempts_of_target \(tenant_id=\? AND target_id=\? AND started_at>\?\)/,
    ],
    [
      /^select count\(\*\) as attempts/,
      /SEARCH attempts USING COVERING INDEX attempts_of_target \(tenant_id=\? AND target_id=\? AND started_at>\? AND started_at<\?\)/,
    ],
    [
      /^select key, received_at, exists .* from events/,
      /SEARCH events USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/,
    ],
    [
      /^select key, received_at, exists .* from requests/,
      /SEARCH requests USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/,
    ],
    [
      /^select content_hash from remembered_ids/,
      /SEARCH remembered_ids USING PRIMARY KEY \(tenant_id=\? AND source_id=\? AND kind=\? AND id=\?\)/,
    ],
    [
      /^delete from remembered_ids where \(/,
      /SEARCH remembered_ids USING COVERING INDEX remembered_ids_until \(until<\?\)/,
    ],
    [
      /from requests r indexed by requests_of_source where r.source_id = \? and \+r.tenant_id = \? and r.id < \? order/,
      /SEARCH r USING INDEX requests_of_source \(source_id=\? AND id<\?\)/,
    ],
    [
      /requests_of_verdict where .* and r.verdict = \? and r.id < \?/,
      /SEARCH r USING INDEX requests_of_verdict \(source_id=\? AND verdict=\? AND id<\?\)/,
    ],
    [
      /^delete from requests where source_id/,
      /SEARCH requests USING (COVERING )?INDEX requests_of_verdict \(source_id=\? AND verdict=\?\)/,
    ],
  ]
  for (const [sql, wanted] of USED) {
    const matching = explained.filter((statement) => sql.test(statement.sql))
    assert.ok(matching.length > 0, `no statement is like ${sql}`)
    for (const { sql: text, plan } of matching)
      assert.ok(
        plan.some((line) => wanted.test(line)),
        `${text}\n  is answered by\n  ${plan.join('\n  ')}`,
      )
  }
}
