/**
 * A sender that keeps a ledger and does not give up: what it does not know the answer of, because the server died under
 * it, and what the server could not take just then, it sends again under the same event id.
 */
import type { Accepted } from './ledger.ts'
import { Progress } from './progress.ts'
import { sha256 } from './targets.ts'

export interface OutgoingEvent {
  readonly id: string
  /** The JSON text of its data. */
  readonly data: string
}

export interface SenderOptions {
  readonly events: readonly OutgoingEvent[]
  /** Requests at once. */
  readonly atOnce: number
  /** Events that the n-th of those sends together. Default 1. */
  readonly batchOf?: (at: number) => number
  /** false: it is not known what became of them, or they were not taken just now. An error ends the run. */
  readonly send: (some: readonly OutgoingEvent[]) => Promise<boolean>
}

export class LedgerSender {
  readonly progress = new Progress<'invoked' | 'accepted' | 'unknown'>()
  readonly accepted = new Map<string, Accepted>()
  readonly #options: SenderOptions
  #next = 0
  #allowed = 0
  #isUp = false
  #up = Promise.withResolvers<void>()
  #more = Promise.withResolvers<void>()

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** Up to so many events may be sent from now on. */
  allow(count: number): void {
    this.#allowed = count
    this.#more.resolve()
    this.#more = Promise.withResolvers<void>()
  }

  /** The server answers (again). */
  serverIsUp(): void {
    this.#isUp = true
    this.#up.resolve()
  }

  /** The server is about to be killed: wait before the next try. */
  serverIsDown(): void {
    if (this.#isUp) this.#up = Promise.withResolvers<void>()
    this.#isUp = false
  }

  /** Resolves when every event is accepted. */
  async run(): Promise<void> {
    const { atOnce, batchOf = () => 1 } = this.#options
    await Promise.all(Array.from({ length: atOnce }, (_, at) => this.#work(batchOf(at))))
  }

  async #work(size: number): Promise<void> {
    const { events } = this.#options
    while (this.#next < events.length) {
      if (this.#next >= this.#allowed) {
        await this.#more.promise
        continue
      }
      const some = events.slice(this.#next, Math.min(this.#next + size, this.#allowed))
      this.#next += some.length
      await this.#sendUntilAccepted(some)
    }
  }

  async #sendUntilAccepted(some: readonly OutgoingEvent[]): Promise<void> {
    for (let first = true; ; first = false) {
      await this.#up.promise
      if (first) for (const _ of some) this.progress.add('invoked')
      if (await this.#options.send(some)) break
      for (const _ of some) this.progress.add('unknown')
    }
    for (const { id, data } of some) {
      this.accepted.set(id, { eventId: id, hash: sha256(data) })
      this.progress.add('accepted')
    }
  }
}
