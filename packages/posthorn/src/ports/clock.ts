/** Time, of two kinds. Nothing else in Posthorn may look at a clock or start a timer. */
export interface Clock {
  /** Wall clock, epoch milliseconds. */
  now(): number
  /** Milliseconds that only grow, for durations. */
  elapsed(): number
  /** Runs `run` once after `delayMs`. The timer does not keep the process alive. */
  after(delayMs: number, run: () => void): Timer
  /** Runs `run` after the I/O that is ready now was handled: the window in which callers are gathered. */
  nextTurn(run: () => void): void
}

export interface Timer {
  cancel(): void
}
