/**
 * A publisher that keeps a ledger and does not give up: what it does not know the answer of, because the server died
 * under it, it publishes again under the same event id.
 */
import type { Accepted } from './ledger.ts'
import { Progress } from './progress.ts'
import type { ServerProcess } from './server.ts'
import type { Published } from './shapes.ts'
import { sha256 } from './targets.ts'

export interface OutgoingEvent {
  readonly id: string
  /** The JSON text of its data. */
  readonly data: string
}

export interface PublisherOptions {
  readonly server: ServerProcess
  readonly eventType: string
  readonly events: readonly OutgoingEvent[]
  /** Requests at once. Each third publishes batches. */
  readonly atOnce: number
}

const BATCH = 8

export class LedgerPublisher {
  readonly progress = new Progress<'invoked' | 'accepted' | 'unknown'>()
  readonly accepted = new Map<string, Accepted>()
  readonly #options: PublisherOptions
  #next = 0
  #allowed = 0
  #isUp = false
  #up = Promise.withResolvers<void>()
  #more = Promise.withResolvers<void>()

  constructor(options: PublisherOptions) {
    this.#options = options
  }

  /** Up to so many events may be published from now on. */
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
    const workers = Array.from({ length: this.#options.atOnce }, (_, at) =>
      this.#work(at % 3 === 2 ? BATCH : 1),
    )
    await Promise.all(workers)
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
      await this.#publishUntilAccepted(some)
    }
  }

  async #publishUntilAccepted(some: readonly OutgoingEvent[]): Promise<void> {
    let first = true
    for (;;) {
      await this.#up.promise
      if (first) for (const _ of some) this.progress.add('invoked')
      first = false
      const results = await this.#publish(some)
      if (results !== null) {
        for (const [at, { id, data }] of some.entries()) {
          if (results[at]?.event_id !== id) throw new Error(`${id}: ${JSON.stringify(results[at])}`)
          this.accepted.set(id, { eventId: id, hash: sha256(data) })
          this.progress.add('accepted')
        }
        return
      }
      for (const _ of some) this.progress.add('unknown')
    }
  }

  /** @returns null when it is not known what became of it */
  async #publish(some: readonly OutgoingEvent[]): Promise<readonly Published[] | null> {
    const { server, eventType } = this.#options
    const texts = some.map(
      ({ id, data }) => `{"event_type":"${eventType}","event_id":"${id}","data":${data}}`,
    )
    try {
      const answer =
        texts.length === 1
          ? await server.api.call<Published>('POST', '/events', { body: texts[0] })
          : await server.api.call<{ results: Published[] }>('POST', '/events/batch', {
              body: `{"events":[${texts.join(',')}]}`,
            })
      if (answer.status === 503) return null
      if (answer.status !== 202) throw new Refused(`${answer.status} ${answer.text}`)
      return 'results' in answer.body ? answer.body.results : [answer.body]
    } catch (error) {
      if (error instanceof Refused) throw error
      return null
    }
  }
}

class Refused extends Error {}
