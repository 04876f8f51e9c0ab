/** Counts of the minutes of a day, the same each time. */
import { countAttempt, emptyCount, type MinuteCount } from '../../../packages/posthorn/src/domain/minutes.ts'

const TYPES = [
  ['invoice.paid', 0.34],
  ['user.created', 0.22],
  ['ticket.opened', 0.16],
  ['invoice.created', 0.12],
  ['subscription.renewed', 0.09],
  ['user.deleted', 0.05],
  ['push', 0.02],
] as const

/** How long ago, in minutes, and what was counted then. */
export function countsOfADay(of: { full: string; hanging: string }): Array<[ago: number, MinuteCount]> {
  return Array.from({ length: 24 * 60 }, (_, index) => {
    // The pictures take a while: the last minutes are those in which they are taken.
    const ago = index - 3
    return [ago, countOf(ago, of)]
  })
}

function countOf(ago: number, { full, hanging }: { full: string; hanging: string }): MinuteCount {
  const count = emptyCount()
  // Busy by day, quiet at night, and never quite even.
  const events = Math.round(46 + 30 * Math.sin(ago / 230) + 9 * noise(ago) + (ago % 37 === 0 ? 24 : 0))
  const broken = ago < 124
  const failedFull = broken ? Math.round(events * 0.24 + 3 * noise(ago + 7)) : 0
  const failedHanging = ago < 62 ? Math.round(events * 0.09 + 2 * noise(ago + 3)) : 0
  count.events = events
  for (const [type, share] of TYPES) count.types[type] = Math.round(events * share)
  const usual = 38 + 6 * noise(ago + 11)
  const delivered = Math.round(events * 2.1) - failedFull - failedHanging
  for (let nth = 0; nth < delivered; nth += 1) attempted('success', nth % 10 === 0 ? usual * 3.4 : usual, '')
  for (let nth = 0; nth < failedFull; nth += 1) attempted('retry', usual, full)
  for (let nth = 0; nth < failedHanging; nth += 1) attempted('retry', 1000, hanging)
  return count

  function attempted(outcome: string, durationMs: number, targetId: string): void {
    countAttempt(count, { outcome, durationMs, targetId })
  }
}

/** −1 to 1, without a pattern that anybody would see. */
function noise(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43_758.5453
  return (value - Math.floor(value)) * 2 - 1
}
