import type { Clock } from '../../ports/clock.ts'
import type { LaneStore } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Claimer } from '../deliver/claimer.ts'
import { Periodic } from './periodic.ts'

const EVERY_MS = 5_000
/** A bounded transaction, however many leases a dead process held. */
const LEASES_A_ROUND = 1_000

/** Takes back the leases of processes that died or hang: their deliveries are due again, and count no attempt. */
export function createSweeper(parts: {
  lanes: LaneStore
  claimer: Claimer
  clock: Clock
  telemetry: Telemetry
}): Periodic {
  const { lanes, claimer, clock, telemetry } = parts
  const round = async (signal: AbortSignal) => {
    let expired: number
    do {
      expired = await lanes.expireLeases(clock.now(), LEASES_A_ROUND)
      if (expired > 0) telemetry.record({ name: 'lease.expired', count: expired })
      if (expired > 0) claimer.dueNow(null)
    } while (expired === LEASES_A_ROUND && !signal.aborted)
  }
  return new Periodic({ name: 'sweeper', everyMs: EVERY_MS, round, clock, telemetry })
}
