import { MINUTE_MS } from '../../domain/minutes.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { Periodic } from './periodic.ts'

const EVERY_MS = 60_000
/** The longest window that can be asked for is a day. */
const KEEP_MINUTES_MS = 26 * 3_600_000
/** One batch holds the store for some milliseconds; publishes commit between two batches. */
const EVENTS_A_BATCH = 200
/** Single rows without anything that is theirs. */
const ROWS_A_BATCH = 1000

export interface RetentionParts {
  readonly store: Pick<Store, 'upkeep' | 'audit' | 'alerts' | 'sessions' | 'bulks' | 'minutes'>
  /** Events older than this go, unless something of them is still pending. */
  readonly retentionMs: number
  /** Entries of the audit log older than this go. */
  readonly keepAuditMs: number
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** Removes what is older than it must be kept, in small batches. */
export function createRetention(parts: RetentionParts): Periodic {
  const { store, retentionMs, keepAuditMs, clock, telemetry } = parts
  const round = async (signal: AbortSignal) => {
    let more = true
    while (more && !signal.aborted) {
      const now = clock.now()
      const pruned = await store.upkeep.prune({ before: now - retentionMs, now, limit: EVENTS_A_BATCH })
      more = pruned.more
      const { events, deliveries, attempts } = pruned
      if (events > 0) telemetry.record({ name: 'retention.pruned', events, deliveries, attempts })
    }
    await inBatches(signal, () => store.audit.prune(clock.now() - keepAuditMs, ROWS_A_BATCH))
    await inBatches(signal, () => store.alerts.prune(clock.now() - keepAuditMs, ROWS_A_BATCH))
    await inBatches(signal, () => store.sessions.prune(clock.now(), ROWS_A_BATCH))
    await inBatches(signal, () => store.bulks.prune(clock.now() - retentionMs, ROWS_A_BATCH))
    const oldest = Math.floor((clock.now() - KEEP_MINUTES_MS) / MINUTE_MS)
    await inBatches(signal, () => store.minutes.prune(oldest, ROWS_A_BATCH))
  }
  return new Periodic({ name: 'retention', everyMs: EVERY_MS, round, clock, telemetry })
}

async function inBatches(signal: AbortSignal, prune: () => Promise<number>): Promise<void> {
  while (!signal.aborted) if ((await prune()) < ROWS_A_BATCH) return
}
