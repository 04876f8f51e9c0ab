import type { Clock } from '../../../src/ports/clock.ts'
import type { ChangedRecord, PeerStore, ProcessInfo, SeenProcess } from '../../../src/ports/peers.ts'
import type { Signal, Signals } from '../../../src/ports/signals.ts'

const ALIVE_MS = 10_000

/** Processes that share a store of one test, and hear each other unless the test says not. */
export class Company {
  /** Nobody hears anything. */
  deaf = false
  readonly #clock: Clock
  readonly #changes: ChangedRecord[] = []
  readonly #seen = new Map<string, { info: ProcessInfo; at: number }>()
  readonly #listeners = new Set<(signal: Signal) => void>()
  readonly #facts = new Map<string, string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get alive(): readonly SeenProcess[] {
    const since = this.#clock.now() - ALIVE_MS
    return [...this.#seen.values()]
      .filter(({ at }) => at > since)
      .map(({ info, at }) => ({ ...info, seenAt: at }))
  }

  peers(): PeerStore {
    return {
      pulse: async (info, after) => {
        this.#seen.set(info.id, { info, at: this.#clock.now() })
        const changed = after === null ? [] : this.#changes.slice(Number(after))
        const cursor = String(this.#changes.length)
        return { now: this.#clock.now(), processes: this.alive, changed, cursor }
      },
      fact: async (name, value) => {
        if (!this.#facts.has(name)) this.#facts.set(name, value)
        return this.#facts.get(name) ?? value
      },
      leave: async (id) => void this.#seen.delete(id),
    }
  }

  /** Of one process. */
  signals(): Signals {
    let own: ((signal: Signal) => void) | null = null
    const say = (signal: Signal) => {
      if (!this.deaf) for (const listener of this.#listeners) if (listener !== own) listener(signal)
    }
    return {
      changed: (tenantId, subscriptionId) => {
        this.#changes.push({ tenantId, subscriptionId })
        say({ kind: 'changed', tenantId, subscriptionId })
      },
      due: () => say({ kind: 'due' }),
      start: async (heard) => {
        own = heard
        this.#listeners.add(heard)
      },
      stop: async () => {
        if (own !== null) this.#listeners.delete(own)
      },
    }
  }
}
