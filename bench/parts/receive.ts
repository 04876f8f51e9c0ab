/**
 * (7) Receiving against the common alternative, Express and BullMQ on Redis: the same requests from the same generator,
 * in turns. Both verify, drop duplicates and queue the event for work before they answer. Our answer means that it
 * is on disk; theirs, with Redis as it comes, that it is in memory and will be in a snapshot within a minute or an hour.
 */
import { Alternative } from '../alternatives/alternative.ts'
import { fixed, median, percentile, perSecond, type Row, whole } from '../figures.ts'
import { Generator } from '../generator.ts'
import type { LoadOrder } from '../processes/load.ts'
import { Rig, startTarget } from '../rig.ts'
import { rounds, scaled } from '../scale.ts'
import type { WayIn } from '../way-in.ts'

const ROUNDS = rounds(5)
const FULL = { requests: scaled(10_000), connections: 128, rate: 0 }
/** Well below what either can do, so that neither waits for anything but its own work. */
const STEADY = { requests: scaled(4000), connections: 32, rate: 500 }
const GOAL = 4

interface Measured {
  readonly wayIn: WayIn
  readonly rates: number[]
  /** 99th percentiles at full load, ms. */
  readonly loaded: number[]
  /** The same at a steady rate. */
  readonly steady: number[]
}

export async function receive(): Promise<Row[]> {
  const generator = await Generator.start()
  const rig = await Rig.start('sqlite', { queueing: true })
  const gateway = await rig.gateway(1)
  // A target that never answers holds the only slot: each event is stored with its delivery, which waits.
  const hanging = await startTarget('hang')
  const waiting = { source: 'bench-0', max_in_flight: 1, timeout_ms: 30_000 }
  await rig.subscribe(1, hanging.url, { ...waiting, events: ['*'] })
  const quick = await Alternative.start('default')
  const durable = await Alternative.start('always')
  const bare = await Rig.start('none')
  const ways = [gateway, rig.application, bare.application, quick.wayIn, durable.wayIn]
  const measured = ways.map((wayIn): Measured => ({ wayIn, rates: [], loaded: [], steady: [] }))
  // In turns, another one first in each round: none comes always after the one that left the disk busy. The first round
  // warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round++)
    for (let turn = 0; turn < measured.length; turn++) {
      const one = measured[(round + turn) % measured.length]
      if (one !== undefined) await oneRound(generator, one, round > 0)
    }
  for (const each of [generator, rig, hanging, bare, quick, durable]) await each.stop()
  const [ours, inside, ceiling, theirs, theirsDurable] = measured
  if (!ours || !inside || !ceiling || !theirs || !theirsDurable) return []
  return [
    rate('POST /in → verified → new → queued on disk → 200', ours, theirs, quick.about),
    rate('the same, theirs on disk too', ours, theirsDurable, durable.about),
    rate('the same in an application, on node:http', inside, theirs, quick.about),
    {
      ...rate('the same with no store at all', ceiling, theirs, quick.about),
      goal: 'the most there is',
      met: true,
    },
    latency(ours, theirs, quick.about),
  ]
}

async function oneRound(generator: Generator, one: Measured, counts: boolean): Promise<void> {
  const full = await send(generator, one.wayIn, FULL)
  const steady = await send(generator, one.wayIn, STEADY)
  if (!counts) return
  one.rates.push(full.rate)
  one.loaded.push(full.p99)
  one.steady.push(steady.p99)
}

type Order = Pick<LoadOrder, 'requests' | 'connections' | 'rate'>

async function send(generator: Generator, wayIn: WayIn, order: Order) {
  const { elapsedMs, latencies } = await generator.receive(wayIn, order)
  return { rate: perSecond(order.requests, elapsedMs), p99: percentile(latencies, 0.99) }
}

function rate(what: string, ours: Measured, theirs: Measured, about: string): Row {
  const ratio = median(ours.rates.map((figure, round) => figure / (theirs.rates[round] ?? Number.NaN)))
  const show = ({ rates, loaded }: Measured) =>
    `${whole(median(rates))}/s, p99 ${fixed(median(loaded), 1)} ms`
  return {
    what,
    figure: show(ours),
    ceiling: `${show(theirs)}: Express 5, BullMQ, ${about}`,
    ratio: fixed(ratio),
    goal: `≥ ${GOAL}`,
    met: ratio >= GOAL,
  }
}

function latency(ours: Measured, theirs: Measured, about: string): Row {
  const [mine, other] = [median(ours.steady), median(theirs.steady)]
  return {
    what: `p99 of the answer at ${STEADY.rate}/s`,
    figure: `${fixed(mine, 1)} ms, on disk`,
    ceiling: `${fixed(other, 1)} ms: Express 5, BullMQ, ${about}`,
    ratio: fixed(mine / other),
    goal: 'for comparison',
    met: true,
  }
}
