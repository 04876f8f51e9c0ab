/**
 * When a failed delivery is attempted again. A schedule is data: delays in seconds between one attempt and the next.
 */
const MINUTE = 60
const HOUR = 3600

/** Delays in seconds after the first, second … attempt. */
export const RETRY_PRESETS = {
  /** The Standard Webhooks schedule; ten attempts over 75 hours. */
  standard: [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR],
  fast: [5, 25, 2 * MINUTE, 10 * MINUTE, HOUR],
  patient: [MINUTE, 5 * MINUTE, 25 * MINUTE, 2 * HOUR, 10 * HOUR],
} as const satisfies Record<string, readonly number[]>

export type RetryPresetName = keyof typeof RETRY_PRESETS

export interface ExponentialRetry {
  readonly baseS: number
  readonly factor: number
  readonly maxS: number
  /** Attempts in all, the first included. */
  readonly attempts: number
}

/** A preset's name, a list of delays in seconds (fractions allowed), or an exponential curve. */
export type RetryPolicy = RetryPresetName | readonly number[] | ExponentialRetry

/** Added to each delay, never subtracted: up to a tenth of it. Spreads targets that failed together. */
const JITTER_SHARE = 0.1

/** The longest a `Retry-After` may move an attempt: 24 hours. */
export const MAX_RETRY_AFTER_MS = 24 * HOUR * 1000

/** The delay after attempt number `attempt` (1 for the first) without jitter, or null when there is no further one. */
export function baseDelayMs(policy: RetryPolicy, attempt: number): number | null {
  if (typeof policy === 'string') return listDelayMs(RETRY_PRESETS[policy], attempt)
  if (Array.isArray(policy)) return listDelayMs(policy as readonly number[], attempt)
  const curve = policy as ExponentialRetry
  if (attempt >= curve.attempts) return null
  return Math.min(curve.baseS * curve.factor ** (attempt - 1), curve.maxS) * 1000
}

function listDelayMs(delaysS: readonly number[], attempt: number): number | null {
  const delayS = delaysS[attempt - 1]
  return delayS === undefined ? null : delayS * 1000
}

export interface RetryQuestion {
  readonly policy: RetryPolicy
  /** Attempts made since the schedule started; at least 1. */
  readonly attempt: number
  /** What the target asked for, from now; null when it did not. */
  readonly retryAfterMs: number | null
  /** In [0, 1). */
  readonly jitter: number
}

/**
 * How long to wait before the next attempt, or null when the schedule is used up.
 *
 * | policy | delays before attempt 2, 3, … (jitter 0) |
 * |---|---|
 * | standard | 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h |
 * | fast | 5 s, 25 s, 2 m, 10 m, 1 h |
 * | patient | 1 m, 5 m, 25 m, 2 h, 10 h |
 * | {base 1, factor 2, max 60, attempts 5} | 1 s, 2 s, 4 s, 8 s |
 *
 * `Retry-After` moves an attempt later, never earlier, and by at most 24 hours.
 */
export function nextDelayMs(question: RetryQuestion): number | null {
  const base = baseDelayMs(question.policy, question.attempt)
  if (base === null) return null
  const jittered = base + base * JITTER_SHARE * question.jitter
  const asked = Math.min(question.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS)
  return Math.round(Math.max(jittered, asked))
}
