import { isPosthornError } from '../../domain/error.ts'
import type { Clock } from '../../ports/clock.ts'

/**
 * So long a refusal counts when nothing was stored after it. Whoever was refused is told to come again after 5 s, so
 * while somebody wants something stored, this does not run out before the store takes it.
 */
const REFUSED_MS = 10_000

/** Of one kind: what is accepted, or what came of attempts. */
export type WriteState = 'good' | 'refused' | 'doubtful'

/**
 * Whether what had to be stored last could be. To ask the store is not enough: on a disk that is full, PostgreSQL still
 * changes the row that a probe changes, in the place of an older one, and refuses every event.
 */
export class Writes {
  readonly #clock: Clock
  #refused: { readonly at: number; readonly why: string } | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The same, and how it ends is noted. */
  watched<In, Out>(write: (batch: In[]) => Promise<Out>): (batch: In[]) => Promise<Out> {
    return async (batch) => {
      try {
        const out = await write(batch)
        this.#refused = null
        return out
      } catch (error) {
        // What is wrong with the batch itself says nothing about the store.
        if (isPosthornError(error) && error.code === 'store_unavailable')
          this.#refused = { at: this.#clock.elapsed(), why: error.message }
        throw error
      }
    }
  }

  /** `doubtful`: it was refused, nobody has tried since, and it is time to. */
  get state(): WriteState {
    if (this.#refused === null) return 'good'
    return this.#clock.elapsed() - this.#refused.at > REFUSED_MS ? 'doubtful' : 'refused'
  }

  /** Why nothing could be stored just now; null: it could, or nobody has tried of late. */
  get refusal(): string | null {
    return this.state === 'refused' ? (this.#refused?.why ?? null) : null
  }
}
