/** Publish → stored with fsync → signed POST → result stored, on PostgreSQL, woken by the store or through Redis. */
import { findPostgres } from '../../test/servers/postgres.ts'
import { findRedis } from '../../test/servers/redis.ts'
import { fixed, median, perSecond, type Row, whole } from '../figures.ts'
import { Rig, type RigOptions, type StoreKind } from '../rig.ts'
import { eachOf, rounds, scaled } from '../scale.ts'

const ROUNDS = rounds(3)
const EVENTS = scaled(10_000)
const CONNECTIONS = 128
const TYPES = 8
const MAX_IN_FLIGHT = 64
const GOAL = 0.35

interface Measured {
  readonly what: string
  readonly kind: StoreKind
  readonly options: RigOptions
  readonly goal: number | null
}

const CEILING: Measured = { what: 'no store', kind: 'none', options: {}, goal: null }
const MEASURED: readonly Measured[] = [
  CEILING,
  ...eachOf<Measured>([
    { what: 'PostgreSQL, one process', kind: 'postgres', options: {}, goal: 0.6 },
    { what: 'PostgreSQL and BullMQ, one process', kind: 'postgres-bullmq', options: {}, goal: GOAL },
    { what: 'PostgreSQL, api + worker', kind: 'postgres', options: { workers: 1 }, goal: null },
    {
      what: 'PostgreSQL and BullMQ, api + worker',
      kind: 'postgres-bullmq',
      options: { workers: 1 },
      goal: GOAL,
    },
  ]),
]

export async function queues(): Promise<Row[]> {
  const [database, redis] = [await findPostgres(), await findRedis('none')]
  const env = { PGURL: database.url, REDISURL: redis.url }
  const figures = MEASURED.map((): number[] => [])
  // One cluster after the other: two cores do not bear several at once. Interleaved over the rounds all the same.
  for (let round = 0; round < ROUNDS; round++)
    for (const [index, { kind, options }] of MEASURED.entries())
      figures[index]?.push(await oneRound(kind, { ...options, env }))
  await database.stop()
  await redis.stop()
  const [ceiling = []] = figures
  return MEASURED.flatMap(({ what, goal }, index) => {
    const of = figures[index] ?? []
    const ratio = median(of.map((figure, round) => figure / (ceiling[round] ?? Number.NaN)))
    if (index === 0) return []
    return [
      {
        ...{ what, figure: `${whole(median(of))}/s`, ceiling: `${whole(median(ceiling))}/s` },
        ...{ ratio: fixed(ratio), goal: goal === null ? 'for comparison' : `≥ ${goal}` },
        met: ratio >= (goal ?? 0),
      },
    ]
  })
}

/** @returns events a second; the first part warms up and is not counted */
async function oneRound(kind: StoreKind, options: RigOptions): Promise<number> {
  const rig = await Rig.start(kind, options)
  try {
    const eventTypes = await rig.subscribe(TYPES, rig.targetUrl, { max_in_flight: MAX_IN_FLIGHT })
    await rig.publish({ requests: EVENTS, connections: CONNECTIONS, rate: 0, eventTypes })
    await rig.untilReceived(EVENTS)
    const started = performance.now()
    await rig.publish({ requests: EVENTS, connections: CONNECTIONS, rate: 0, eventTypes })
    await rig.untilReceived(2 * EVENTS)
    return perSecond(EVENTS, performance.now() - started)
  } finally {
    await rig.stop()
  }
}
