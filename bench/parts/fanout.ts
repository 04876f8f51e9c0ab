/** One event for 10,000 subscriptions: when it is accepted, when the first and the last of them hear of it, and in how much memory. */
import { findPostgres } from '../../test/servers/postgres.ts'
import { fixed, median, type Row, whole } from '../figures.ts'
import { filling } from '../filling.ts'
import { pause, Rig, type StoreKind } from '../rig.ts'
import { rounds, scaled } from '../scale.ts'

const SUBSCRIPTIONS = scaled(10_000)
const ROUNDS = rounds(3)
const SAMPLE_MS = 50
const DEFAULT = 'ten_default'
const TYPE = 'bench.fan'
const FIRST_GOAL_MS = 1000
/** Beside what the process has before: 10,000 deliveries of 1 KiB events, the answers and sockets of 512 attempts. */
const GROWTH_GOAL_MB = 150

interface Fan {
  readonly acceptedMs: number
  readonly firstMs: number
  readonly lastMs: number
  /** The most at any time, and before the first event. */
  readonly rss: number
  readonly rssBefore: number
}

export async function fanout(): Promise<Row[]> {
  const database = await findPostgres()
  try {
    return [
      ...(await onOne('sqlite', null)),
      ...(await onOne('postgres', database.url)),
      ...(await onOne('postgres', database.url, 1)),
    ]
  } finally {
    await database.stop()
  }
}

async function onOne(kind: StoreKind, url: string | null, workers = 0): Promise<Row[]> {
  const rig = await Rig.start(kind, {
    workers,
    env: { PGURL: url ?? '' },
    prepare: (place) =>
      filling(url, place, async (fill) => {
        await fill.tenant(DEFAULT, 'default')
        await fill.fan(SUBSCRIPTIONS, DEFAULT, place.targetUrl, TYPE)
      }),
  })
  try {
    const [one] = await rig.subscribe(1, rig.targetUrl)
    await rig.publish({ requests: 1, connections: 1, rate: 0, eventTypes: [one ?? ''] })
    await rig.untilReceived(1)
    const fans: Fan[] = []
    const { rss: rssBefore } = await rig.usage()
    for (let round = 0; round < ROUNDS; round++)
      fans.push({ ...(await oneRound(rig, 1 + round * SUBSCRIPTIONS)), rssBefore })
    return rows(`${kind}${workers > 0 ? ', api + worker' : ''}`, fans)
  } finally {
    await rig.stop()
  }
}

async function oneRound(rig: Rig, before: number): Promise<Omit<Fan, 'rssBefore'>> {
  await rig.latencies()
  const started = performance.now()
  const { latencies } = await rig.publish({ requests: 1, connections: 1, rate: 0, eventTypes: [TYPE] })
  let rss = 0
  while ((await rig.received()) < before + SUBSCRIPTIONS) {
    rss = Math.max(rss, (await rig.usage()).rss)
    if (performance.now() - started > 120_000)
      throw new Error(`only ${(await rig.received()) - before} of ${SUBSCRIPTIONS} deliveries came`)
    await pause(SAMPLE_MS)
  }
  rss = Math.max(rss, (await rig.usage()).rss)
  const arrived = (await rig.latencies()).sort((a, b) => a - b)
  const [acceptedMs = Number.NaN] = latencies
  return { acceptedMs, firstMs: arrived[0] ?? Number.NaN, lastMs: arrived.at(-1) ?? Number.NaN, rss }
}

function rows(kind: string, fans: readonly Fan[]): Row[] {
  const of = (key: keyof Fan) => median(fans.map((fan) => fan[key]))
  const what = `${kind}: one event to ${SUBSCRIPTIONS.toLocaleString('en')} subscriptions`
  const first = of('firstMs')
  // The first round loads the tenant; the worst of all is what must be bounded.
  const most = Math.max(...fans.map(({ rss }) => rss)) / 1e6
  const growth = most - of('rssBefore') / 1e6
  return [
    {
      what: `${what}, first delivery`,
      figure: `${whole(first)} ms, the first time ${whole(fans[0]?.firstMs ?? Number.NaN)} ms`,
      ceiling: `accepted after ${whole(of('acceptedMs'))} ms, all delivered after ${fixed(of('lastMs') / 1000, 1)} s`,
      ratio: '',
      goal: `≤ ${FIRST_GOAL_MS} ms`,
      met: Math.max(...fans.map(({ firstMs }) => firstMs)) <= FIRST_GOAL_MS,
    },
    {
      what: `${what}, memory`,
      figure: `${whole(growth)} MB more`,
      ceiling: `${whole(of('rssBefore') / 1e6)} MB before`,
      ratio: '',
      goal: `≤ ${GROWTH_GOAL_MB} MB`,
      met: growth <= GROWTH_GOAL_MB,
    },
  ]
}
