import type { Clock, Timer } from '../ports/clock.ts'

/** Closer than this nothing is corrected: an answer takes that long on the way, and a clock must not jump for nothing. */
const CLOSE_MS = 250

/**
 * One time for all processes that share a store. Leases are compared across processes: one whose wall clock is an hour
 * ahead would take every lease for ended. So once the store has said what time it is, that is the time, carried on by
 * the clock that only grows: a wall clock that is set while the process runs changes nothing either.
 */
export class SharedClock implements Clock {
  readonly #own: Clock
  readonly #told: (aheadMs: number) => void
  /** Store's time at `elapsed()` 0; null: it has not said. */
  #origin: number | null = null

  /** @param told of each correction by more than the answer's way: how far this machine's clock is ahead */
  constructor(own: Clock, told: (aheadMs: number) => void) {
    this.#own = own
    this.#told = told
  }

  /** @param now what the store says just now; epoch ms */
  agree(now: number): void {
    if (Math.abs(now - this.now()) < CLOSE_MS && this.#origin !== null) return
    this.#origin = now - this.#own.elapsed()
    const aheadMs = this.#own.now() - now
    if (Math.abs(aheadMs) >= CLOSE_MS) this.#told(aheadMs)
  }

  now(): number {
    return this.#origin === null ? this.#own.now() : Math.round(this.#origin + this.#own.elapsed())
  }

  elapsed(): number {
    return this.#own.elapsed()
  }

  after(delayMs: number, run: () => void): Timer {
    return this.#own.after(delayMs, run)
  }

  nextTurn(run: () => void): void {
    this.#own.nextTurn(run)
  }
}
