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
import { Inbound } from '../../src/testing/store-conformance/inbound.ts'
import { DELIVERED, NOW, World } from '../../src/testing/store-conformance/world.ts'

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

/** Every method once, lists with each kind of filter. */
async function useEverything(world: World): Promise<void> {
  const { store, tenantId, targetId } = world
  const leased = world.leased()
  const eventKey = await world.publish({}, leased, world.delivery())
  await store.events.insert([world.newEvent({ id: 'twice' }), world.newEvent({ id: 'twice' })])
  await store.events.get(tenantId, null, 'twice')
  for (const eventType of [null, 'user.created', 'user.*'])
    for (const time of [null, NOW])
      for (const before of [null, 99])
        await store.events.list(world.eventQuery({ eventType, since: time, until: time, before }))
  await store.events.list(world.eventQuery({ sourceId: null }))
  await store.deliveries.add(eventKey, tenantId, [world.delivery()])
  for (const state of [null, 'pending', 'delivered', 'dead', 'cancelled'] as const)
    for (const target of [null, targetId])
      for (const event of [null, eventKey])
        for (const time of [null, NOW])
          await store.deliveries.list(
            world.deliveryQuery({
              state,
              targetId: target,
              eventKey: event,
              since: time,
              until: time,
              before: time === null ? null : world.id('dlv'),
              eventType: time === null ? null : 'user.*',
            }),
          )
  await store.deliveries.attempts(tenantId, leased.id)
  await store.deliveries.stats({ tenantId, targetId, since: 0, until: NOW })
  await store.lanes.due(NOW, 10)
  await store.lanes.claim({ now: NOW, lanes: [{ targetId, limit: 1 }], leaseToken: 'a', leaseUntil: NOW })
  await store.lanes.postpone([{ targetId, until: null }])
  await store.lanes.resume(targetId)
  await store.lanes.nextDueAt()
  await store.deliveries.finish([world.finish(leased, DELIVERED)])
  await store.lanes.expireLeases(NOW, 10)
  const id = leased.id
  const revived = { to: 'revived', dueAt: NOW } as const
  await store.deliveries.change({ tenantId, id, from: ['delivered'], transition: revived, now: NOW })
  await store.lanes.cancelWaiting(tenantId, targetId, NOW, 10)
  await store.replays.running()
  const replay = { id: 'rpl_1', tenantId, subscriptionId: 'sub_1', since: 0, until: NOW * 2, cursor: 0 }
  const whole = {
    ...replay,
    states: null,
    eventTypes: null,
    state: 'running',
    created: 0,
    scanned: 0,
  } as const
  const running = { ...whole, createdAt: NOW, finishedAt: null } as Parameters<typeof store.replays.scan>[0]
  await store.replays.insert(running)
  await store.replays.scan(running, 10)
  await store.replays.advance({ ...running, cursor: eventKey }, 0, [{ eventKey, delivery: world.delivery() }])
  for (const tenant of [null, tenantId]) {
    await store.tenants.get(tenant, 'ten_1')
    await store.tenants.getByName(tenant, 'a')
    await store.tenants.list({ tenantId: tenant, before: null, limit: 10 })
    await store.tenants.delete(tenant, 'ten_1')
  }
  await useInbound(new Inbound(world))
  await store.upkeep.ping()
  await store.upkeep.counts()
  await store.upkeep.prune({ before: NOW + 1, now: NOW, limit: 10 })
  await store.upkeep.prune({ before: NOW * 2, now: NOW * 2, limit: 10 })
}

async function useInbound(inbound: Inbound): Promise<void> {
  const { store } = inbound.world
  for (const onDuplicate of ['skip', 'deliver'] as const) {
    const items = [inbound.event('one'), inbound.event('two')]
    const { id } = await inbound.receive(items, { onceToken: onDuplicate, onDuplicate })
    await inbound.get(id)
  }
  await store.upkeep.prune({ before: NOW + 1, now: NOW, limit: 10 })
  await inbound.receive([inbound.event('one')], { onDuplicate: 'deliver' })
  await store.requests.note([inbound.request({ verdict: 'refused' })], 1)
  for (const verdict of [undefined, 'accepted', 'refused', 'handshake'] as const)
    for (const before of [undefined, inbound.world.id('req')])
      await inbound.listed({ ...(verdict && { verdict }), ...(before && { before }) })
  for (const tenantId of [null, inbound.tenantId]) {
    await store.sources.get(tenantId, inbound.sourceId)
    await store.sources.getByName(tenantId, 'shop')
    await store.sources.list({ tenantId, before: null, limit: 10 })
  }
}

/** Scans that are meant: along an index that holds only what waits or ended badly, or over few rows. */
const MEANT = [
  // what is being attempted now
  /^SCAN deliveries USING (COVERING )?INDEX deliveries_leased$/,
  // counts()
  /^SCAN deliveries USING COVERING INDEX deliveries_(waiting|ended_of_tenant)$/,
  // one row for each target, for each hour, for each record of configuration
  /^SCAN (lanes|(event|request)_hours|tenants|subscriptions|sources|event_types|api_keys|replays|facts)\b/,
  // results put together in memory, never more than a page or than there are targets
  /^SCAN (target|earliest|picked|\(subquery-\d+\)|CONSTANT ROW|\d+ CONSTANT ROWS?)( |$)/,
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
      /^select target_id, tenant_id from lanes where look_at/,
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
      /deliveries_ended_of_tenant where tenant_id = \? and state = 'dead' order/,
      /SEARCH deliveries USING COVERING INDEX deliveries_ended_of_tenant \(tenant_id=\? AND state=\?\)/,
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
