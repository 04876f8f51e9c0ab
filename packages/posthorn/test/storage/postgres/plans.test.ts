/**
 * Cost must stay flat: every statement of the store is explained on a filled database, as it is planned once for all
 * values, and none may walk through a table that grows. A new statement is seen here by itself.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import type { PgPool } from '../../../src/storage/postgres/client.ts'
import { openPostgresStore } from '../../../src/storage/postgres/open.ts'
import { NOW, World } from '../../../src/testing/store-conformance/world.ts'
import { useEverything } from '../support/everything.ts'
import { Bases } from './support.ts'

const bases = Bases.use()
const DAY = 86_400_000
const DAYS = 6
const A_DAY = 3000

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly 'Subplans Removed'?: number
  readonly Plans?: readonly Plan[]
}

interface Explained {
  readonly sql: string
  readonly scans: readonly Plan[]
}

/** Each statement that went through a pool of the store's. */
function watched(url: string): { pool: pg.Pool; statements: Map<string, readonly unknown[]> } {
  const pool = new pg.Pool({ connectionString: url, max: 5 })
  const statements = new Map<string, readonly unknown[]>()
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (config: pg.QueryConfig) => unknown
    Object.assign(client, {
      query: (config: pg.QueryConfig & { name?: string }) => {
        if (config.name !== undefined) statements.set(config.text, config.values ?? [])
        return query(config)
      },
    })
  })
  return { pool, statements }
}

/** Days of history, a backlog, and some that are being attempted, as of many tenants. */
function filling(s: string): string[] {
  const day = (n: string) => `(${Math.floor(NOW / DAY) - DAYS + 1}::bigint + ${n} / ${A_DAY})`
  const at = (n: string) => `(${day(n)} * ${DAY} + ${n} % ${A_DAY} * 1000)`
  const hex = (n: string) => `lpad(to_hex(${at(n)}), 12, '0')`
  const id = (n: string) =>
    `'dlv_' || left(${hex(n)}, 8) || '-' || right(${hex(n)}, 4) || '-7000-8000-' || lpad(${n}::text, 12, '0')`
  const rows = `generate_series(0, ${DAYS * A_DAY - 1}) n`
  const common = `${id('n')}, 'ten_' || n % 500, (${day('n')} << 37) | n, 'evt_' || n, 'user.created', 'sub_' || n % 700,
    'standard', ${at('n')}, 1, 0, ${at('n')}`
  const columns = `id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts, schedule_start,
    created_at`
  return [
    `insert into ${s}.event_ids select 'ten_' || n % 500, '', 'evt_' || n, (${day('n')} << 37) | n, 'hash', 1 from ${rows}`,
    `insert into ${s}.events select (${day('n')} << 37) | n, 'ten_' || n % 500, '', 'evt_' || n, 'user.created', 'text', 'hash',
      ${at('n')}, ${at('n')}, null, null, null, decode(repeat('00', 300), 'hex') from ${rows}`,
    `insert into ${s}.ended (${columns}, state, finished_at) select ${common},
      case when n % 50 = 0 then 'dead' else 'delivered' end, ${at('n')} from ${rows}`,
    `insert into ${s}.attempts select ${id('n')}, 'att_' || n, 'ten_' || n % 500, 1, 'sub_' || n % 700, ${at('n')}, 5,
      'success', 200, null, null, false, '' from ${rows}`,
    `insert into ${s}.pending (${columns}, lease_token, lease_until) select 'w' || ${common},
      case when n % 100 = 0 then 'first' end, case when n % 100 = 0 then ${NOW} end from ${rows}`,
    `insert into ${s}.lanes (target_id, tenant_id, due_at) select 'sub_' || n, 'ten_' || n % 500, ${NOW} + n
      from generate_series(0, 699) n`,
    `insert into ${s}.requests (id, tenant_id, source_id, received_at, method, url, verdict, status, event_ids, headers,
      event_key) select 'req_' || n, 'ten_' || n % 500, 'src_' || n % 300, ${at('n')}, 'POST', '/', 'accepted', 202, '[]', '[]',
      (${day('n')} << 37) | n from ${rows}`,
    `insert into ${s}.used_tokens select 'ten_' || n % 500, 'src_' || n % 300, 'token ' || n, ${NOW} + n from ${rows}`,
    `analyze ${['event_ids', 'events', 'ended', 'attempts', 'pending', 'lanes', 'requests', 'used_tokens'].map((table) => `${s}.${table}`).join(', ')}`,
  ]
}

function scansOf(plan: Plan): Plan[] {
  const under = (plan.Plans ?? []).flatMap(scansOf)
  return /Scan/.test(plan['Node Type']) ? [plan, ...under] : under
}

async function explain(client: pg.ClientBase, sql: string, count: number, at: number): Promise<Explained> {
  await client.query(`prepare p${at} as ${sql}`)
  const nulls = count === 0 ? '' : `(${Array.from({ length: count }, () => 'null').join(', ')})`
  const { rows } = await client.query(`explain (format json) execute p${at}${nulls}`)
  const [{ Plan: plan }] = rows[0]['QUERY PLAN'] as [{ Plan: Plan }]
  return { sql: sql.replaceAll(/\s+/g, ' ').trim(), scans: scansOf(plan) }
}

