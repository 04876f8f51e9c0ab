// What processes on one PostgreSQL know of each other, against a real server.
import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import pg from 'pg'
import { findPostgres, HASTY } from '../../../../test/servers/postgres.ts'
import type { Server } from '../../../../test/servers/server.ts'
import type { NewDelivery } from '../../src/domain/delivery.ts'
import type { TenantId } from '../../src/domain/ids.ts'
import type { Tenant } from '../../src/domain/records.ts'
import type { Subscription } from '../../src/domain/subscription.ts'
import type { NewEvent } from '../../src/ports/insert.ts'
import type { ChangedRecord, PeerStore, ProcessInfo, Pulse } from '../../src/ports/peers.ts'
import type { Signal, Signals } from '../../src/ports/signals.ts'
import { openPostgresStore, type PostgresStore } from '../../src/storage/postgres/open.ts'
import { PeerTable } from '../../src/storage/postgres/peers.ts'
import type { Sessions } from '../../src/storage/postgres/session.ts'
import { systemClock, wakefulClock } from '../../src/system/clock.ts'
import { SUBSCRIPTION } from '../api/support/fake-use-cases.ts'

let server: Server
let made = 0

before(
  async () => {
    server = await findPostgres(process.env, HASTY)
  },
  { timeout: 240_000 },
)
after(() => server.stop())

const SELF: ProcessInfo = { id: 'one', name: 'host:1', role: 'api', version: '1', startedAt: 5 }
const OTHER: ProcessInfo = { ...SELF, id: 'two', role: 'worker' }

function tenant(id: string): Tenant {
  return { id: `ten_${id}`, slug: id, name: id, createdAt: 1 }
}

/** Two stores on one schema, as two processes have them. */
async function open(
  t: TestContext,
): Promise<{ schema: string; stores: [PostgresStore, PostgresStore]; sql: pg.Client }> {
  const schema = `peers_${process.pid}_${++made}`
  const options = { database: server.url, schema, connections: 4, clock: systemClock }
  const stores: [PostgresStore, PostgresStore] = [
    await openPostgresStore(options),
    await openPostgresStore(options),
  ]
  const sql = new pg.Client({ connectionString: server.url })
  await sql.connect()
  t.after(async () => {
    for (const store of stores) await store.close()
    await sql.query(`drop schema ${schema} cascade`)
    await sql.end()
  })
  return { schema, stores, sql }
}

function ofTenant(tenantId: TenantId | null): ChangedRecord {
  return { tenantId, subscriptionId: null }
}

function named({ tenantId, subscriptionId }: ChangedRecord): string {
  return `${tenantId ?? 'none'}${subscriptionId === null ? '' : ` ${subscriptionId}`}`
}

function peersOf({ peers }: PostgresStore): PeerStore {
  return peers ?? assert.fail()
}

function who({ processes }: Pulse): ProcessInfo[] {
  return processes.map(({ seenAt: _, ...process }) => process)
}

test('a pulse tells who lives and what time it is', async (t) => {
  const { schema, stores, sql } = await open(t)
  const [a, b] = stores.map(peersOf) as [PeerStore, PeerStore]
  const before = systemClock.now()
  const first = await a.pulse(SELF, null)
  assert.ok(first.now >= before - 5 && first.now <= systemClock.now() + 5, 'one machine, one clock')
  assert.deepEqual(first.processes, [{ ...SELF, seenAt: first.now }])
  assert.deepEqual(who(await b.pulse(OTHER, null)), [OTHER, SELF])
  // Eleven seconds ago.
  await sql.query(`update ${schema}.processes set seen_at = seen_at - 11000 where id = 'one'`)
  assert.deepEqual(who(await b.pulse(OTHER, null)), [OTHER])
  assert.deepEqual(who(await a.pulse(SELF, first.cursor)), [SELF, OTHER])
  await b.leave(OTHER.id)
  assert.deepEqual(who(await a.pulse(SELF, first.cursor)), [SELF])
})

