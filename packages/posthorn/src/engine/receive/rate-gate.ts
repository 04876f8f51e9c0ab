import {
  afterAttempts,
  allowance,
  NOTHING_STARTED,
  nextAllowedAt,
  type RateLog,
} from '../../domain/rate-limiter.ts'
import type { RateLimit } from '../../domain/subscription.ts'

/** Names that are remembered. A log takes up to 4 KB, most often some 200 bytes. */
const NAMES_MAX = 10_000

/** How often something happened of late, by name; outlives the inboxes that ask. The longest unused names leave first. */
export class RateGate {
  readonly #logs = new Map<string, RateLog>()
  readonly #namesMax: number

  constructor(namesMax: number = NAMES_MAX) {
    this.#namesMax = namesMax
  }

  /** How many more there may be at `now`. */
  left(name: string, rate: RateLimit, now: number): number {
    return allowance(this.#logs.get(name) ?? NOTHING_STARTED, rate, now, rate.limit)
  }

  /** Milliseconds until there may be another one; 0: now. */
  waitMs(name: string, rate: RateLimit, now: number): number {
    return nextAllowedAt(this.#logs.get(name) ?? NOTHING_STARTED, rate, now) - now
  }

  count(name: string, rate: RateLimit, now: number): void {
    const log = this.#logs.get(name) ?? NOTHING_STARTED
    this.#logs.delete(name)
    this.#logs.set(name, afterAttempts(log, rate, now, 1))
    // Even if it counts still: memory is bounded, whatever strangers do.
    const [oldest] = this.#logs.keys()
    if (this.#logs.size > this.#namesMax && oldest !== undefined) this.#logs.delete(oldest)
  }

  /** Counts one if there may be one. */
  take(name: string, rate: RateLimit, now: number): boolean {
    if (this.waitMs(name, rate, now) > 0) return false
    this.count(name, rate, now)
    return true
  }
}
