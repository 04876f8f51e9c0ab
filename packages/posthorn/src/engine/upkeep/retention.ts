import type { Clock } from '../../ports/clock.ts'
import type { UpkeepStore } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { Periodic } from './periodic.ts'

const EVERY_MS = 60_000
/** One batch holds the store for some milliseconds; publishes commit between two batches. */
const EVENTS_A_BATCH = 200

export interface RetentionParts {
  readonly upkeep: UpkeepStore
  /** Events older than this go, unless something of them is still pending. */
  readonly retentionMs: number
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** Removes what is older than it must be kept, in small batches. */
export function createRetention({ upkeep, retentionMs, clock, telemetry }: RetentionParts): Periodic {
  const round = async (signal: AbortSignal) => {
    let more = true
    while (more && !signal.aborted) {
      const now = clock.now()
      const pruned = await upkeep.prune({ before: now - retentionMs, now, limit: EVENTS_A_BATCH })
      more = pruned.more
      const { events, deliveries, attempts } = pruned
      if (events > 0) telemetry.record({ name: 'retention.pruned', events, deliveries, attempts })
    }
  }
  return new Periodic({ name: 'retention', everyMs: EVERY_MS, round, clock, telemetry })
}
