/** (3) From publish to the first byte at the target, at a steady rate. */
import { fixed, percentile, type Row } from '../figures.ts'
import { Rig } from '../rig.ts'
import { scaled } from '../scale.ts'

const RATE = 500
/** Events in all. */
const COUNT = scaled(RATE * 20)
const WARM_UP = scaled(2_000)

export async function latency(): Promise<Row[]> {
  const [stored, bare] = [await measure('sqlite'), await measure('none')]
  const show = (values: number[]) =>
    `p50 ${fixed(percentile(values, 0.5), 1)} ms, p99 ${fixed(percentile(values, 0.99), 1)} ms`
  const p99 = percentile(stored, 0.99)
  const ratio = fixed(p99 / percentile(bare, 0.99))
  return [
    {
      what: `publish → first byte at ${RATE}/s`,
      figure: show(stored),
      ceiling: show(bare),
      ratio,
      goal: 'p99 ≤ 15 ms',
      met: p99 <= 15,
    },
  ]
}

async function measure(kind: 'none' | 'sqlite'): Promise<number[]> {
  const rig = await Rig.start(kind)
  const eventTypes = await rig.subscribe(8, rig.targetUrl, { max_in_flight: 64 })
  await rig.publish({ requests: WARM_UP, connections: 16, rate: RATE * 2, eventTypes })
  await rig.untilReceived(WARM_UP)
  await rig.latencies()
  await rig.publish({ requests: COUNT, connections: 32, rate: RATE, eventTypes })
  await rig.untilReceived(WARM_UP + COUNT)
  const latencies = await rig.latencies()
  await rig.stop()
  return latencies
}