/** Beside the last day of all, which the last prune has just made, and which is empty. */
const GROWS = /^(event_ids|pending|requests|used_tokens|(events|ended|attempts)(_d(?!32767)\d+)?)$/
/** Along an index that holds only what is being attempted, waits to be forgotten or ended badly; at most so many rows. */
const NARROW = /^(pending_leased|event_ids_gone|used_tokens_until)$|state_id_idx/
/** Read in the order of an index up to a limit, or counted up to one. */
const LIMITED =
  /^select \(select count|^delete from \S+\.requests|^with (calls|over)|^select 1 from \S+_d\d+ limit 1$|^select not exists/

test('no statement walks through a table that grows', async () => {
  const base = await bases.open()
  const { pool, statements } = watched(bases.url)
  const store = await openPostgresStore({ database: pool as unknown as PgPool, schema: base.schema })
  for (let day = 0; day < DAYS; day += 1)
    await store.upkeep.prune({ before: 0, now: NOW - day * DAY, limit: 1 })
  for (const statement of filling(base.schema)) await base.sql(statement)
  await useEverything(new World(store, 1))
  const client = await pool.connect()
  await client.query('set plan_cache_mode = force_generic_plan')
  const explained: Explained[] = []
  for (const [sql, values] of new Map(statements))
    if (/^\s*(select|insert|update|delete|with)\b/i.test(sql) && !/\bpg_\w+/.test(sql))
      explained.push(await explain(client, sql, values.length, explained.length))
  client.release()
  await pool.end()
  assert.ok(explained.length > 80, `only ${explained.length} statements were seen`)
  const walks = explained.flatMap(({ sql, scans }) =>
    scans
      .filter((scan) => isWalk(scan) && !LIMITED.test(sql))
      .map(
        (scan) => `${scan['Node Type']} ${scan['Relation Name'] ?? ''} ${scan['Index Name'] ?? ''}: ${sql}`,
      ),
  )
  assert.deepEqual(walks, [])
  for (const [like, index] of HOT) {
    const found = explained.filter(({ sql }) => like.test(sql))
    assert.ok(found.length > 0, `no statement is like ${like}`)
    for (const { sql, scans } of found)
      assert.ok(
        scans.some((scan) => index.test(scan['Index Name'] ?? '') && scan['Index Cond'] !== undefined),
        `${sql}\n  is answered by ${scans.map((scan) => scan['Index Name'] ?? scan['Node Type']).join(', ')}`,
      )
  }
})

function isWalk(scan: Plan): boolean {
  if (!GROWS.test(scan['Relation Name'] ?? '')) return false
  if (scan['Index Cond'] !== undefined || ['Bitmap Heap Scan', 'Tid Scan'].includes(scan['Node Type']))
    return false
  return !NARROW.test(scan['Index Name'] ?? '')
}

/** What the hot statements must be answered from. */
const HOT: ReadonlyArray<readonly [sql: RegExp, index: RegExp]> = [
  [/^with w as .* for update skip locked/, /^pending_waiting$/],
  [/^with w as .* for update skip locked/, /^events_d\d+_pkey$/],
  [/^update \S+lanes l set held_until = null/, /^pending_waiting$/],
  [/^with f as .*delete from \S+pending/, /^pending_pkey$/],
  [/^with over as/, /^pending_leased$/],
  [/^with calls as .*from \S+lanes where look_at/, /^lanes_by_time$/],
  [/^with e as materialized .*insert into \S+events/, /^event_ids_pkey$/],
]

test('what is asked for by its id or its time is looked for in its day only', async () => {
  const base = await bases.open()
  const { world, store } = base
  for (let day = 0; day < DAYS; day += 1)
    await store.upkeep.prune({ before: 0, now: NOW - day * DAY, limit: 1 })
  const delivery = world.leased()
  const key = await world.publish({}, delivery)
  await store.deliveries.finish([world.finish(delivery, { to: 'delivered', at: NOW, statusCode: 200 })])
  const today = Math.floor(NOW / DAY)
  for (const [sql, value] of [
    ['select * from $s.deliveries where id = $1', delivery.id],
    ['select * from $s.attempts where delivery_id = $1', delivery.id],
    ['select * from $s.events where key = $1', key],
  ] as const) {
    const [row] = await base.sql<{ 'QUERY PLAN': Array<{ Plan: Plan }> }>(
      `explain (format json) ${sql}`,
      value,
    )
    const days = scansOf(row?.['QUERY PLAN'][0]?.Plan ?? { 'Node Type': '' })
      .map((scan) => /_d(\d+)$/.exec(scan['Relation Name'] ?? '')?.[1])
      .filter((day) => day !== undefined)
    assert.deepEqual([...new Set(days)], [String(today)], sql)
  }
})

test('the planner does not take the table of pending deliveries for empty, however often it is vacuumed so', async () => {
  const base = await bases.open()
  const { world, store } = base
  await world.publish({}, world.delivery())
  await world.claim([{ targetId: world.targetId, limit: 1 }])
  await base.sql('delete from $s.pending where event_key >= 0')
  await base.sql('vacuum (analyze) $s.pending')
  const [row] = await base.sql<{ 'QUERY PLAN': Array<{ Plan: Plan }> }>(
    `explain (format json) select id from $s.pending where target_id = 'a' and lease_token is null and due_at <= 5
    order by due_at, id limit 3`,
  )
  const scans = scansOf(row?.['QUERY PLAN'][0]?.Plan ?? { 'Node Type': '' })
  assert.deepEqual(
    scans.map((scan) => scan['Index Name']),
    ['pending_waiting'],
  )
  assert.deepEqual(await store.upkeep.counts(), { pending: 0, dead: 0, oldestDueAt: null })
  assert.deepEqual(await base.sql('select 1 from $s.deliveries'), [])
})
