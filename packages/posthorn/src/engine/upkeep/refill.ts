import type { Clock } from '../../ports/clock.ts'
import type { Queue } from '../../ports/queue.ts'
import type { LaneStore } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { Periodic } from './periodic.ts'

/** With several processes it is more often. */
const EVERY_MS = 20_000
/** So that what falls due before the next round is known by then. */
const AHEAD_MS = 60_000
const LANES_A_ROUND = 1_000

/** Puts back what the server behind the queue has forgotten: within 30 s it knows again what is due and falls due soon. */
export function createRefill(parts: {
  lanes: LaneStore
  queue: Queue
  clock: Clock
  telemetry: Telemetry
}): Periodic {
  const { lanes, queue, clock, telemetry } = parts
  const round = async () => {
    queue.announce(await lanes.due(clock.now() + AHEAD_MS, LANES_A_ROUND))
  }
  return new Periodic({ name: 'refill', everyMs: EVERY_MS, round, clock, telemetry })
}
