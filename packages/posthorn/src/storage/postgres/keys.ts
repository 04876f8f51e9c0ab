/**
 * A key is the day of receipt before a number that only grows: `day << 37 | number`. So keys grow with time, a day is a
 * range of keys, and the tables are partitioned by key alone: a question about a time is one about keys, and a day
 * leaves by dropping its partition. 2^37 events in all, days until 2059: both within the 53 bits of a number.
 */
import type { EventKey } from '../../domain/event.ts'

export const DAY_MS = 86_400_000
/** 2^37 */
const KEYS_A_DAY = 137_438_953_472
export const LAST_DAY = 32_767

export function dayOf(time: number): number {
  return Math.min(Math.max(0, Math.floor(time / DAY_MS)), LAST_DAY)
}

export function firstKeyOf(day: number): EventKey {
  return day * KEYS_A_DAY
}

export interface KeyRange {
  readonly first: EventKey
  readonly last: EventKey
}

/** Keys of all events received in [since, until); null bounds are open. It is whole days wide. */
export function keysBetween(since: number | null, until: number | null): KeyRange {
  return {
    first: since === null ? 0 : firstKeyOf(dayOf(since)),
    last: until === null ? Number.MAX_SAFE_INTEGER : firstKeyOf(dayOf(until) + 1) - 1,
  }
}

/** The same day in SQL, of a column of milliseconds. */
export const KEY_OF = (receivedAt: string, number: string) =>
  `(least(greatest(floor(${receivedAt} / ${DAY_MS}.0), 0), ${LAST_DAY})::bigint << 37) | ${number}`

/** … and back: the number within a key, in SQL. */
export const numberIn = (key: string) => `${key} & ${KEYS_A_DAY - 1}`
