import type { Clock } from '../../ports/clock.ts'
import type { Principal } from '../use-cases.ts'

/** How long a key is believed without a look into the store: what another process revokes works no longer than this. */
const BELIEVED_MS = 10_000
const ENTRIES_MAX = 10_000

interface Entry {
  readonly principal: Principal
  readonly until: number
}

/** Principals by the hash of their key, so that not every request reads the store. Unknown keys are not remembered. */
export class PrincipalCache {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()
  #epoch = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Grows with each `clear`: a look-up that was under way then must not be remembered. */
  get epoch(): number {
    return this.#epoch
  }

  get(hash: string): Principal | null {
    const entry = this.#entries.get(hash)
    if (!entry) return null
    if (entry.until > this.#clock.elapsed()) return entry.principal
    this.#entries.delete(hash)
    return null
  }

  put(hash: string, principal: Principal, epoch: number): void {
    if (epoch !== this.#epoch) return
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear()
    this.#entries.set(hash, { principal, until: this.#clock.elapsed() + BELIEVED_MS })
  }

  clear(): void {
    this.#epoch += 1
    this.#entries.clear()
  }
}
