/** The tables of hours: which keys were received in which hour. */
import type { EventKey } from '../../domain/event.ts'
import type { Statements } from './database.ts'

export const HOUR_MS = 3_600_000

export type HourTable = 'event_hours' | 'request_hours'

export interface KeyRange {
  readonly first: EventKey
  readonly last: EventKey
}

/** The keys of one insert by hour, written once at its end. */
export class HourNotes {
  readonly #table: HourTable
  readonly #ranges = new Map<number, KeyRange>()

  constructor(table: HourTable) {
    this.#table = table
  }

  add(receivedAt: number, key: EventKey): void {
    const hour = Math.floor(receivedAt / HOUR_MS)
    const range = this.#ranges.get(hour)
    // keys grow within one insert
    this.#ranges.set(hour, { first: range?.first ?? key, last: key })
  }

  write(statements: Statements): void {
    const upsert = statements.get(`
      insert into ${this.#table} (hour, first_key, last_key) values (?, ?, ?)
      on conflict do update set
        first_key = min(first_key, excluded.first_key), last_key = max(last_key, excluded.last_key)`)
    for (const [hour, range] of this.#ranges) upsert.run(hour, range.first, range.last)
  }
}

/**
 * Keys among which all events received in [since, until) are; null bounds are open. There may be others in the range:
 * it is whole hours wide.
 * @returns null when there can be none
 */
export function keysBetween(
  statements: Statements,
  table: HourTable,
  since: number | null,
  until: number | null,
): KeyRange | null {
  const row = statements
    .get(`select min(first_key) as first, max(last_key) as last from ${table} where hour >= ? and hour <= ?`)
    .get(hourOf(since, -Number.MAX_SAFE_INTEGER), hourOf(until, Number.MAX_SAFE_INTEGER))
  if (row?.first == null) return null
  return { first: Number(row.first), last: Number(row.last) }
}

function hourOf(time: number | null, open: number): number {
  return time === null ? open : Math.floor(time / HOUR_MS)
}
