/** Instants and spans in words. All instants are epoch milliseconds or the texts of the API. */

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const UNITS: ReadonlyArray<readonly [ms: number, short: string]> = [
  [DAY, 'd'],
  [HOUR, 'h'],
  [MINUTE, 'min'],
  [SECOND, 's'],
]

/** `90 s` is `1 min 30 s`; two units at most. */
export function spanText(ms: number): string {
  if (ms < SECOND) return `${Math.max(0, Math.round(ms))} ms`
  const first = UNITS.findIndex(([size]) => ms >= size)
  const [size, name] = UNITS[first] ?? [SECOND, 's']
  const count = Math.floor(ms / size)
  const next = UNITS[first + 1]
  if (next === undefined || count >= 10) return `${count} ${name}`
  const rest = Math.floor((ms - count * size) / next[0])
  return rest === 0 ? `${count} ${name}` : `${count} ${name} ${rest} ${next[1]}`
}

/** A duration that was measured: `0.4 ms`, `12 ms`, `3.2 s`. */
export function durationText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`
  if (ms < SECOND) return `${Math.round(ms)} ms`
  return ms < MINUTE ? `${(ms / SECOND).toFixed(1)} s` : spanText(ms)
}

/** How long ago, or how soon. */
export function relativeText(at: number, now: number): string {
  const away = Math.abs(now - at)
  // What has just come is newer than the last tick of the clock here, and the server's may be a little ahead.
  if (away < SECOND || (at > now && away < 2 * SECOND)) return 'now'
  const span = lastingText(0, away)
  return at <= now ? `${span} ago` : `in ${span}`
}

/** How long it has lasted: one unit. */
export function lastingText(since: number, now: number): string {
  const lasted = Math.max(now - since, SECOND)
  const [size, name] = UNITS.find(([ms]) => lasted >= ms) ?? [SECOND, 's']
  return `${Math.floor(lasted / size)} ${name}`
}

/** In the reader's zone and language: the time of day alone when it is today. */
export function localText(at: number, now: number): string {
  const date = new Date(at)
  const sameDay = date.toDateString() === new Date(now).toDateString()
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' }
  if (sameDay) return date.toLocaleTimeString(undefined, time)
  return date.toLocaleString(undefined, { ...time, year: 'numeric', month: 'short', day: 'numeric' })
}

/** Both the reader's time and the exact instant, for a tooltip. */
export function exactText(at: number): string {
  const date = new Date(at)
  if (Number.isNaN(at)) return 'no instant'
  return `${date.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })}\n${date.toISOString()}`
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })

/** `14:05`, in the reader's zone. @param ms epoch ms */
export function clockText(ms: number): string {
  return CLOCK.format(ms)
}
