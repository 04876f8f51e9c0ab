import type { TargetId } from '../domain/ids.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { WakeUp } from '../ports/queue.ts'

export interface OutboxParts {
  readonly clock: Clock
  /** One batch at a time. A rejection is told to `failed`, and the batch forgotten. */
  readonly send: (batch: readonly Outgoing[]) => Promise<void>
  readonly failed: (error: unknown, batch: readonly WakeUp[]) => void
}

export interface Outgoing extends WakeUp {
  /** Its time has come. */
  readonly now: boolean
}

/** Up to 50 batches a second: with BullMQ's 100 µs of a processor for each job, some percent of one at the most. */
const EVERY_MS = 20
/** Wake-ups of a lane within such a span are one, at its end: so they are late by this at the most. */
const ROUND_MS = 200
/** What falls due later is announced again by then; so the server holds minutes, whatever waits in the store. */
const AHEAD_MS = 120_000
/** More lanes than this in one batch are announced as "some lane". */
const LANES = 32
const PENDING = 1_000
/** What was sent is not sent again for this long; then it is, since the server may have forgotten it. */
const SENT_MS = 1_000

/**
 * Makes few wake-ups of many, on their way to a server: whatever is announced, the work and the memory for it stay
 * within fixed bounds. The first after a pause goes at once.
 */
export class Outbox {
  readonly #parts: OutboxParts
  readonly #lanes = new Set<TargetId>()
  readonly #sent = new Set<string>()
  #pending = new Map<string, Outgoing>()
  #sentSince = Number.NEGATIVE_INFINITY
  #lastAt = Number.NEGATIVE_INFINITY
  #timer: Timer | null = null
  #busy = false
  #stopped = false

  constructor(parts: OutboxParts) {
    this.#parts = parts
  }

  add(wakeUps: readonly WakeUp[]): void {
    if (this.#stopped) return
    const now = this.#parts.clock.now()
    this.#forgetSent()
    for (const wakeUp of wakeUps) this.#add(wakeUp, now)
    if (this.#pending.size > 0) this.#plan()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#pending.clear()
  }

  #add({ targetId, at }: WakeUp, now: number): void {
    if (at - now > AHEAD_MS || this.#pending.size >= PENDING) return
    const due = at <= now
    const time = due ? now : Math.ceil(at / ROUND_MS) * ROUND_MS
    const lane = targetId === null || this.#mayName(targetId) ? targetId : null
    const key = `${lane}@${due ? 'now' : time}`
    if (this.#pending.has(key) || this.#sent.has(key)) return
    this.#pending.set(key, { targetId: lane, at: time, now: due })
  }

  #mayName(targetId: TargetId): boolean {
    if (this.#lanes.size < LANES) this.#lanes.add(targetId)
    return this.#lanes.has(targetId)
  }

  #forgetSent(): void {
    const elapsed = this.#parts.clock.elapsed()
    if (elapsed - this.#sentSince < SENT_MS) return
    this.#sent.clear()
    this.#sentSince = elapsed
  }

  #plan(): void {
    if (this.#busy || this.#timer !== null) return
    const rest = this.#lastAt + EVERY_MS - this.#parts.clock.elapsed()
    if (rest > 0) this.#timer = this.#parts.clock.after(rest, () => this.#flush())
    else {
      // Not yet: the rest of what this turn announces goes along.
      this.#busy = true
      this.#parts.clock.nextTurn(() => this.#flush())
    }
  }

  async #flush(): Promise<void> {
    this.#timer = null
    const batch = [...this.#pending.entries()]
    this.#pending = new Map()
    this.#lanes.clear()
    if (this.#stopped || batch.length === 0) {
      this.#busy = false
      return
    }
    this.#busy = true
    this.#lastAt = this.#parts.clock.elapsed()
    for (const [key, { now }] of batch) if (!now) this.#sent.add(key)
    const sent = batch.map(([, outgoing]) => outgoing)
    try {
      await this.#parts.send(sent)
    } catch (error) {
      this.#parts.failed(error, sent)
    }
    this.#busy = false
    if (this.#pending.size > 0 && !this.#stopped) this.#plan()
  }
}
