import type { Clock } from '../../ports/clock.ts'
import type { UpkeepStore } from '../../ports/store.ts'
import type { HealthUseCases } from '../use-cases.ts'

export interface HealthParts {
  readonly upkeep: UpkeepStore
  readonly clock: Clock
  readonly accepting: () => boolean
  /** When the claimer last looked for due work and could have taken it; null: this process attempts nothing. */
  readonly lastLookAt: () => number | null
}

/** Looks come every second; longer without one means that every slot is held or the store does not answer. */
const NO_LOOK_MS = 30_000

/**
 * Ready means: what is published now would be stored, and what is due is being attempted. The age
 * of the oldest due delivery is told but decides nothing: one target that hangs would turn the whole process red.
 */
export class Health implements HealthUseCases {
  readonly #parts: HealthParts

  constructor(parts: HealthParts) {
    this.#parts = parts
  }

  async ready(): Promise<{ ready: boolean; reasons: readonly string[]; oldestDueAgeMs: number }> {
    const { upkeep, clock, accepting, lastLookAt } = this.#parts
    const reasons: string[] = []
    let oldestDueAgeMs = 0
    const look = lastLookAt()
    if (look !== null && clock.now() - look > NO_LOOK_MS)
      reasons.push(`No due delivery could be taken for ${Math.round((clock.now() - look) / 1000)} s.`)
    if (!accepting()) reasons.push('The process is starting or shutting down.')
    try {
      await upkeep.ping()
      const { oldestDueAt } = await upkeep.counts()
      oldestDueAgeMs = oldestDueAt === null ? 0 : Math.max(0, clock.now() - oldestDueAt)
    } catch (error) {
      reasons.push(`The store does not answer: ${error instanceof Error ? error.message : String(error)}`)
    }
    return { ready: reasons.length === 0, reasons, oldestDueAgeMs }
  }
}
