import { PosthornError } from '../../domain/error.ts'
import type { EventRecord } from '../../domain/event.ts'
import type { InboundRequest } from '../../domain/inbound-request.ts'
import type { ApplicationTransaction } from '../../ports/application-sql.ts'
import type { InsertResult, NewEvent } from '../../ports/insert.ts'
import type { ReceivedRequest, ReceiveResult } from '../../ports/request-store.ts'
import type { Store } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Target } from '../deliver/target.ts'
import { Gatherer } from '../gatherer.ts'
import type { Writes } from '../upkeep/writes.ts'
import { type Plan, Planner, type PlannerParts } from './planner.ts'

export interface PublisherParts extends PlannerParts {
  readonly store: Pick<Store, 'events' | 'requests'>
  readonly telemetry: Telemetry
  readonly writes: Writes
}

/** 100 events a commit come within a tenth of what 500 give, and wait less for each other. */
const EVENTS_PER_COMMIT = 200
/**
 * An event weighs more by one for each of these: so a commit holds at most 12 MiB or 10,000 deliveries, which take as
 * long as 200 small events, and not a second in which all others wait.
 */
const BYTES_A_WEIGHT = 65_536
const DELIVERIES_A_WEIGHT = 50
/** About a second's worth; more is answered 503 with Retry-After instead of growing. */
const EVENTS_WAITING = 10_000
/** Inbound bodies may have 25 MiB each: those that wait are counted by their bytes too. */
const BYTES_WAITING = 256 * 1_048_576

/** An event that is in the store, and what it was matched to. */
export interface Accepted {
  readonly deliveries: number
  readonly duplicate: boolean
}

/** A verified request of a provider, to be stored with all that it brings or not at all. */
export interface Arrival extends Pick<ReceivedRequest, 'onceToken' | 'onDuplicate'> {
  readonly request: InboundRequest
  readonly events: readonly ArrivedEvent[]
}

export interface ArrivedEvent {
  readonly event: EventRecord
  readonly targets: readonly Target[]
}

/**
 * Stores an event and its deliveries in one commit, together with whatever else arrived meanwhile, and hands those
 * deliveries that found a slot straight to the worker: they are attempted from memory, never read back.
 */
export class Publisher {
  readonly #parts: PublisherParts
  readonly #planner: Planner
  readonly #inserts: Gatherer<NewEvent, InsertResult>
  readonly #receives: Gatherer<ReceivedRequest, ReceiveResult>
  #open = true
  #receivedBytes = 0

