import type { Clock, Timer } from '../../ports/clock.ts'
import type { Queue, Wake, WakeUp } from '../../ports/queue.ts'
import type { Signals } from '../../ports/signals.ts'

export interface StoreQueueOptions {
  readonly clock: Clock
  /** To say to other processes that something is due. Whoever hears it wakes his claimer himself. */
  readonly signals?: Pick<Signals, 'due'>
}

/**
 * The store is the queue: all that is needed is a timer for the earliest thing announced, and a word to the other
 * processes where something is due now.
 */
export class StoreQueue implements Queue {
  readonly #clock: Clock
  readonly #signals: Pick<Signals, 'due'> | undefined
  #wake: Wake | null = null
  #timer: Timer | null = null
  #next: WakeUp | null = null

  constructor({ clock, signals }: StoreQueueOptions) {
    this.#clock = clock
    this.#signals = signals
  }

  announce(wakeUps: readonly WakeUp[]): void {
    const now = this.#clock.now()
    if (this.#signals !== undefined && wakeUps.some(({ at }) => at <= now)) this.#signals.due()
    if (this.#wake === null) return
    // The same time again sets the timer anew: the wall clock may have jumped since.
    for (const wakeUp of wakeUps) if (this.#next === null || wakeUp.at <= this.#next.at) this.#wait(wakeUp)
  }

  async start(wake: Wake | null): Promise<void> {
    this.#wake = wake
  }

  async stop(): Promise<void> {
    this.#wake = null
    this.#forget()
  }

  /** What was announced for later is forgotten: whoever looks then announces what is next. */
  #wait(wakeUp: WakeUp): void {
    this.#forget()
    this.#next = wakeUp
    this.#timer = this.#clock.after(Math.max(0, wakeUp.at - this.#clock.now()), () => {
      this.#forget()
      this.#wake?.([wakeUp])
    })
  }

  #forget(): void {
    this.#timer?.cancel()
    this.#timer = null
    this.#next = null
  }
}
