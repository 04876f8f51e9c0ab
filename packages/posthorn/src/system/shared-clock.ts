import type { Clock, Timer } from '../ports/clock.ts'

/** Closer than this nothing is corrected: clocks tick in whole milliseconds and a little unevenly. */
const CLOSE_MS = 20
/** People are told of a correction from here on. */
const TOLD_MS = 250

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

  /** @param told of each large correction: how far this machine's clock is ahead */
  constructor(own: Clock, told: (aheadMs: number) => void) {
    this.#own = own
    this.#told = told
  }

  /**
   * The store's time lies between what it said and that plus the whole way there and back: a process that was stopped on
   * that way, or a slow network, must not move the clock by half of it. Only what is surely wrong is corrected.
   *
   * @param said what the store says; epoch ms
   * @param wayMs how long the question and the answer took together
   */
  agree(said: number, wayMs = 0): void {
    const mine = this.now()
    if (this.#origin !== null && mine > said - CLOSE_MS && mine < said + wayMs + CLOSE_MS) return
    const now = said + wayMs / 2
    this.#origin = now - this.#own.elapsed()
    const aheadMs = this.#own.now() - now
    if (Math.abs(now - mine) >= TOLD_MS) this.#told(aheadMs)
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
