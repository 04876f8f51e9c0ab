import { isPosthornError, PosthornError } from '../domain/error.ts'
import type { Clock } from '../ports/clock.ts'

interface Waiting<In, Out> {
  readonly item: In
  readonly weight: number
  readonly resolve: (out: Out) => void
  readonly reject: (error: unknown) => void
}

export interface GathererOptions<In, Out> {
  readonly clock: Clock
  /** Answers in the order of its items. */
  readonly write: (items: In[]) => Promise<Out[]>
  /** Of their weights together; one alone always goes. */
  readonly maxBatch: number
  /** More than this waiting, by weight: 503 instead of growing without bound. */
  readonly maxWaiting: number
  /** @default 1 each */
  readonly weigh?: (item: In) => number
}

/** The whole store is away: to ask for each item would fail as often as there are items. */
function isAway(error: unknown): boolean {
  return isPosthornError(error) && error.code === 'store_unavailable'
}

/**
 * Group commit: callers that arrive together share one write. No timer (2 ms of waiting cost a quarter of the
 * throughput): a batch is what arrives in one turn of the event loop, or while the last one is being written.
 */
export class Gatherer<In, Out> {
  readonly #options: GathererOptions<In, Out>
  #waiting: Waiting<In, Out>[] = []
  #weight = 0
  #writing = false
  #scheduled = false
  #idle: Array<() => void> = []

  constructor(options: GathererOptions<In, Out>) {
    this.#options = options
  }

  /** Resolves when the item is written. @throws store_unavailable when too many wait */
  add(item: In): Promise<Out> {
    if (this.#weight >= this.#options.maxWaiting)
      return Promise.reject(
        new PosthornError(
          'store_unavailable',
          'More is waiting to be stored than may wait. Try again shortly.',
          {
            retryAfterS: 1,
          },
        ),
      )
    const weight = this.#options.weigh?.(item) ?? 1
    this.#weight += weight
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, weight, resolve, reject })
      this.#schedule()
    })
  }

  /** Resolves when nothing waits and nothing is being written. */
  drained(): Promise<void> {
    if (!this.#writing && this.#waiting.length === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #schedule(): void {
    if (this.#scheduled || this.#writing) return
    this.#scheduled = true
    this.#options.clock.nextTurn(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    this.#writing = true
    while (this.#waiting.length > 0) await this.#writeOne(this.#takeBatch())
    this.#writing = false
    for (const done of this.#idle.splice(0)) done()
  }

  #takeBatch(): Waiting<In, Out>[] {
    let [count, weight] = [0, 0]
    for (const waiting of this.#waiting) {
      if (count > 0 && weight + waiting.weight > this.#options.maxBatch) break
      count += 1
      weight += waiting.weight
    }
    this.#weight -= weight
    return this.#waiting.splice(0, count)
  }

  async #writeOne(batch: Waiting<In, Out>[]): Promise<void> {
    try {
      const outs = await this.#options.write(batch.map((waiting) => waiting.item))
      for (const [index, waiting] of batch.entries()) waiting.resolve(outs[index] as Out)
    } catch (error) {
      if (batch.length === 1 || isAway(error)) for (const waiting of batch) waiting.reject(error)
      else await this.#writeEach(batch)
    }
  }

  /** Something in a batch was refused: each item stands for itself. The store gathers them into one commit again. */
  async #writeEach(batch: Waiting<In, Out>[]): Promise<void> {
    await Promise.all(batch.map((waiting) => this.#writeOne([waiting])))
  }
}
