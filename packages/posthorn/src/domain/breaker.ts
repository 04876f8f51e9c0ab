/**
 * A breaker for one target: opens after nothing but failures for a while, then lets one probe through at a time.
 * Closed targets cost no attempts and hold no slots; what is due for them waits. Pure: state in, state out.
 */
export interface Breaker {
  /** Failures since the last success. */
  readonly failures: number
  /** When the present run of failures began; epoch ms, meaningful while `failures` > 0. */
  readonly since: number
  /** Not before this may the next probe go; null while closed, that is while attempts flow. */
  readonly openUntil: number | null
  /** How often the probe failed in a row: doubles the wait. */
  readonly trips: number
}

/** Enough to tell a dead target from a bad minute … */
const FAILURES_TO_OPEN = 10
/** … and long enough that short retry schedules run as they were asked for. */
const FAILING_MS_TO_OPEN = 10_000
const FIRST_WAIT_MS = 5_000
const LONGEST_WAIT_MS = 300_000

export const CLOSED_BREAKER: Breaker = { failures: 0, since: 0, openUntil: null, trips: 0 }

export function afterSuccess(): Breaker {
  return CLOSED_BREAKER
}

export function afterFailure(breaker: Breaker, now: number): Breaker {
  const since = breaker.failures === 0 ? now : breaker.since
  const failures = breaker.failures + 1
  const opens =
    breaker.openUntil !== null || (failures >= FAILURES_TO_OPEN && now - since >= FAILING_MS_TO_OPEN)
  if (!opens) return { failures, since, openUntil: null, trips: 0 }
  // Attempts that were under way when it opened fail too, but say nothing new: the wait grows only by probes.
  if (breaker.openUntil !== null && now < breaker.openUntil) return { ...breaker, failures }
  const wait = Math.min(FIRST_WAIT_MS * 2 ** breaker.trips, LONGEST_WAIT_MS)
  return { failures, since, openUntil: now + wait, trips: breaker.trips + 1 }
}
