import type { Lease, NewDelivery } from '../../domain/delivery.ts'
import { PosthornError } from '../../domain/error.ts'
import type { EventKey, EventRecord } from '../../domain/event.ts'
import type { Clock } from '../../ports/clock.ts'
import type { InsertResult, NewEvent } from '../../ports/insert.ts'
import type { Random } from '../../ports/random.ts'
import type { EventStore } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Claimer } from '../deliver/claimer.ts'
import type { Target } from '../deliver/target.ts'
import type { Worker } from '../deliver/worker.ts'
import { Gatherer } from '../gatherer.ts'
import { newDelivery, toDelivery } from './new-records.ts'

export interface PublisherParts {
  readonly events: EventStore
  readonly worker: Worker
  readonly claimer: Claimer
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
}

/** 100 events a commit come within a tenth of what 500 give, and wait less for each other. */
const EVENTS_PER_COMMIT = 200
/** About a second's worth; more is answered 503 with Retry-After instead of growing. */
const EVENTS_WAITING = 10_000

/** An event that is in the store, and what it was matched to. */
export interface Accepted {
  readonly deliveries: number
  readonly duplicate: boolean
}

/**
 * Stores an event and its deliveries in one commit, together with whatever else arrived meanwhile, and hands those
 * deliveries that found a slot straight to the worker: they are attempted from memory, never read back.
 */
export class Publisher {
  readonly #parts: PublisherParts
  readonly #inserts: Gatherer<NewEvent, InsertResult>
  #open = true

  constructor(parts: PublisherParts) {
    this.#parts = parts
    this.#inserts = new Gatherer({
      clock: parts.clock,
      write: (batch) => parts.events.insert(batch),
      maxBatch: EVENTS_PER_COMMIT,
      maxWaiting: EVENTS_WAITING,
    })
  }

  /** Nothing more is accepted. Resolves when all that was accepted is stored. */
  async close(): Promise<void> {
    this.#open = false
    await this.#inserts.drained()
  }

  /**
   * @param dueAt when the deliveries fall due; epoch ms
   * @throws event_conflict, store_unavailable, stopping: nothing was accepted
   */
  async accept(event: EventRecord, targets: readonly Target[], dueAt: number): Promise<Accepted> {
    if (!this.#open)
      throw new PosthornError('stopping', 'This process is shutting down; nothing was accepted.', {
        retryAfterS: 1,
      })
    const now = this.#parts.clock.now()
    const planned = targets.map((target) => this.#plan(target, now, dueAt))
    let result: InsertResult
    try {
      result = await this.#inserts.add({ event, deliveries: planned })
    } catch (error) {
      this.#forgo(planned, targets)
      this.#parts.telemetry.record({ name: 'store.failed', operation: 'insert', error: String(error) })
      throw error
    }
    if (result.status === 'stored') this.#begin(event, result.key, planned, targets, dueAt <= now)
    else this.#forgo(planned, targets)
    if (result.status === 'conflict')
      throw new PosthornError(
        'event_conflict',
        `The event id ${event.id} is taken by an event with other content. Publish with another id.`,
      )
    const deliveries = result.status === 'duplicate' ? result.deliveries : planned.length
    const duplicate = result.status === 'duplicate'
    this.#tell(event, deliveries, duplicate)
    return { deliveries, duplicate }
  }

  #plan(target: Target, now: number, dueAt: number): NewDelivery {
    const { worker, claimer } = this.#parts
    // What is published for a target with a backlog queues behind it instead of overtaking.
    const atOnce = dueAt <= now && target.active && !claimer.hasBacklog(target.id) && worker.tryTake(target)
    const lease: Lease | null = atOnce ? worker.lease(target.timeoutMs) : null
    return newDelivery(this.#parts, target, { dueAt, lease })
  }

  #begin(
    event: EventRecord,
    key: EventKey,
    planned: readonly NewDelivery[],
    targets: readonly Target[],
    due: boolean,
  ): void {
    const stored = { ...event, key }
    planned.forEach((delivery, index) => {
      const target = targets[index] as Target
      if (delivery.lease === null) {
        if (due) this.#parts.claimer.leftInStore(target.id)
      } else {
        const leased = { delivery: toDelivery(delivery, event, key), event: stored }
        void this.#parts.worker.run(leased, target).catch(() => undefined)
      }
    })
    if (!due && planned.length > 0) this.#parts.claimer.dueLater(planned[0]?.dueAt ?? 0)
  }

  #forgo(planned: readonly NewDelivery[], targets: readonly Target[]): void {
    planned.forEach((delivery, index) => {
      if (delivery.lease !== null) this.#parts.worker.forgo(targets[index] as Target)
    })
  }

  #tell(event: EventRecord, deliveries: number, duplicate: boolean): void {
    this.#parts.telemetry.record({
      name: 'event.published',
      tenantId: event.tenantId,
      eventId: event.id,
      eventType: event.type,
      sourceId: event.sourceId,
      deliveries,
      duplicate,
    })
  }
}
