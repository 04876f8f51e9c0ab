import type { EventKey } from '../../domain/event.ts'
import type { PruneCount } from '../../ports/store.ts'
import type { Statements } from './database.ts'
import { keysBetween } from './hours.ts'
import { RememberedIds } from './remembered-ids.ts'

/** How many events one call looks at for each that it may remove: bounds a call among many that cannot go yet. */
const LOOKED_AT_PER_REMOVED = 10

/**
 * Removes old events in key order. It goes on where the last call stopped, so that events with something still pending
 * are looked at once a round and not once a call; at the end of a round it begins again from the oldest. The place is
 * kept in memory: after a restart a new round begins.
 */
export class Pruning {
  readonly #statements: Statements
  readonly #remembered: RememberedIds
  #after: EventKey = 0
  #requestsAfter = 0

  constructor(statements: Statements) {
    this.#statements = statements
    this.#remembered = new RememberedIds(statements)
  }

  run({ before, now, limit }: { before: number; now: number; limit: number }): PruneCount {
    const count = { events: 0, deliveries: 0, attempts: 0 }
    const expired = this.#remembered.expire(now, limit)
    const requests = this.#removeRequests(before, limit)
    const others = expired === limit || requests === limit
    const range = keysBetween(this.#statements, null, before)
    if (range === null) return { ...count, more: others }
    const lookAt = limit * LOOKED_AT_PER_REMOVED
    const rows = this.#statements
      .get(`
        select key, exists (
          select 1 from deliveries indexed by deliveries_of_event
          where event_key = events.key and state = 'pending') as busy
        from events where key > ? and key <= ? and received_at < ? order by key limit ?`)
      .iterate(this.#after, range.last, before, lookAt)
    const keys: EventKey[] = []
    let looked = 0
    for (const row of rows) {
      looked += 1
      this.#after = Number(row.key)
      if (row.busy === 0) keys.push(this.#after)
      if (keys.length === limit) break
    }
    for (const key of keys) {
      this.#remembered.keep(key, now)
      this.#remove(key, count)
    }
    const more = looked === lookAt || keys.length === limit
    if (!more) this.#endRound()
    return { ...count, more: more || others }
  }

  /** Each after its first event. Keys follow the time of receipt but for a clock that was set back. */
  #removeRequests(before: number, limit: number): number {
    const rows = this.#statements
      .get(`
        select key, received_at, exists (select 1 from events e where e.key = r.event_key) as busy
        from requests r where key > ? order by key limit ?`)
      .all(this.#requestsAfter, limit)
    const remove = this.#statements.get('delete from requests where key = ?')
    let removed = 0
    for (const { key, received_at, busy } of rows) {
      if (Number(received_at) >= before) break
      this.#requestsAfter = Number(key)
      if (busy === 0) removed += Number(remove.run(Number(key)).changes)
    }
    return removed
  }

  #remove(key: EventKey, count: { events: number; deliveries: number; attempts: number }): void {
    const attempts = this.#statements.get(`
      delete from attempts where delivery_id in (
        select id from deliveries indexed by deliveries_of_event where event_key = ?)`)
    const deliveries = this.#statements.get('delete from deliveries where event_key = ?')
    count.attempts += Number(attempts.run(key).changes)
    count.deliveries += Number(deliveries.run(key).changes)
    count.events += Number(this.#statements.get('delete from events where key = ?').run(key).changes)
  }

  #endRound(): void {
    this.#after = 0
    this.#requestsAfter = 0
    // Hours whose keys are all below the oldest event left.
    this.#statements
      .get(
        'delete from event_hours where last_key < coalesce((select min(key) from events), 9007199254740991)',
      )
      .run()
  }
}
