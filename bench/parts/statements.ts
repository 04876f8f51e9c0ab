/** What PostgreSQL and Redis are asked for each delivery under load, and by a process that has nothing to do. */
import { Redis } from 'ioredis'
import { findRedis } from '../../test/servers/redis.ts'
import { CountingPostgres, type Counts, TOLD_MS } from '../databases.ts'
import { fixed, type Row } from '../figures.ts'
import { pause, Rig, type RigOptions, type StoreKind } from '../rig.ts'
import { eachOf, scaled } from '../scale.ts'

const EVENTS = scaled(10_000)
const CONNECTIONS = 128
const TYPES = 8
const MAX_IN_FLIGHT = 64
const IDLE_MS = scaled(20_000)
/** After the start: what is looked at once, and the first rounds of what comes again. */
const SETTLED_MS = scaled(5_000)
const TRANSACTIONS_GOAL = 0.1
const STATEMENTS_GOAL = 2

const LOADED: ReadonlyArray<{ what: string; kind: StoreKind; options: RigOptions }> = [
  { what: 'one process', kind: 'postgres', options: {} },
  { what: 'api + worker', kind: 'postgres', options: { workers: 1 } },
  { what: 'api + worker, BullMQ', kind: 'postgres-bullmq', options: { workers: 1 } },
]

const IDLE: ReadonlyArray<{ what: string; kind: StoreKind; options: RigOptions }> = [
  { what: 'all', kind: 'postgres', options: { role: 'all' } },
  { what: 'api', kind: 'postgres', options: { role: 'api' } },
  { what: 'worker', kind: 'postgres', options: { role: 'worker' } },
  { what: 'worker, BullMQ', kind: 'postgres-bullmq', options: { role: 'worker' } },
]

export async function statements(): Promise<Row[]> {
  const [database, server] = [await CountingPostgres.start(), await findRedis('none', {})]
  const redis = new Redis(server.url)
  const env = { PGURL: database.url, REDISURL: server.url }
  const rows: Row[] = []
  for (const { what, kind, options } of eachOf(LOADED))
    rows.push(...(await loaded(database, what, kind, { ...options, env })))
  for (const { what, kind, options } of eachOf(IDLE))
    rows.push(...(await idle(database, redis, what, kind, { ...options, env })))
  redis.disconnect()
  await server.stop()
  await database.stop()
  return rows
}

async function loaded(
  database: CountingPostgres,
  what: string,
  kind: StoreKind,
  options: RigOptions,
): Promise<Row[]> {
  const rig = await Rig.start(kind, options)
  try {
    const eventTypes = await rig.subscribe(TYPES, rig.targetUrl, { max_in_flight: MAX_IN_FLIGHT })
    const load = { requests: EVENTS, connections: CONNECTIONS, rate: 0, eventTypes }
    await rig.publish(load)
    await rig.untilReceived(EVENTS)
    const asked = await counted(database, async () => {
      await rig.publish(load)
      await rig.untilReceived(2 * EVENTS)
    })
    const each = asked.transactions / EVENTS
    return [
      {
        what: `transactions a delivery under load, ${what}`,
        figure: fixed(each, 3),
        ceiling: `${fixed(asked.statements / EVENTS, 3)} statements`,
        ratio: '',
        goal: `≤ ${TRANSACTIONS_GOAL}`,
        met: each <= TRANSACTIONS_GOAL,
      },
    ]
  } finally {
    await rig.stop()
  }
}

async function idle(
  database: CountingPostgres,
  redis: Redis,
  what: string,
  kind: StoreKind,
  options: RigOptions,
): Promise<Row[]> {
  const rig = await Rig.start(kind, options)
  try {
    await pause(SETTLED_MS)
    await redis.config('RESETSTAT')
    const started = performance.now()
    const asked = await counted(database, () => pause(IDLE_MS))
    const seconds = (performance.now() - started) / 1000
    const each = asked.statements / seconds
    const row = {
      what: `statements a second of an idle process, ${what}`,
      figure: fixed(each),
      ceiling: `${fixed(asked.transactions / seconds)} transactions`,
      ratio: '',
      goal: `≤ ${STATEMENTS_GOAL}`,
      met: each <= STATEMENTS_GOAL,
    }
    return kind === 'postgres-bullmq' ? [row, await ofRedis(redis, seconds)] : [row]
  } finally {
    await rig.stop()
  }
}

/** `no polling`: nothing is asked for but the one blocking read, again when nothing came for ten seconds. */
async function ofRedis(redis: Redis, seconds: number): Promise<Row> {
  const stats = await redis.info('commandstats')
  const found = [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)]
    .map(([, name = '', calls]) => ({ name, calls: Number(calls) }))
    .filter(({ name }) => !/^(info|config)/.test(name))
    .sort((a, b) => b.calls - a.calls)
  const all = found.reduce((sum, { calls }) => sum + calls, 0) / seconds
  return {
    what: 'commands a second that Redis runs for it',
    figure: fixed(all),
    ceiling: found.map(({ name, calls }) => `${name} ${fixed(calls / seconds)}`).join(', '),
    ratio: '',
    goal: '≤ 2, no polling',
    met: all <= 2,
  }
}

async function counted(database: CountingPostgres, work: () => Promise<void>): Promise<Counts> {
  await pause(TOLD_MS)
  const before = await database.counts()
  await work()
  await pause(TOLD_MS)
  const after = await database.counts()
  return {
    statements: after.statements - before.statements,
    transactions: after.transactions - before.transactions,
  }
}
