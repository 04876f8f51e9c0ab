import type { Clock, Timer } from '../ports/clock.ts'
import type { Wake, WakeUp } from '../ports/queue.ts'

/**
 * A wake-up that comes before its time, since the clock of the process or the server that kept it is ahead, waits here.
 * Of several the earliest: whoever looks then announces what is next.
 */
export class Early {
  readonly #clock: Clock
  #waiting: WakeUp | null = null
  #timer: Timer | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  pass(wakeUp: WakeUp, wake: Wake): void {
    const rest = wakeUp.at - this.#clock.now()
    if (rest <= 0) wake([wakeUp])
    else if (this.#waiting === null || wakeUp.at < this.#waiting.at) {
      this.stop()
      this.#waiting = wakeUp
      this.#timer = this.#clock.after(rest, () => {
        this.#waiting = null
        // The wall clock may have been set meanwhile.
        this.pass(wakeUp, wake)
      })
    }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#waiting = null
  }
}