test('a pulse tells of every change of configuration since the last one, once, whoever made it', async (t) => {
  const { stores } = await open(t)
  const [store, other] = stores
  const peers = peersOf(store)
  let { cursor, changed } = await peers.pulse(SELF, null)
  assert.deepEqual(changed, [])
  const changes = async () => {
    const pulse = await peers.pulse(SELF, cursor)
    cursor = pulse.cursor
    return pulse.changed === 'any' ? 'any' : pulse.changed.map(named).sort()
  }
  assert.deepEqual(await changes(), [])
  await other.tenants.insert(tenant('a'))
  await other.tenants.insert(tenant('b'))
  assert.deepEqual(await changes(), ['ten_a', 'ten_b'])
  assert.deepEqual(await changes(), [])
  assert.equal(await store.tenants.insert(tenant('a')), false)
  assert.deepEqual(await changes(), [], 'nothing was written')
  await store.tenants.update({ ...tenant('a'), name: 'A' }, 1)
  assert.deepEqual(await changes(), ['ten_a'])
  await other.tenants.delete(null, 'ten_b')
  assert.deepEqual(await changes(), ['ten_b'])
  const one: Subscription = { ...SUBSCRIPTION, id: 'sub_1', tenantId: 'ten_a' }
  await other.subscriptions.insert(one)
  assert.deepEqual(await changes(), ['ten_a sub_1'])
  await store.subscriptions.update({ ...one, name: 'two' }, 1)
  await other.subscriptions.insert({ ...one, id: 'sub_2' })
  assert.deepEqual(await changes(), ['ten_a sub_1', 'ten_a sub_2'])
  await other.subscriptions.delete('ten_a', 'sub_1')
  assert.deepEqual(await changes(), ['ten_a sub_1'])
  const key = { id: 'key_1', tenantId: null, name: 'k', scope: 'admin', hash: 'h', hint: 'x' } as const
  await other.keys.insert({ ...key, createdAt: 1, revokedAt: null })
  assert.deepEqual(await changes(), ['none'])
})

test('a change that is committed late, after others, is told too', async (t) => {
  const { schema, stores, sql } = await open(t)
  const [store, other] = stores
  const peers = peersOf(store)
  const { cursor } = await peers.pulse(SELF, null)
  await sql.query('begin')
  await sql.query(
    `insert into ${schema}.config_changes values ('ten_late', '', pg_current_xact_id()::text::bigint, 1)`,
  )
  await other.tenants.insert(tenant('early'))
  const meanwhile = await peers.pulse(SELF, cursor)
  assert.deepEqual(meanwhile.changed, [ofTenant('ten_early')])
  // While the other one is open the cursor stays before it, and yet nothing is told twice.
  const again = await peers.pulse(SELF, meanwhile.cursor)
  assert.deepEqual(again.changed, [])
  await sql.query('commit')
  assert.deepEqual((await peers.pulse(SELF, again.cursor)).changed, [ofTenant('ten_late')])
})

test('old notes of changes go when a process starts', async (t) => {
  const { schema, stores, sql } = await open(t)
  const [a, b] = stores.map(peersOf) as [PeerStore, PeerStore]
  for (const id of ['old', 'new']) await stores[0].tenants.insert(tenant(id))
  await sql.query(
    `update ${schema}.config_changes set noted_at = noted_at - 7200000 where tenant_id = 'ten_old'`,
  )
  const { cursor } = await a.pulse(SELF, null)
  assert.deepEqual((await a.pulse(SELF, cursor)).changed, [])
  await b.pulse(OTHER, null)
  const { rows } = await sql.query(`select tenant_id from ${schema}.config_changes`)
  assert.deepEqual(rows, [{ tenant_id: 'ten_new' }])
})

test('who has slept for so long that notes may be gone is told that anything may have changed', async () => {
  let time = 1_000_000
  const row = () => ({ time, cursor: '5', others: [], changes: [] })
  const sessions = { rows: async () => [row()] } as unknown as Sessions
  const peers = new PeerTable(sessions, 's')
  await peers.pulse(SELF, null)
  time += 1_800_000
  assert.deepEqual((await peers.pulse(SELF, '5')).changed, [])
  time += 1_800_001
  assert.equal((await peers.pulse(SELF, '5')).changed, 'any')
  time += 2_000
  assert.deepEqual((await peers.pulse(SELF, '5')).changed, [])
})

test('numbers that go back mean another server: everything may have changed', async (t) => {
  const { stores } = await open(t)
  const peers = peersOf(stores[0])
  const { cursor } = await peers.pulse(SELF, null)
  assert.equal((await peers.pulse(SELF, String(Number(cursor) + 1_000_000))).changed, 'any')
})

test('a fact is what the first one said', async (t) => {
  const { stores } = await open(t)
  const [a, b] = stores.map(peersOf) as [PeerStore, PeerStore]
  const said = await Promise.all([a.fact('key', 'one'), b.fact('key', 'two')])
  assert.equal(said[0], said[1])
  assert.equal(await a.fact('key', 'three'), said[0])
})

