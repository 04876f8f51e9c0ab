import { randomFillSync } from 'node:crypto'
import type { Random } from '../ports/random.ts'

/** Ids are made on the hot path, ten bytes each: one call of the system for 400 of them instead of one each. */
const POOL_BYTES = 4096

const UNIT_BYTES = 6

/** Cryptographic chance, drawn from the system in pools. */
export class SystemRandom implements Random {
  readonly #pool = new Uint8Array(POOL_BYTES)
  #used = POOL_BYTES

  bytes(count: number): Uint8Array {
    if (count > POOL_BYTES) return randomFillSync(new Uint8Array(count))
    const start = this.#take(count)
    // A copy, since the pool is filled again; and wiped, so that a secret's bytes do not stay behind in it.
    const bytes = this.#pool.slice(start, start + count)
    this.#pool.fill(0, start, start + count)
    return bytes
  }

  unit(): number {
    let value = 0
    for (const byte of this.bytes(UNIT_BYTES)) value = value * 256 + byte
    return value / 2 ** (8 * UNIT_BYTES)
  }

  #take(count: number): number {
    if (this.#used + count > POOL_BYTES) {
      randomFillSync(this.#pool)
      this.#used = 0
    }
    const start = this.#used
    this.#used += count
    return start
  }
}
