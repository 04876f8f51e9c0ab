import type { Clock, Timer } from '../ports/clock.ts'

/** Node runs a timer of more than 2^31-1 ms at once; a longer wait is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** The machine's own time. Its timers do not keep the process alive. */
export const systemClock: Clock = makeClock(false)

/** As `systemClock`, but its timers keep the process alive: for waits that are the point, such as those of tests. */
export const wakefulClock: Clock = makeClock(true)

function makeClock(keepsAlive: boolean): Clock {
  return {
    now: () => Date.now(),
    elapsed: () => performance.now(),
    after: (delayMs, run) => new SystemTimer(delayMs, run, keepsAlive),
    // The next turn stays a reference: what was gathered for it must still be written when nothing else is left.
    nextTurn: (run) => {
      setImmediate(run)
    },
  }
}

class SystemTimer implements Timer {
  readonly #run: () => void
  readonly #keepsAlive: boolean
  #leftMs: number
  #handle: NodeJS.Timeout | undefined

  constructor(delayMs: number, run: () => void, keepsAlive: boolean) {
    this.#leftMs = Math.max(0, delayMs)
    this.#run = run
    this.#keepsAlive = keepsAlive
    this.#arm()
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }

  #arm(): void {
    const stretchMs = Math.min(this.#leftMs, LONGEST_TIMER_MS)
    this.#leftMs -= stretchMs
    this.#handle = setTimeout(() => (this.#leftMs > 0 ? this.#arm() : this.#run()), stretchMs)
    if (!this.#keepsAlive) this.#handle.unref()
  }
}
