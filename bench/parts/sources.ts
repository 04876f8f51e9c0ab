/** (8) Inbound requests with 32 sources, all of them called, against one source. */
import { fixed, median, perSecond, type Row, whole } from '../figures.ts'
import { Generator } from '../generator.ts'
import { Rig } from '../rig.ts'
import { rounds, scaled } from '../scale.ts'

const ROUNDS = rounds(9)
const ORDER = { requests: scaled(20_000), connections: 128, rate: 0 }
const MANY = 32

export async function sources(): Promise<Row[]> {
  const generator = await Generator.start()
  const rigs = [await Rig.start('sqlite'), await Rig.start('sqlite')] as const
  const ways = [await rigs[0].gateway(MANY), await rigs[1].gateway(1)] as const
  const rates: [number[], number[]] = [[], []]
  // In turns, who is first changing too; the first round warms up and is not counted.
  for (let round = 0; round <= ROUNDS; round++)
    for (const index of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const { elapsedMs } = await generator.receive(ways[index], ORDER)
      if (round > 0) rates[index].push(perSecond(ORDER.requests, elapsedMs))
    }
  for (const each of [generator, ...rigs]) await each.stop()
  const [many, one] = rates
  const ratio = median(many.map((figure, round) => figure / (one[round] ?? Number.NaN)))
  return [
    {
      what: `POST /in with ${MANY} sources`,
      figure: `${whole(median(many))}/s`,
      ceiling: `${whole(median(one))}/s with one`,
      ratio: fixed(ratio),
      goal: '≥ 0.95',
      met: ratio >= 0.95,
    },
  ]
}
