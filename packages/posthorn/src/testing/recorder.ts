import type { Clock } from '../ports/clock.ts'
import type { Happening, Telemetry } from '../ports/telemetry.ts'
import { wakefulClock } from '../system/clock.ts'

type Name = Happening['name']
type Of<N extends Name> = Extract<Happening, { name: N }>
type Test<N extends Name> = (happening: Of<N>) => boolean

const TIMEOUT_MS = 10_000
const SHOWN = 20

interface Waiter {
  /** Looks at everything so far; true when it has what it waited for. */
  readonly check: () => boolean
}

/**
 * Records what happens and lets a test wait for it, instead of sleeping. Waits end with an error that lists what did
 * happen.
 */
export class Recorder implements Telemetry {
  readonly #happenings: Happening[] = []
  readonly #taken = new Set<Happening>()
  readonly #waiters = new Set<Waiter>()
  readonly #clock: Clock
  readonly #timeoutMs: number

  /** @param options.timeoutMs real time that a wait may take; default 10 s */
  constructor(options: { timeoutMs?: number; clock?: Clock } = {}) {
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS
    this.#clock = options.clock ?? wakefulClock
  }

  record(happening: Happening): void {
    this.#happenings.push(happening)
    for (const waiter of this.#waiters) if (waiter.check()) this.#waiters.delete(waiter)
  }

  /** Everything of a name so far, oldest first. */
  all<N extends Name>(name: N, test: Test<N> = () => true): Array<Of<N>> {
    return this.#happenings.filter((one): one is Of<N> => one.name === name && test(one as Of<N>))
  }

  /**
   * The first that fits and that no earlier `next` has taken, whether it has happened already or happens later: so a
   * test cannot miss what was faster than itself.
   */
  async next<N extends Name>(name: N, test: Test<N> = () => true): Promise<Of<N>> {
    const found = await this.#wait(`a "${name}"`, () =>
      this.all(name, (one) => !this.#taken.has(one) && test(one)).at(0),
    )
    return found
  }

  /** Waits until so many that fit have happened in all. @returns all of them */
  async atLeast<N extends Name>(count: number, name: N, test: Test<N> = () => true): Promise<Array<Of<N>>> {
    return await this.#wait(`${count} × "${name}"`, () => {
      const all = this.all(name, test)
      return all.length >= count ? all : undefined
    })
  }

  /** Forgets everything so far. */
  clear(): void {
    this.#happenings.length = 0
    this.#taken.clear()
  }

  #wait<T extends Happening | Happening[]>(what: string, look: () => T | undefined): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const check = () => {
        const found = look()
        if (found === undefined) return false
        if (!Array.isArray(found)) this.#taken.add(found)
        timer.cancel()
        resolve(found)
        return true
      }
      const waiter = { check }
      const timer = this.#clock.after(this.#timeoutMs, () => {
        this.#waiters.delete(waiter)
        reject(new Error(`waited ${this.#timeoutMs} ms for ${what} that fits. ${this.#story()}`))
      })
      if (!check()) this.#waiters.add(waiter)
    })
  }

  #story(): string {
    if (this.#happenings.length === 0) return 'Nothing happened at all.'
    const counts = Map.groupBy(this.#happenings, (one) => one.name)
    const summary = [...counts].map(([name, all]) => `${name} × ${all.length}`).join(', ')
    const last = this.#happenings.slice(-SHOWN).map((one) => `  ${JSON.stringify(one)}`)
    return `What happened: ${summary}. The last ${last.length}:\n${last.join('\n')}`
  }
}
