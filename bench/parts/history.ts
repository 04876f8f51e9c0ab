/**
 * What a claim and its results cost on PostgreSQL with little and with much history. The much is written by SQL, all of
 * it into the partitions of today: the ones that the deliveries which are claimed end in, so the worst place for it.
 */
import pg from 'pg'
import type { Store } from '../../packages/posthorn/src/ports/store.ts'
import { dayOf, firstKeyOf } from '../../packages/posthorn/src/storage/postgres/keys.ts'
import { openPostgresStore } from '../../packages/posthorn/src/storage/postgres/open.ts'
import { systemClock } from '../../packages/posthorn/src/system/clock.ts'
import { OwnPostgres } from '../../test/servers/own-postgres.ts'
import { CLAIMED, claimMs, history as written } from '../claiming.ts'
import { fixed, median, type Row } from '../figures.ts'
import { rounds, scaled } from '../scale.ts'

const LITTLE = scaled(10_000)
const MUCH = scaled(10_000_000)
const STEP = 500_000
const MEASURES = rounds(9)
const GOAL = 1.2
/** The fill is not what is measured, and would write ten times as much without these. */
const SETTINGS = ['max_wal_size=4GB', 'checkpoint_timeout=30min', 'shared_buffers=512MB', 'autovacuum=off']
const UNSAFE = ['fsync', 'full_page_writes', 'synchronous_commit']

export async function history(): Promise<Row[]> {
  const database = await OwnPostgres.start(SETTINGS)
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  const open = (schema: string) => openPostgresStore({ database: database.url, schema, clock: systemClock })
  const [few, many] = [await open('bench_little'), await open('bench_much')]
  try {
    for (const store of [few, many]) await written(store, LITTLE)
    for (const name of UNSAFE) await client.query(`alter system set ${name} = off`)
    await client.query('select pg_reload_conf()')
    for (let made = LITTLE; made < MUCH; made += STEP)
      await fill(client, 'bench_much', made, Math.min(STEP, MUCH - made))
    for (const name of UNSAFE) await client.query(`alter system reset ${name}`)
    await client.query('select pg_reload_conf()')
    await client.query('vacuum analyze')
    await client.query('checkpoint')
    return [await compared(few, many)]
  } finally {
    await few.close()
    await many.close()
    await client.end()
    await database.stop()
  }
}

/** In turns, who is first changing too; the first round warms up and is not counted. */
async function compared(few: Store, many: Store): Promise<Row> {
  const little: number[] = []
  const much: number[] = []
  for (let round = 0; round <= MEASURES; round++)
    for (const store of round % 2 === 0 ? [few, many] : [many, few]) {
      const ms = await claimMs(store)
      if (round > 0) (store === few ? little : much).push(ms)
    }
  return row(little, much)
}

/** Delivered events of other targets, as finishing them one by one would have left them. */
async function fill(client: pg.Client, schema: string, from: number, count: number): Promise<void> {
  const now = systemClock.now()
  const stamp = now.toString(16).padStart(12, '0')
  const id = (prefix: string) =>
    `'${prefix}_${stamp.slice(0, 8)}-${stamp.slice(8)}-7000-8000-' || lpad(to_hex(n), 12, '0')`
  const numbers = `generate_series(${from + 1}::bigint, ${from + count}::bigint) n`
  // Below the numbers of the sequence would be taken; these are far above what a run gives.
  const key = `${firstKeyOf(dayOf(now))} + 1000000000 + n`
  const target = `'sub_old_' || n % 1000`
  await client.query(
    `insert into ${schema}.event_ids (tenant_id, source_id, id, key, content_hash, fan_out)
    select 'ten_bench', '', ${id('evt')}, ${key}, '', 1 from ${numbers}`,
  )
  await client.query(
    `insert into ${schema}.events (key, tenant_id, source_id, id, type, content_type, content_hash, occurred_at,
      received_at, data)
    select ${key}, 'ten_bench', '', ${id('evt')}, 'a.b', 'application/json', '', ${now}, ${now},
      '{"padding":"xxxxxxxxxxxxxxxx"}'::bytea from ${numbers}`,
  )
  await client.query(
    `insert into ${schema}.ended (id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts,
      schedule_start, created_at, last_status_code, state, finished_at)
    select ${id('dlv')}, 'ten_bench', ${key}, ${id('evt')}, 'a.b', ${target}, 'standard', ${now}, 1, 0, ${now}, 200,
      'delivered', ${now} from ${numbers}`,
  )
  await client.query(
    `insert into ${schema}.attempts (delivery_id, id, tenant_id, number, target_id, started_at, duration_ms, outcome,
      status_code, response_truncated, response_body)
    select ${id('dlv')}, ${id('att')}, 'ten_bench', 1, ${target}, ${now}, 1, 'success', 200, false, 'ok'::bytea
    from ${numbers}`,
  )
}

function row(little: readonly number[], much: readonly number[]): Row {
  const show = (ms: number, rows: number) =>
    `${fixed(ms)} ms for ${CLAIMED} with ${rows.toLocaleString('en')} rows`
  const ratio = median(much.map((ms, round) => ms / (little[round] ?? Number.NaN)))
  return {
    what: 'claim and finish, PostgreSQL',
    figure: show(median(much), MUCH),
    ceiling: show(median(little), LITTLE),
    ratio: fixed(ratio),
    goal: `≤ ${GOAL}`,
    met: ratio <= GOAL,
  }
}
