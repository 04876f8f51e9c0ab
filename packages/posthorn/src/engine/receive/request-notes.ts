import type { InboundRequest } from '../../domain/inbound-request.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { RateLimit } from '../../domain/subscription.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { RequestStore } from '../../ports/request-store.ts'
import { Gatherer } from '../gatherer.ts'
import { RateGate } from './rate-gate.ts'

export interface RequestNotesParts {
  readonly requests: Pick<RequestStore, 'note'>
  readonly clock: Clock
  readonly logger: Logger
}

/** Of each source. Whoever is refused more often is counted: a stranger must not keep the disk busy. */
const KEPT: RateLimit = { limit: 10, windowS: 1 }
const NOTES_PER_COMMIT = 100
/** With bodies of 256 KiB at the most: 64 MiB. */
const NOTES_WAITING = 256

/** Keeps requests that made no event, for whoever looks into it. Nobody waits for it, and its failure changes nothing. */
export class RequestNotes {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #gatherer: Gatherer<InboundRequest, undefined>
  readonly #rates = new RateGate()
  #waiting = 0

  constructor({ requests, clock, logger }: RequestNotesParts) {
    this.#clock = clock
    this.#logger = logger
    this.#gatherer = new Gatherer({
      ...{ clock, maxBatch: NOTES_PER_COMMIT, maxWaiting: NOTES_WAITING },
      write: (batch) => this.#write(requests, batch),
    })
  }

  /** Whether one more of this source may be kept; it is counted then. */
  mayKeep(sourceId: string): boolean {
    return this.#waiting < NOTES_WAITING && this.#rates.take(sourceId, KEPT, this.#clock.now())
  }

  keep(request: InboundRequest): void {
    this.#waiting += 1
    void this.#gatherer
      .add(request)
      .catch((error: unknown) => this.#failed(error))
      .then(() => {
        this.#waiting -= 1
      })
  }

  /** Resolves when all that was kept is stored. */
  drained(): Promise<void> {
    return this.#gatherer.drained()
  }

  async #write(requests: Pick<RequestStore, 'note'>, batch: InboundRequest[]): Promise<undefined[]> {
    try {
      await requests.note(batch, LIMITS.refusedKeptPerSource)
    } catch (error) {
      // Caught here: one line for a batch.
      this.#failed(error)
    }
    return batch.map(() => undefined)
  }

  #failed(error: unknown): void {
    this.#logger.warn('requests that were refused could not be kept for inspection', { error: String(error) })
  }
}
