/** What a publish notices of 100,000 subscriptions, of changes to them, and of 100,000 tenants. */
import { findPostgres } from '../../test/servers/postgres.ts'
import { fixed, median, percentile, type Row } from '../figures.ts'
import { type Filling, filling } from '../filling.ts'
import { pause, Rig, type StoreKind } from '../rig.ts'
import { eachOf, rounds, scaled } from '../scale.ts'

const FEW = 10
const MANY = scaled(100_000)
const RATE = 200
/** Publishes of a round. */
const COUNT = scaled(RATE * 10)
const CONNECTIONS = 32
const ROUNDS = rounds(3)
const CHANGE_MS = scaled(1000)
const GOAL = 1.5
const DEFAULT = 'ten_default'
const TYPE = 'bench.type_0'
/** One of those that no publish here is for. */
const OTHER = 'sub_bench7'

type Kind = Extract<StoreKind, 'sqlite' | 'postgres'>
type Pair = readonly [few: Rig, many: Rig]

export async function tenants(): Promise<Row[]> {
  const database = await findPostgres()
  try {
    const rows: Row[] = []
    for (const kind of eachOf(['sqlite', 'postgres'] as const)) {
      rows.push(...(await withSubscriptions(kind, database.url)))
      rows.push(...(await withTenants(kind, database.url)))
    }
    return rows
  } finally {
    await database.stop()
  }
}

async function withSubscriptions(kind: Kind, url: string): Promise<Row[]> {
  const pair = await started(kind, url, async (fill, count, targetUrl) => {
    await fill.tenant(DEFAULT, 'default')
    await fill.subscriptions(count, DEFAULT, targetUrl, 'other')
  })
  try {
    for (const rig of pair) await rig.subscribe(1, rig.targetUrl, { max_in_flight: 64 })
    const what = (rest: string) => `${kind}: publish with ${MANY.toLocaleString('en')} subscriptions${rest}`
    const still = await measured(pair, (rig) => load(rig))
    const changing = await measured(pair, (rig) => whileChanging(rig, () => load(rig)))
    return [row(what(''), still), row(what(', one of them changed each second'), changing)]
  } finally {
    for (const rig of pair) await rig.stop()
  }
}

/** With as many tenants as there are publishes, each is the first of its tenant for this process. */
async function withTenants(kind: Kind, url: string): Promise<Row[]> {
  const pair = await started(kind, url, (fill, count, targetUrl) => fill.tenants(count, targetUrl, TYPE))
  try {
    const counts = [FEW, MANY]
    const figures = await measured(pair, (rig) => load(rig, counts[pair.indexOf(rig)]))
    return [row(`${kind}: publish to ${MANY.toLocaleString('en')} tenants in turns`, figures)]
  } finally {
    for (const rig of pair) await rig.stop()
  }
}

type Fill = (fill: Filling, count: number, targetUrl: string) => Promise<void>

async function started(kind: Kind, url: string, fill: Fill): Promise<Pair> {
  const start = (count: number) =>
    Rig.start(kind, {
      env: { PGURL: url },
      prepare: (place) =>
        filling(kind === 'postgres' ? url : null, place, (to) => fill(to, count, place.targetUrl)),
    })
  return [await start(FEW), await start(MANY)]
}

/** @returns for each round the 99th percentiles of both, ms */
async function measured(
  pair: Pair,
  load: (rig: Rig) => Promise<readonly number[]>,
): Promise<Array<[few: number, many: number]>> {
  const p99s: Array<[number, number]> = []
  // The same machine minute by minute for both, who is first changing too. The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const figures: [number, number] = [0, 0]
    for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const))
      figures[index] = percentile(await load(pair[index]), 0.99)
    if (round > 0) p99s.push(figures)
  }
  return p99s
}

async function load(rig: Rig, tenants?: number): Promise<readonly number[]> {
  const before = await rig.received()
  const order = { requests: COUNT, connections: CONNECTIONS, rate: RATE, eventTypes: [TYPE] }
  const { latencies } = await rig.publish({ ...order, ...(tenants === undefined ? {} : { tenants }) })
  await rig.untilReceived(before + COUNT)
  return latencies
}

async function whileChanging<T>(rig: Rig, work: () => Promise<T>): Promise<T> {
  let ended = false
  const changes = async () => {
    while (!ended) {
      await pause(CHANGE_MS)
      await rig.change(OTHER)
    }
  }
  const changing = changes()
  try {
    return await work()
  } finally {
    ended = true
    await changing
  }
}

function row(what: string, p99s: Array<[few: number, many: number]>): Row {
  const ratio = median(p99s.map(([few, many]) => many / few))
  return {
    what: `${what}, p99`,
    figure: `${fixed(median(p99s.map(([, many]) => many)), 1)} ms`,
    ceiling: `${fixed(median(p99s.map(([few]) => few)), 1)} ms with ${FEW}`,
    ratio: fixed(ratio),
    goal: `≤ ${GOAL}`,
    met: ratio <= GOAL,
  }
}
