import type { Clock, Timer } from '../ports/clock.ts'
import { systemClock } from '../system/clock.ts'

/** More timers than this in one `advance` is a timer that arms itself again without waiting. */
const RUNS_MAX = 100_000
/** Real turns of the event loop after each timer: enough for chains of promises and I/O that is ready. */
const QUIET_TURNS = 3

interface FakeTimer extends Timer {
  readonly at: number
  readonly run: () => void
}

/**
 * A clock that stands still until it is moved. Timers run in the order in which they fall due, those of the same time
 * in the order in which they were made. `nextTurn` is the real one: gathering needs no time to pass.
 */
export class FakeClock implements Clock {
  #wall: number
  #elapsed = 0
  #timers: FakeTimer[] = []
  #turns = 0
  #moving = false

  /** @param start epoch ms; default 2026-01-01T00:00:00Z */
  constructor(start: number = Date.UTC(2026, 0, 1)) {
    this.#wall = start
  }

  now(): number {
    return this.#wall
  }

  elapsed(): number {
    return this.#elapsed
  }

  /** How many timers wait: zero after a clean stop. */
  get waiting(): number {
    return this.#timers.length
  }

  /** Milliseconds until the next timer, or null when none waits. */
  get nextIn(): number | null {
    const next = this.#next()
    return next ? next.at - this.#elapsed : null
  }

  after(delayMs: number, run: () => void): Timer {
    const timer: FakeTimer = {
      at: this.#elapsed + Math.max(0, delayMs),
      run,
      cancel: () => this.#remove(timer),
    }
    this.#timers.push(timer)
    return timer
  }

  nextTurn(run: () => void): void {
    this.#turns += 1
    systemClock.nextTurn(() => {
      this.#turns -= 1
      run()
    })
  }

  /**
   * Moves time forward and runs the timers that fall due on the way, each at its own time. Between them, and at both
   * ends, promises and `nextTurn` callbacks get to run.
   */
  async advance(ms: number): Promise<void> {
    if (this.#moving) throw new Error('FakeClock.advance: an earlier advance still runs; await it first')
    this.#moving = true
    try {
      await this.#moveTo(this.#elapsed + ms)
    } finally {
      this.#moving = false
    }
  }

  /** The wall clock is set, as by NTP or by hand; durations and timers do not notice. */
  setWall(epochMs: number): void {
    this.#wall = epochMs
  }

  /** Lets promises and `nextTurn` callbacks run without moving time. */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      await new Promise<void>((resolve) => systemClock.nextTurn(resolve))
      if (this.#turns > 0) quiet = 0
    }
  }

  async #moveTo(end: number): Promise<void> {
    await this.settle()
    for (let runs = 0; ; runs += 1) {
      const timer = this.#next()
      if (!timer || timer.at > end) break
      if (runs === RUNS_MAX)
        throw new Error(`FakeClock.advance: ${RUNS_MAX} timers ran and there are still more`)
      this.#remove(timer)
      this.#jumpTo(timer.at)
      timer.run()
      await this.settle()
    }
    this.#jumpTo(end)
    await this.settle()
  }

  #jumpTo(elapsed: number): void {
    // A timer made overdue stays where time is: it never runs backwards.
    const step = Math.max(0, elapsed - this.#elapsed)
    this.#elapsed += step
    this.#wall += step
  }

  #next(): FakeTimer | undefined {
    return this.#timers.reduce<FakeTimer | undefined>(
      (first, timer) => (first && first.at <= timer.at ? first : timer),
      undefined,
    )
  }

  #remove(timer: FakeTimer): void {
    this.#timers = this.#timers.filter((other) => other !== timer)
  }
}
