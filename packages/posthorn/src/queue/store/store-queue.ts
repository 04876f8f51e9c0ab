import type { TargetId } from '../../domain/ids.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Queue } from '../../ports/queue.ts'

export interface StoreQueueOptions {
  readonly clock: Clock
  /** The safety net: a wake-up that was missed is late by this at most. Default 1000 ms; one cheap look each. */
  readonly pollMs?: number
}

/** The store is the queue: a timer for the earliest thing announced, and a poll. */
export class StoreQueue implements Queue {
  readonly #clock: Clock
  readonly #pollMs: number
  #wake: (() => void) | null = null
  #timer: Timer | null = null
  #timerAt = Number.POSITIVE_INFINITY

  constructor({ clock, pollMs = 1000 }: StoreQueueOptions) {
    this.#clock = clock
    this.#pollMs = pollMs
  }

  announce(lanes: ReadonlyArray<{ readonly targetId: TargetId | null; readonly at: number }>): void {
    if (this.#wake === null) return
    for (const { at } of lanes) this.#setTimer(at)
  }

  async start(wake: () => void): Promise<void> {
    this.#wake = wake
    this.#setTimer(this.#clock.now() + this.#pollMs)
  }

  async stop(): Promise<void> {
    this.#wake = null
    this.#timer?.cancel()
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  #setTimer(at: number): void {
    if (at >= this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = this.#clock.after(Math.max(0, at - this.#clock.now()), () => this.#fire())
  }

  #fire(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    this.#wake?.()
    if (this.#wake !== null) this.#setTimer(this.#clock.now() + this.#pollMs)
  }
}
