/**
 * At most `limit` attempts start within any span of the window's length, and as many at once as that leaves. (An
 * algorithm with one number per target, GCRA, lets nearly twice the limit through in the window after a pause.) Pure.
 */
import type { RateLimit } from './subscription.ts'

/** Attempts that started close together; they count until the window after the last of them has passed. */
interface Started {
  readonly first: number
  readonly last: number
  readonly count: number
}

/** Oldest first; epoch ms. */
export type RateLog = readonly Started[]

export const NOTHING_STARTED: RateLog = []

/** A log has about this many entries at most, and an attempt counts longer than the window by a share of one in this many. */
const ENTRIES_A_WINDOW = 64

/** What each of several processes keeps to, so that together they keep to the limit: fewer, or one in a longer window. */
export function rateShare({ limit, windowS }: RateLimit, processes: number): RateLimit {
  if (limit >= processes) return { limit: Math.floor(limit / processes), windowS }
  return { limit: 1, windowS: (windowS * processes) / limit }
}

/** How many attempts may start at `now`, at most `wanted`. */
export function allowance(log: RateLog, rate: RateLimit, now: number, wanted: number): number {
  return Math.max(0, Math.min(wanted, rate.limit - total(counting(log, rate, now))))
}

export function afterAttempts(log: RateLog, rate: RateLimit, now: number, count: number): RateLog {
  const kept = counting(log, rate, now)
  const latest = kept.at(-1)
  if (latest === undefined || now - latest.first > windowMs(rate) / ENTRIES_A_WINDOW)
    return [...kept, { first: now, last: now, count }]
  return [...kept.slice(0, -1), { first: latest.first, last: now, count: latest.count + count }]
}

/** One that was counted did not start after all. */
export function afterForgone(log: RateLog): RateLog {
  const latest = log.at(-1)
  if (latest === undefined) return log
  const others = log.slice(0, -1)
  return latest.count === 1 ? others : [...others, { ...latest, count: latest.count - 1 }]
}

/** When the next attempt may start: `now`, or later. */
export function nextAllowedAt(log: RateLog, rate: RateLimit, now: number): number {
  let left = counting(log, rate, now)
  let at = now
  while (total(left) >= rate.limit) {
    at = Math.ceil((left[0]?.last ?? now) + windowMs(rate))
    left = left.slice(1)
  }
  return at
}

/** Whether anything of it counts still. */
export function isForgotten(log: RateLog, rate: RateLimit, now: number): boolean {
  return counting(log, rate, now).length === 0
}

/** Not those after `now`: the wall clock was set back, and a target must not wait until it has caught up. */
function counting(log: RateLog, rate: RateLimit, now: number): RateLog {
  return log.filter(({ last }) => last <= now && now < last + windowMs(rate))
}

function total(log: RateLog): number {
  return log.reduce((sum, { count }) => sum + count, 0)
}

function windowMs(rate: RateLimit): number {
  return rate.windowS * 1000
}
