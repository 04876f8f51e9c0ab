import { usageError } from '../exit.ts'

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])
const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/
/** RFC 3339, or a day alone, which begins at midnight UTC. */
const INSTANT = /^\d{4}-\d{2}-\d{2}(?:[Tt ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/

/** `90s`, `15m`, `2h`, `7d`, `250ms` in milliseconds; null when it is none. */
export function durationMs(text: string): number | null {
  const match = DURATION.exec(text)
  return match ? Number(match[1]) * (UNITS.get(match[2] ?? '') ?? 0) : null
}

/**
 * An instant on the command line: RFC 3339 with a zone, a day, `now`, or a distance from now (`2h`), which lies in the
 * past or, for what is to come, in the future.
 * @returns epoch milliseconds
 */
export function parseInstant(option: string, text: string, nowMs: number, distance: 'ago' | 'ahead'): number {
  if (text === 'now') return nowMs
  const span = durationMs(text)
  if (span !== null) return Math.round(distance === 'ago' ? nowMs - span : nowMs + span)
  const at = INSTANT.test(text) ? new Date(text.replace(' ', 'T')).getTime() : Number.NaN
  if (Number.isNaN(at))
    throw usageError(
      `${option} ${JSON.stringify(text)} is no time: write 2026-01-31T12:00:00Z (with a zone), 2026-01-31, or a distance such as 90s, 15m, 2h or 7d.`,
    )
  return at
}

export function isoOf(epochMs: number): string {
  return new Date(epochMs).toISOString()
}

/** An instant of the API for people, to the second: `2026-01-31 12:00:00Z`. */
export function shortInstant(iso: string | null): string {
  return iso === null ? '' : `${iso.slice(0, 19).replace('T', ' ')}Z`
}

/** `250 ms`, `1.2 s`, `3 min`, `2.5 h`, `4 days` */
export function spanText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${trimmed(ms / 1000)} s`
  if (ms < 3_600_000) return `${trimmed(ms / 60_000)} min`
  if (ms < 2 * 86_400_000) return `${trimmed(ms / 3_600_000)} h`
  return `${trimmed(ms / 86_400_000)} days`
}

function trimmed(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}