/** Listens, and gives what is heard one by one. */
async function listener({ signals }: PostgresStore) {
  const own: Signals = signals ?? assert.fail()
  const heard: Signal[] = []
  let told = () => {}
  await own.start((signal) => {
    heard.push(signal)
    told()
  })
  const next = async (kind: Signal['kind']): Promise<Signal> => {
    const late = Promise.withResolvers<never>()
    const timer = wakefulClock.after(10_000, () => late.reject(new Error(`no ${kind} was heard`)))
    try {
      for (;;) {
        const index = heard.findIndex((signal) => signal.kind === kind)
        if (index >= 0) return heard.splice(index, 1)[0] as Signal
        await Promise.race([new Promise<void>((resolve) => (told = resolve)), late.promise])
      }
    } finally {
      timer.cancel()
    }
  }
  return { own, heard, next }
}

test('signals reach the other processes, not the one that spoke, nor another schema', async (t) => {
  const { stores } = await open(t)
  const elsewhere = await listener((await open(t)).stores[0])
  const [a, b] = [await listener(stores[0]), await listener(stores[1])]
  a.own.due()
  assert.deepEqual(await b.next('due'), { kind: 'due' })
  a.own.changed('ten_1', null)
  a.own.changed('ten_1', 'sub_1')
  a.own.changed(null, null)
  assert.deepEqual(await b.next('changed'), { kind: 'changed', ...ofTenant('ten_1') })
  assert.deepEqual(await b.next('changed'), { kind: 'changed', tenantId: 'ten_1', subscriptionId: 'sub_1' })
  assert.deepEqual(await b.next('changed'), { kind: 'changed', ...ofTenant(null) })
  b.own.due()
  await a.next('due')
  assert.deepEqual([a.heard, elsewhere.heard], [[], []])
})

test('any number of words fit', async (t) => {
  const { stores } = await open(t)
  const [a, b] = [await listener(stores[0]), await listener(stores[1])]
  const ids = Array.from({ length: 2000 }, (_, index) => `ten_${String(index).padStart(40, '0')}` as const)
  for (const id of ids) a.own.changed(id, null)
  const heard = new Set<unknown>()
  while (heard.size < ids.length) {
    const signal = await b.next('changed')
    if (signal.kind === 'changed') heard.add(signal.tenantId)
  }
})

test('a connection that breaks is made again, and what was said meanwhile counts as missed', async (t) => {
  const { schema, stores, sql } = await open(t)
  const [a, b] = [await listener(stores[0]), await listener(stores[1])]
  await sql.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen ${schema}_signals'`,
  )
  assert.deepEqual(await b.next('missed'), { kind: 'missed' })
  a.own.due()
  await b.next('due')
})

test("an application's transaction that stays open holds up neither claims nor publishes for the same target", async (t) => {
  const { stores, sql } = await open(t)
  const [store] = stores
  const heard = await listener(stores[1])
  const now = systemClock.now()
  const id = 'ten_a' as const
  await store.tenants.insert(tenant('a'))
  const event = (name: string): NewEvent => {
    const delivery: NewDelivery = {
      ...{ id: `dlv_${name}`, targetId: 'sub_a', format: 'standard', dueAt: now, createdAt: now },
      ...{ replayId: null, lease: null },
    }
    const times = { occurredAt: now, receivedAt: now, dedupeUntil: null }
    const content = { type: 'a', contentType: 'application/json', data: Buffer.from('{}'), contentHash: 'h' }
    const origin = { tenantId: id, sourceId: null, id: name, requestId: null, trace: null }
    return { event: { ...origin, ...content, ...times }, deliveries: [delivery] }
  }
  await store.events.insert([event('one')])
  await sql.query('begin')
  const query = async (text: string, values: readonly unknown[]) => (await sql.query(text, [...values])).rows
  const [result] = (await store.events.insertWith?.({ query, execute: query }, [event('within')])) ?? []
  assert.equal(result?.status, 'stored')
  // Each of these would wait for the end of the transaction if it held the lane.
  await store.events.insert([event('two')])
  const claim = () =>
    store.lanes.claim({
      ...{ now, lanes: [{ targetId: 'sub_a', limit: 9 }], leaseToken: 't', leaseUntil: now + 1000 },
    })
  assert.deepEqual((await claim()).map(({ delivery }) => delivery.eventId).sort(), ['one', 'two'])
  assert.deepEqual(await store.lanes.due(now, 10), [])
  assert.equal(await store.events.get(id, null, 'within'), null)
  assert.deepEqual(
    heard.heard.filter(({ kind }) => kind === 'due'),
    [],
  )
  await sql.query('commit')
  await heard.next('due')
  assert.deepEqual(await store.lanes.due(now - 1, 10), [], 'not yet')
  assert.deepEqual(await store.lanes.due(now, 10), [{ targetId: 'sub_a', tenantId: id, at: now }])
  assert.deepEqual(
    (await claim()).map(({ delivery }) => delivery.eventId),
    ['within'],
  )
})
