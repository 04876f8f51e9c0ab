import type { Clock } from '../../ports/clock.ts'

/** A bounded map whose entries end after a while. When it is full the oldest entry goes. */
export class Cache<T> {
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #most: number
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>()
  #generation = 0

  constructor(clock: Clock, ttlMs: number, most: number) {
    this.#clock = clock
    this.#ttlMs = ttlMs
    this.#most = most
  }

  /** Grows with each `clear`: take it before reading what is to be set. */
  get generation(): number {
    return this.#generation
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (this.#clock.elapsed() < entry.until) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** Does nothing when the cache was cleared since `generation`: the value may be older than that. */
  set(key: string, value: T, generation: number): void {
    if (generation !== this.#generation) return
    this.#entries.delete(key)
    if (this.#entries.size >= this.#most) {
      const oldest = this.#entries.keys().next().value
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    this.#entries.set(key, { value, until: this.#clock.elapsed() + this.#ttlMs })
  }

  clear(): void {
    this.#generation += 1
    this.#entries.clear()
  }
}
