/** What happened in a minute, small enough to keep for each: counts, and how long attempts took as a histogram. */
import type { TargetId, TenantId } from './ids.ts'

export const MINUTE_MS = 60_000

export interface MinuteCount {
  events: number
  /** Attempts that succeeded, and that did not. */
  delivered: number
  failed: number
  /** How many attempts took about so long, by bucket (`bucketOf`). */
  latency: Record<number, number>
  /** Events by their type; those beyond the first `NAMES_MAX` types under `''`. */
  types: Record<string, number>
  /** Failed attempts by their target; of the first `NAMES_MAX` that failed. */
  failing: Record<string, number>
}

/** The count of one process; those of all processes of a minute add up. */
export interface MinuteRow {
  readonly tenantId: TenantId
  /** epoch ms / 60,000 */
  readonly minute: number
  /** Of the process. */
  readonly runId: string
  readonly count: MinuteCount
}

/** Names in one count: they are chosen by others, and must not make it large. */
const NAMES_MAX = 100
/** Neighbouring buckets are 10 % apart: a percentile is right to within 5 %. */
const STEP = Math.log(1.1)

export function emptyCount(): MinuteCount {
  // Without a prototype: an event type may be called `__proto__`.
  return {
    ...{ events: 0, delivered: 0, failed: 0 },
    latency: {},
    types: Object.create(null) as Record<string, number>,
    failing: {},
  }
}

export function countEvent(count: MinuteCount, type: string): void {
  count.events += 1
  addNamed(count.types, type, 1, '')
}

export function countAttempt(
  count: MinuteCount,
  { outcome, durationMs, targetId }: { outcome: string; durationMs: number; targetId: string },
): void {
  const bucket = bucketOf(durationMs)
  count.latency[bucket] = (count.latency[bucket] ?? 0) + 1
  if (outcome === 'success') count.delivered += 1
  else {
    count.failed += 1
    addNamed(count.failing, targetId, 1, null)
  }
}

/** Adds `more` to `to`. */
export function addCount(to: MinuteCount, more: MinuteCount): void {
  to.events += more.events
  to.delivered += more.delivered
  to.failed += more.failed
  for (const [bucket, n] of Object.entries(more.latency)) {
    const at = Number(bucket)
    to.latency[at] = (to.latency[at] ?? 0) + n
  }
  for (const [type, n] of Object.entries(more.types)) to.types[type] = (to.types[type] ?? 0) + n
  for (const [target, n] of Object.entries(more.failing)) to.failing[target] = (to.failing[target] ?? 0) + n
}

/** @returns ms, to within 5 %; null where nothing was measured */
export function percentile({ latency }: MinuteCount, share: number): number | null {
  const buckets = Object.entries(latency)
    .map(([bucket, n]) => [Number(bucket), n] as const)
    .sort(([a], [b]) => a - b)
  const all = buckets.reduce((sum, [, n]) => sum + n, 0)
  let left = Math.ceil(all * share)
  for (const [bucket, n] of buckets) {
    left -= n
    if (left <= 0) return Math.round(10 * (Math.exp(bucket * STEP) - 1)) / 10
  }
  return null
}

/** @returns most first */
export function worst({ failing }: MinuteCount): Array<readonly [target: TargetId, failed: number]> {
  return Object.entries(failing)
    .map(([target, n]) => [target as TargetId, n] as const)
    .sort(([, a], [, b]) => b - a)
}

function bucketOf(ms: number): number {
  return Math.round(Math.log(Math.max(0, ms) + 1) / STEP)
}

function addNamed(named: Record<string, number>, name: string, n: number, rest: string | null): void {
  if (named[name] !== undefined) named[name] += n
  else if (Object.keys(named).length < NAMES_MAX) named[name] = n
  else if (rest !== null) named[rest] = (named[rest] ?? 0) + n
}
