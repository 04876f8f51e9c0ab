/** (1) Publish → stored with fsync → signed POST → result stored; (2) inbound; against the same path with no store. */
import { fixed, median, perSecond, type Row, whole } from '../figures.ts'
import { Rig, type StoreKind } from '../rig.ts'
import { rounds, scaled } from '../scale.ts'

const ROUNDS = rounds(5)
const EVENTS = scaled(20_000)
const REQUESTS = scaled(20_000)
const CONNECTIONS = 128
const TYPES = 8
const MAX_IN_FLIGHT = 64

interface Measured {
  readonly published: number[]
  readonly inbound: number[]
  readonly rss: number[]
  readonly cpuUs: number[]
}

export async function throughput(): Promise<Row[]> {
  const kinds: StoreKind[] = ['none', 'sqlite', 'sqlite-inline']
  const rigs = await Promise.all(kinds.map((kind) => Rig.start(kind)))
  const measured = kinds.map((): Measured => ({ published: [], inbound: [], rss: [], cpuUs: [] }))
  const types = await Promise.all(
    rigs.map((rig) => rig.subscribe(TYPES, rig.targetUrl, { max_in_flight: MAX_IN_FLIGHT })),
  )
  // Interleaved, and the first round warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round++)
    for (const [index, rig] of rigs.entries()) {
      const figures = await oneRound(rig, types[index] ?? [])
      const into = measured[index]
      if (round === 0 || into === undefined) continue
      into.published.push(figures.published)
      into.inbound.push(figures.inbound)
      into.rss.push(figures.rss)
      into.cpuUs.push(figures.cpuUs)
    }
  for (const rig of rigs) await rig.stop()
  return rows(measured)
}

async function oneRound(rig: Rig, eventTypes: string[]) {
  const before = await rig.received()
  const cpuBefore = (await rig.usage()).cpu
  const started = performance.now()
  await rig.publish({ requests: EVENTS, connections: CONNECTIONS, rate: 0, eventTypes })
  await rig.untilReceived(before + EVENTS)
  const published = perSecond(EVENTS, performance.now() - started)
  const { rss, cpu } = await rig.usage()
  const cpuUs = (cpu.user + cpu.system - cpuBefore.user - cpuBefore.system) / EVENTS
  const { elapsedMs } = await rig.inbound({ requests: REQUESTS, connections: CONNECTIONS, rate: 0 })
  return { published, inbound: perSecond(REQUESTS, elapsedMs), rss, cpuUs }
}

function rows([none, sqlite, inline]: Measured[]): Row[] {
  if (none === undefined || sqlite === undefined || inline === undefined) return []
  const row = (
    what: string,
    of: number[],
    ceiling: number[],
    goal: string,
    ratioGoal: number,
    rateGoal: number,
  ): Row => {
    const ratio = median(of.map((figure, round) => figure / (ceiling[round] ?? Number.NaN)))
    return {
      what,
      figure: `${whole(median(of))}/s`,
      ceiling: `${whole(median(ceiling))}/s`,
      ratio: fixed(ratio),
      goal,
      met: ratio >= ratioGoal && median(of) >= rateGoal,
    }
  }
  const rss = median(sqlite.rss) / 1e6
  return [
    row(
      'publish → stored → POST → stored',
      sqlite.published,
      none.published,
      '≥ 0.75, ≥ 9,000/s',
      0.75,
      9000,
    ),
    row('the same, store on the event loop', inline.published, none.published, 'for comparison', 0, 0),
    row('inbound → verified → stored → 202', sqlite.inbound, none.inbound, '≥ 0.7', 0.7, 0),
    {
      what: 'processor time an event',
      figure: `${whole(median(sqlite.cpuUs))} µs`,
      ceiling: `${whole(median(none.cpuUs))} µs`,
      ratio: fixed(median(none.cpuUs) / median(sqlite.cpuUs)),
      goal: 'for comparison',
      met: true,
    },
    {
      what: 'RSS under it',
      figure: `${whole(rss)} MB`,
      ceiling: `${whole(median(none.rss) / 1e6)} MB`,
      ratio: '',
      goal: '≤ 200 MB',
      met: rss <= 200,
    },
  ]
}
