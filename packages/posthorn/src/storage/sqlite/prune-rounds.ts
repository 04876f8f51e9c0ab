import type { Statements } from './database.ts'
import { HOUR_MS, type HourTable, keysBetween } from './hours.ts'

/** How many rows one call looks at for each that it may remove: bounds a call among many that cannot go yet. */
const LOOKED_AT_PER_REMOVED = 10

/** A table whose rows leave by age, in the order of their keys. */
export interface PrunedTable {
  readonly rows: 'events' | 'requests'
  readonly hours: HourTable
  /** SQL about one of its rows: whether it must stay for now. */
  readonly isBusy: string
}

interface Row {
  readonly key: number
  readonly received_at: number
  readonly busy: number
}

/**
 * Finds old rows in the order of their keys. Each call goes on where the last one stopped, so that rows that must stay
 * are looked at once a round and not once a call; at the end of a round it begins again from the oldest. The place is
 * kept in memory: after a restart a new round begins.
 */
export class PruneRounds {
  readonly #statements: Statements
  readonly #table: PrunedTable
  #after = 0

  constructor(statements: Statements, table: PrunedTable) {
    this.#statements = statements
    this.#table = table
  }

  /** @returns at most `limit` keys of rows that may go, and whether this round goes on */
  next(before: number, limit: number): { keys: number[]; more: boolean } {
    const { rows, hours, isBusy } = this.#table
    const keys: number[] = []
    const range = keysBetween(this.#statements, hours, null, before)
    if (range === null) return { keys, more: false }
    // Below this key are whole hours of age: what is young there is so by a clock that was set back, and is passed over.
    const aged = keysBetween(this.#statements, hours, null, before - HOUR_MS)?.last ?? 0
    const lookAt = limit * LOOKED_AT_PER_REMOVED
    const found = this.#statements
      .get(
        `select key, received_at, ${isBusy} as busy from ${rows} where key > ? and key <= ? order by key limit ?`,
      )
      .iterate(this.#after, range.last, lookAt)
    let looked = 0
    let isDone = false
    for (const row of found as Iterable<unknown> as Iterable<Row>) {
      // Above it what follows the first young row is young too; were it not, the hour's end brings it.
      isDone = row.received_at >= before && row.key > aged
      if (isDone) break
      looked += 1
      this.#after = row.key
      if (row.busy === 0 && row.received_at < before) keys.push(row.key)
      if (keys.length === limit) break
    }
    const more = !isDone && (looked === lookAt || keys.length === limit)
    if (!more) this.#endRound()
    return { keys, more }
  }

  #endRound(): void {
    const { rows, hours } = this.#table
    this.#after = 0
    // Hours whose keys are all below the oldest row left.
    this.#statements
      .get(`delete from ${hours} where last_key < coalesce((select min(key) from ${rows}), 9007199254740991)`)
      .run()
  }
}
