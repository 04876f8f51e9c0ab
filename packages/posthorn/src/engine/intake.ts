import type { Clock } from '../ports/clock.ts'
import type { Telemetry } from '../ports/telemetry.ts'

export interface IntakeParts {
  /** Of all requests together. One alone is always let in. */
  readonly maxBytes: number
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** When everybody is turned away, once a minute is enough for the log. */
const LOUD_EVERY_MS = 60_000

/**
 * Bytes of requests that are in this process, from their arrival until they are answered. Publishers that send faster
 * than the store writes would else fill the memory: 400 of them with events of 1 MB took 1.3 GB and were answered after
 * 14 s. Most of what is held waits for the store, so a bound on it bounds the wait as well.
 */
export class Intake {
  readonly #parts: IntakeParts
  #bytes = 0
  #loudAt = Number.NEGATIVE_INFINITY

  constructor(parts: IntakeParts) {
    this.#parts = parts
  }

  get bytes(): number {
    return this.#bytes
  }

  /** For one request; its `end` must be called. */
  open(): Held {
    return new Held((bytes, held) => this.#take(bytes, held))
  }

  #take(bytes: number, held: number): boolean {
    const others = this.#bytes - held
    if (bytes > 0 && others > 0 && this.#bytes + bytes > this.#parts.maxBytes) {
      this.#refused()
      return false
    }
    this.#bytes += bytes
    return true
  }

  #refused(): void {
    const { clock, telemetry } = this.#parts
    const loud = clock.elapsed() - this.#loudAt >= LOUD_EVERY_MS
    if (loud) this.#loudAt = clock.elapsed()
    telemetry.record({ name: 'intake.refused', bytes: this.#bytes, loud })
  }
}

/** What one request holds. */
export class Held {
  readonly #take: (bytes: number, held: number) => boolean
  #bytes = 0

  constructor(take: (bytes: number, held: number) => boolean) {
    this.#take = take
  }

  /** @returns false: so much does not go in now, and nothing was taken */
  take(bytes: number): boolean {
    const taken = this.#take(bytes, this.#bytes)
    if (taken) this.#bytes += bytes
    return taken
  }

  /** Any number of times. */
  end(): void {
    this.#take(-this.#bytes, this.#bytes)
    this.#bytes = 0
  }
}
