import type { Clock } from '../../ports/clock.ts'
import type { Role } from '../../ports/peers.ts'
import type { UpkeepStore } from '../../ports/store.ts'
import type { Claimer } from '../deliver/claimer.ts'
import type { HealthUseCases } from '../use-cases.ts'
import type { Writes } from './writes.ts'

export interface HealthParts {
  readonly role: Role
  readonly upkeep: UpkeepStore
  readonly clock: Clock
  readonly accepting: () => boolean
  readonly claimer: Pick<Claimer, 'lastLookAt' | 'passedOver'>
  readonly writes: ReadonlyArray<Pick<Writes, 'refusal'>>
  /** What a worker could attempt must not be due for longer. */
  readonly readyAgeMs: number
}

/** Looks come every second or two; longer without one means that every slot is held or the store does not answer. */
const NO_LOOK_MS = 20_000
/** A store that hangs, or a network that swallows everything, must not make the probe hang too. */
const ANSWER_MS = 5_000

interface Answer {
  readonly reason: string | null
  readonly oldestDueAt: number | null
}

/**
 * Ready means: what is published now would be stored, and what is due is being attempted. What waits for its own target
 * decides nothing, only what waits for us: one target that hangs would turn every process red. A process that accepts
 * stays green when attempts fall behind, since what it accepts is safe.
 */
export class Health implements HealthUseCases {
  readonly #parts: HealthParts
  /** Probes that come while the store is being asked share the answer. */
  #asking: Promise<Answer> | null = null

  constructor(parts: HealthParts) {
    this.#parts = parts
  }

  async ready(): Promise<{ ready: boolean; reasons: readonly string[]; oldestDueAgeMs: number }> {
    const { clock, accepting, role } = this.#parts
    const reasons = role === 'api' ? [] : this.#attempting()
    if (!accepting()) reasons.push('The process is starting or shutting down.')
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = null
    })
    const { reason, oldestDueAt } = await this.#soon(this.#asking)
    if (reason !== null) reasons.push(reason)
    const refusal = this.#parts.writes.map((one) => one.refusal).find((why) => why !== null)
    if (reason === null && refusal !== undefined) reasons.push(`The store takes nothing: ${refusal}`)
    const oldestDueAgeMs = oldestDueAt === null ? 0 : Math.max(0, clock.now() - oldestDueAt)
    return { ready: reasons.length === 0, reasons, oldestDueAgeMs }
  }

  #attempting(): string[] {
    const { clock, claimer, role, readyAgeMs } = this.#parts
    const reasons: string[] = []
    const sinceLook = clock.now() - claimer.lastLookAt
    if (sinceLook > NO_LOOK_MS) reasons.push(`No due delivery could be taken for ${seconds(sinceLook)}.`)
    const waited = claimer.passedOver === null ? 0 : clock.now() - claimer.passedOver
    if (role === 'worker' && waited > readyAgeMs)
      reasons.push(`The oldest due delivery has waited ${seconds(waited)} for a free slot.`)
    return reasons
  }

  async #ask(): Promise<Answer> {
    const { upkeep } = this.#parts
    try {
      await upkeep.ping()
      return { reason: null, oldestDueAt: (await upkeep.counts()).oldestDueAt }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      return { reason: `The store does not answer: ${text}`, oldestDueAt: null }
    }
  }

  #soon(answer: Promise<Answer>): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>()
    const reason = `The store has not answered for ${seconds(ANSWER_MS)}.`
    const timer = this.#parts.clock.after(ANSWER_MS, () => resolve({ reason, oldestDueAt: null }))
    void answer.then((came) => {
      timer.cancel()
      resolve(came)
    })
    return promise
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}
