/** (5) What healthy targets notice of one that hangs with 10,000 due deliveries. */
import { fixed, percentile, type Row } from '../figures.ts'
import { Rig, startTarget } from '../rig.ts'

const RATE = 300
const SECONDS = 15
const DUE = 10_000
const ROUNDS = 2

export async function isolation(): Promise<Row[]> {
  const rig = await Rig.start('sqlite')
  const healthy = await rig.subscribe(8, rig.targetUrl, { max_in_flight: 16 }, 'healthy')
  let received = 0
  const measure = async () => {
    await rig.latencies()
    await rig.publish({ requests: RATE * SECONDS, connections: 32, rate: RATE, eventTypes: healthy })
    received += RATE * SECONDS
    await rig.untilReceived(received)
    return rig.latencies()
  }
  await measure()
  const without: number[] = []
  for (let round = 0; round < ROUNDS; round++) without.push(...(await measure()))
  const hanging = await startTarget('hang')
  const sick = await rig.subscribe(1, hanging.url, { timeout_ms: 30_000 }, 'hanging')
  await rig.publish({ requests: DUE, connections: 64, rate: 0, eventTypes: sick })
  const beside: number[] = []
  for (let round = 0; round < ROUNDS; round++) beside.push(...(await measure()))
  await rig.stop()
  hanging.stop()
  const [with99, without99] = [percentile(beside, 0.99), percentile(without, 0.99)]
  const ratio = with99 / without99
  return [
    {
      what: 'healthy p99 beside a hanging target',
      figure: `${fixed(with99, 1)} ms`,
      ceiling: `${fixed(without99, 1)} ms without it`,
      ratio: fixed(ratio),
      goal: '≤ 1.5',
      met: ratio <= 1.5,
    },
  ]
}
