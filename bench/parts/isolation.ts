/** (5) What healthy targets notice of one that hangs with 10,000 due deliveries. */
import { fixed, median, percentile, type Row } from '../figures.ts'
import { Rig, startTarget } from '../rig.ts'
import { rounds, scaled } from '../scale.ts'

const RATE = 300
/** Events of a round. */
const COUNT = scaled(RATE * 8)
const DUE = scaled(10_000)
const ROUNDS = rounds(5)

export async function isolation(): Promise<Row[]> {
  const [quiet, beside] = [await Rig.start('sqlite'), await Rig.start('sqlite')]
  const types = [await healthy(quiet), await healthy(beside)]
  const hanging = await startTarget('hang')
  const sick = await beside.subscribe(1, hanging.url, { timeout_ms: 30_000 }, 'hanging')
  await beside.publish({ requests: DUE, connections: 64, rate: 0, eventTypes: sick })
  const p99s: [number[], number[]] = [[], []]
  // The same machine minute by minute for both: a round here, a round there. The first of each warms up.
  for (let round = 0; round <= ROUNDS; round++)
    for (const [index, rig] of [quiet, beside].entries()) {
      const p99 = await oneRound(rig, types[index] ?? [], round)
      if (round > 0) p99s[index as 0 | 1].push(p99)
    }
  await quiet.stop()
  await beside.stop()
  await hanging.stop()
  const [without, withHanging] = [median(p99s[0]), median(p99s[1])]
  const ratio = withHanging / without
  return [
    {
      what: 'healthy p99 beside a hanging target',
      figure: `${fixed(withHanging, 1)} ms`,
      ceiling: `${fixed(without, 1)} ms without it`,
      ratio: fixed(ratio),
      goal: '≤ 1.5',
      met: ratio <= 1.5,
    },
  ]
}

function healthy(rig: Rig): Promise<string[]> {
  return rig.subscribe(8, rig.targetUrl, { max_in_flight: 16 }, 'healthy')
}

/** @returns the 99th percentile from publish to first byte, ms */
async function oneRound(rig: Rig, eventTypes: string[], round: number): Promise<number> {
  await rig.latencies()
  await rig.publish({ requests: COUNT, connections: 32, rate: RATE, eventTypes })
  await rig.untilReceived(COUNT * (round + 1))
  return percentile(await rig.latencies(), 0.99)
}
