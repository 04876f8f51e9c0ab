import type { EventKey } from '../../domain/event.ts'
import type { PruneCount } from '../../ports/store.ts'
import type { Statements } from './database.ts'
import { PruneRounds } from './prune-rounds.ts'
import { RememberedIds } from './remembered-ids.ts'

interface PruneRequest {
  readonly before: number
  readonly now: number
  readonly limit: number
}

type Removed = Omit<PruneCount, 'more'>

/** Removes what is old: events with all that is theirs, then requests, whose events went before them. */
export class Pruning {
  readonly #statements: Statements
  readonly #remembered: RememberedIds
  readonly #events: PruneRounds
  readonly #requests: PruneRounds

  constructor(statements: Statements) {
    this.#statements = statements
    this.#remembered = new RememberedIds(statements)
    this.#events = new PruneRounds(statements, {
      rows: 'events',
      hours: 'event_hours',
      isBusy: `exists (
        select 1 from deliveries indexed by deliveries_of_event where event_key = events.key and state = 'pending')`,
    })
    this.#requests = new PruneRounds(statements, {
      rows: 'requests',
      hours: 'request_hours',
      isBusy:
        'exists (select 1 from events where key >= requests.event_key and key <= requests.last_event_key)',
    })
  }

  run({ before, now, limit }: PruneRequest): PruneCount {
    const expired = this.#remembered.expire(now, limit)
    const events = this.#events.next(before, limit)
    const count = { events: events.keys.length, deliveries: 0, attempts: 0, requests: 0 }
    for (const key of events.keys) {
      this.#remembered.keep(key, now)
      this.#remove(key, count)
    }
    const requests = this.#requests.next(before, limit)
    const remove = this.#statements.get('delete from requests where key = ?')
    for (const key of requests.keys) remove.run(key)
    const more = expired === limit || events.more || requests.more
    return { ...count, requests: requests.keys.length, more }
  }

  #remove(key: EventKey, count: { -readonly [K in keyof Removed]: number }): void {
    const attempts = this.#statements.get(`
      delete from attempts where delivery_id in (
        select id from deliveries indexed by deliveries_of_event where event_key = ?)`)
    const deliveries = this.#statements.get('delete from deliveries where event_key = ?')
    count.attempts += Number(attempts.run(key).changes)
    count.deliveries += Number(deliveries.run(key).changes)
    this.#statements.get('delete from events where key = ?').run(key)
  }
}
