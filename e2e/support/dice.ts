/** Chance that repeats: mulberry32. */
export class Dice {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 to `below` - 1. */
  roll(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below)
  }

  pick<T>(all: readonly T[]): T {
    return all[this.roll(all.length)] as T
  }
}

/** Of this run: `POSTHORN_E2E_SEED` repeats an earlier one. */
export function seedOfRun(): number {
  const given = process.env.POSTHORN_E2E_SEED
  return given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given)
}
