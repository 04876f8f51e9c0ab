/**
 * The generic cell rate algorithm (ITU-T I.371): one number per target instead of a list of times. Allows `limit` at
 * once and `limit` per window in the long run. Pure.
 */
import type { RateLimit } from './subscription.ts'

/** The theoretical arrival time of the next attempt, epoch ms; 0 when none was made. */
export type Cell = number

/** How many attempts may start at `now`, at most `wanted`. */
export function allowance(cell: Cell, rate: RateLimit, now: number, wanted: number): number {
  const stepMs = (rate.windowS * 1000) / rate.limit
  const room = (now + rate.windowS * 1000 - Math.max(cell, now)) / stepMs
  return Math.max(0, Math.min(wanted, Math.floor(room + 1e-9)))
}

export function afterAttempts(cell: Cell, rate: RateLimit, now: number, count: number): Cell {
  return Math.max(cell, now) + (count * rate.windowS * 1000) / rate.limit
}

/** When the next attempt may start: `now`, or later. */
export function nextAllowedAt(cell: Cell, rate: RateLimit, now: number): number {
  const stepMs = (rate.windowS * 1000) / rate.limit
  return Math.max(now, Math.ceil(Math.max(cell, now) + stepMs - rate.windowS * 1000))
}