  constructor(parts: PublisherParts) {
    const { clock, store, writes } = parts
    const limits = { clock, maxBatch: EVENTS_PER_COMMIT, maxWaiting: EVENTS_WAITING }
    this.#parts = parts
    this.#planner = new Planner(parts)
    this.#inserts = new Gatherer({
      ...limits,
      weigh: weightOf,
      write: writes.watched((batch) => store.events.insert(batch)),
    })
    this.#receives = new Gatherer({
      ...{ ...limits, write: writes.watched((batch: ReceivedRequest[]) => store.requests.receive(batch)) },
      weigh: ({ request, events }) =>
        events.reduce((sum, event) => sum + weightOf(event), bytesWeight(request.body)),
    })
  }

  /** Nothing more is accepted. Resolves when all that was accepted is stored. */
  async close(): Promise<void> {
    this.#open = false
    await this.#inserts.drained()
    await this.#receives.drained()
  }

  /**
   * @param dueAt when the deliveries fall due; epoch ms
   * @throws event_conflict, store_unavailable, stopping: nothing was accepted
   */
  async accept(event: EventRecord, targets: readonly Target[], dueAt: number): Promise<Accepted> {
    this.#checkOpen()
    const due = dueAt <= this.#parts.clock.now()
    const plan = this.#planner.plan(targets, dueAt)
    let result: InsertResult
    try {
      result = await this.#inserts.add({ event, deliveries: plan.deliveries })
    } catch (error) {
      throw this.#failed('insert', error, plan)
    }
    if (result.status === 'stored') this.#planner.begin(plan, event, result.key, due)
    else this.#planner.forgo(plan)
    return this.#accepted(event, plan.deliveries.length, result)
  }

  #accepted(event: EventRecord, planned: number, result: InsertResult): Accepted {
    if (result.status === 'conflict')
      throw new PosthornError(
        'event_conflict',
        `The event id ${event.id} is taken by an event with other content. Publish with another id.`,
      )
    const duplicate = result.status === 'duplicate'
    const deliveries = duplicate ? result.deliveries : planned
    this.#tell(event, deliveries, duplicate)
    return { deliveries, duplicate }
  }

  /**
   * As `accept`, within a transaction of the application's: the event is there if that commits. Nothing is attempted
   * before, by nobody.
   * @throws event_conflict, store_unavailable, stopping, config_invalid: nothing was accepted
   */
  async acceptWith(
    transaction: ApplicationTransaction,
    event: EventRecord,
    targets: readonly Target[],
    dueAt: number,
  ): Promise<Accepted> {
    this.#checkOpen()
    const { events } = this.#parts.store
    if (events.insertWith === undefined)
      throw new PosthornError(
        'config_invalid',
        'To publish in a transaction of the application, Posthorn must keep its data in the same PostgreSQL database: createPosthorn({ postgres: pool }).',
      )
    const { deliveries } = this.#planner.planLater(targets, dueAt)
    const [result] = await events.insertWith(transaction, [{ event, deliveries }])
    return this.#accepted(event, deliveries.length, result as InsertResult)
  }

  /**
   * Deliveries fall due at once.
   * @throws store_unavailable, stopping: nothing was accepted
   */
  async receive({ request, events, onceToken, onDuplicate }: Arrival): Promise<ReceiveResult> {
    this.#checkOpen()
    const bytes = weigh(request, events)
    if (this.#receivedBytes + bytes > BYTES_WAITING) throw tooMuchWaits()
    const now = this.#parts.clock.now()
    // Of an event that is there already it is not known which delivery gets which lease: those are claimed.
    const plans = events.map(({ targets }) =>
      onDuplicate === 'deliver' ? this.#planner.planLater(targets, now) : this.#planner.plan(targets, now),
    )
    const given = events.map(({ event }, index) => ({ event, deliveries: plans[index]?.deliveries ?? [] }))
    let result: ReceiveResult
    this.#receivedBytes += bytes
    try {
      result = await this.#receives.add({ request, events: given, onceToken, onDuplicate })
    } catch (error) {
      throw this.#failed('receive', error, ...plans)
    } finally {
      this.#receivedBytes -= bytes
    }
    for (const [index, plan] of plans.entries()) this.#settle(plan, events[index], result.results[index])
    return result
  }

  #settle(plan: Plan, arrived: ArrivedEvent | undefined, result: InsertResult | undefined): void {
    const kept = result?.status === 'stored' || result?.status === 'redelivered'
    if (kept && arrived !== undefined) this.#planner.begin(plan, arrived.event, result.key, true)
    else this.#planner.forgo(plan)
  }

  #checkOpen(): void {
    if (!this.#open)
      throw new PosthornError('stopping', 'This process is shutting down; nothing was accepted.', {
        retryAfterS: 1,
      })
  }

  #failed(operation: string, error: unknown, ...plans: readonly Plan[]): unknown {
    for (const plan of plans) this.#planner.forgo(plan)
    this.#parts.telemetry.record({ name: 'store.failed', operation, error: String(error) })
    return error
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

function weightOf({ event, deliveries }: NewEvent): number {
  return 1 + bytesWeight(event.data) + Math.floor(deliveries.length / DELIVERIES_A_WEIGHT)
}

function bytesWeight(bytes: Uint8Array | null): number {
  return Math.floor((bytes?.byteLength ?? 0) / BYTES_A_WEIGHT)
}

function weigh({ body }: InboundRequest, events: readonly ArrivedEvent[]): number {
  return events.reduce((bytes, { event }) => bytes + event.data.byteLength, body?.byteLength ?? 0)
}

function tooMuchWaits(): PosthornError {
  const detail = 'More bytes are waiting to be stored than may wait. Try again shortly.'
  return new PosthornError('store_unavailable', detail, { retryAfterS: 1 })
}
