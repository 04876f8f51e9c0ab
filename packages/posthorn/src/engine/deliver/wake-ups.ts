import type { TargetId } from '../../domain/ids.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Queue, WakeUp } from '../../ports/queue.ts'

export interface WakeUpsParts {
  readonly queue: Queue
  readonly clock: Clock
  /** Wakes this often, whatever the queue does. @default 1000 */
  readonly pollMs?: number
  /** epoch ms */
  readonly lastLookAt: () => number
  /** Whether this process could take something. */
  readonly hasRoom: () => boolean
  readonly wake: () => void
}

const POLL_MS = 1_000
/** A queue that works has woken somebody by then: so this process looks only where it alone can notice. */
const GRACE_MS = 1_000
/** A process that is full asks the others again after this long. */
const HELP_MS = 200

/**
 * When a process looks for due work: when the queue says so, and, as the safety net under every queue, by itself. A
 * queue that says nothing at all makes deliveries later, by a second for those of which this process knows and by a
 * poll for those of others, and loses none.
 */
export class WakeUps {
  readonly #parts: WakeUpsParts
  #running = false
  #poll: Timer | null = null
  #timer: Timer | null = null
  #timerAt = Number.POSITIVE_INFINITY

  constructor(parts: WakeUpsParts) {
    this.#parts = parts
  }

  /** @param attempts false: this process only tells the others */
  async start(attempts: boolean): Promise<void> {
    this.#running = attempts
    if (attempts) this.#pollOn()
    await this.#parts.queue.start(attempts ? () => this.#woken() : null)
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#poll?.cancel()
    this.#timer?.cancel()
    await this.#parts.queue.stop()
  }

  /** Something falls due then, perhaps now: this process or another one is to look. */
  announce(wakeUps: readonly WakeUp[]): void {
    this.#parts.queue.announce(wakeUps)
    for (const { at } of wakeUps) this.#set(at + GRACE_MS, at)
  }

  later(targetId: TargetId | null, at: number): void {
    this.announce([{ targetId, at }])
  }

  /** This process looks again after a while, and asks nobody else to. */
  again(delayMs: number): void {
    this.#set(this.#parts.clock.now() + delayMs, Number.POSITIVE_INFINITY)
  }

  /** More is due than this process can take, and the queue may have woken this one only. */
  askOthers(): void {
    if (this.#running) this.#parts.queue.announce([{ targetId: null, at: this.#parts.clock.now() + HELP_MS }])
  }

  #woken(): void {
    if (!this.#parts.hasRoom()) this.askOthers()
    this.#parts.wake()
  }

  #pollOn(): void {
    this.#poll = this.#parts.clock.after(this.#parts.pollMs ?? POLL_MS, () => {
      this.#pollOn()
      this.#parts.wake()
    })
  }

  #set(at: number, unlessLookedSince: number): void {
    // The same time again sets the timer anew: the wall clock may have jumped since.
    if (!this.#running || at > this.#timerAt) return
    this.#timer?.cancel()
    this.#timerAt = at
    this.#timer = this.#parts.clock.after(Math.max(0, at - this.#parts.clock.now()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY
      if (this.#parts.lastLookAt() < unlessLookedSince) this.#parts.wake()
    })
  }
}
