import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { PosthornError } from '../../domain/error.ts'
import { ID_RANDOM_BYTES, makeId } from '../../domain/ids.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Finish } from '../../ports/finish.ts'
import type { Random } from '../../ports/random.ts'
import type { DeliveryStore } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Span, Tracer } from '../../ports/tracer.ts'
import { Gatherer } from '../gatherer.ts'
import type { Writes } from '../upkeep/writes.ts'
import { type AttemptReport, failureReport, SUCCESS, type Target, type Try } from './target.ts'
import { attemptOf, transitionAfter } from './verdict.ts'

export interface AttempterParts {
  readonly deliveries: DeliveryStore
  readonly clock: Clock
  readonly random: Random
  readonly telemetry: Telemetry
  readonly tracer: Tracer
  readonly writes: Writes
}

/** How it ended, as far as the target's health goes: `answered` also when it refused this one event for good. */
export type Ended = 'answered' | 'failed' | 'cut off'

/** What came of an attempt, once it is on record. */
export interface Attempted {
  readonly report: AttemptReport
  readonly durationMs: number
  readonly transition: Transition
  /** false: the lease had run out and somebody else has the delivery; nothing was recorded. */
  readonly recorded: boolean
}

/** Results of 100 attempts fit in one commit of about 2 ms; more gains little (0.97 of the cost a row at 400). */
const RESULTS_PER_COMMIT = 200
/** While the store is away results wait here; there are never more than attempts in flight. */
const RESULTS_WAITING = 100_000
const RECORD_AGAIN_MS = 500

const TOO_LATE = failureReport('aborted', 'The lease would have run out before the end of the attempt.', {
  aborted: true,
})

/** A target never rejects; if one does all the same, that is a failed attempt, and its schedule has an end. */
async function tried(leased: LeasedDelivery, target: Target, begun: Try): Promise<AttemptReport> {
  try {
    return await target.attempt(leased, begun)
  } catch (error) {
    return failureReport('attempt_failed', String(error))
  }
}

/** The ids by which a line or a span about it can be found. */
function which({ delivery, event }: LeasedDelivery) {
  return {
    tenantId: delivery.tenantId,
    requestId: event.requestId,
    eventId: event.id,
    eventType: event.type,
    deliveryId: delivery.id,
    targetId: delivery.targetId,
  }
}

/** One attempt: try, judge, record. The slots and the order are the worker's business. */
export class Attempter {
  readonly #parts: AttempterParts
  readonly #results: Gatherer<Finish, boolean>

  constructor(parts: AttempterParts) {
    this.#parts = parts
    this.#results = new Gatherer({
      clock: parts.clock,
      write: parts.writes.watched((batch) => parts.deliveries.finish(batch)),
      maxBatch: RESULTS_PER_COMMIT,
      maxWaiting: RESULTS_WAITING,
    })
  }

  /** @param answered is called as soon as the target has answered, before the result is stored */
  async attempt(
    leased: LeasedDelivery,
    target: Target,
    signal: AbortSignal,
    answered: (ended: Ended) => void,
  ): Promise<Attempted> {
    const { clock, random } = this.#parts
    const { delivery } = leased
    const startedAt = clock.now()
    if (startedAt + target.timeoutMs > (delivery.leaseUntil ?? 0)) return this.#tooLate(leased, answered)
    const begun = clock.elapsed()
    const number = delivery.attempts + 1
    const id = makeId('att', startedAt, random.bytes(ID_RANDOM_BYTES))
    const passed = () => Math.round((clock.elapsed() - begun) * 10) / 10
    const delivered = (): Finish => ({
      deliveryId: delivery.id,
      leaseToken: delivery.leaseToken ?? '',
      transition: { to: 'delivered', at: clock.now(), statusCode: null },
      attempt: attemptOf(leased, SUCCESS, { id, startedAt, durationMs: passed() }),
    })
    const span = this.#span(leased, number)
    const { traceparent } = span
    const report = await span.within(() => tried(leased, target, { number, signal, traceparent, delivered }))
    span.end(
      report.errorCode,
      report.statusCode === null ? {} : { 'http.response.status_code': report.statusCode },
    )
    const durationMs = passed()
    const now = clock.now()
    answered(report.aborted ? 'cut off' : report.outcome === 'retry' ? 'failed' : 'answered')
    const transition = transitionAfter(leased, report, target.retry, now, random.unit())
    const attempt = report.aborted ? null : attemptOf(leased, report, { id, startedAt, durationMs })
    const recorded =
      report.settled === null
        ? await this.record(leased, { deliveryId: delivery.id, transition, attempt })
        : report.settled === 'delivered'
    if (!report.aborted) this.#tell(leased, report, transition, { durationMs, recorded, now })
    return { report, durationMs, transition, recorded }
  }

  #span({ delivery, event }: LeasedDelivery, number: number): Span {
    const attributes = {
      'posthorn.event.id': event.id,
      'posthorn.event.type': event.type,
      'posthorn.delivery.id': delivery.id,
      'posthorn.target.id': delivery.targetId,
      'posthorn.attempt': number,
    }
    const handled = delivery.targetId.startsWith('hdl_')
    return this.#parts.tracer.begin(
      handled ? 'handle' : 'deliver',
      event.trace,
      attributes,
      handled ? 'consumer' : 'client',
    )
  }

  /**
   * The store took so long to say that the lease is ours (or this process was asleep) that it would not outlive the
   * attempt: somebody else may have the delivery, and its success may be on record already.
   */
  async #tooLate(leased: LeasedDelivery, answered: (ended: Ended) => void): Promise<Attempted> {
    answered('cut off')
    const { id, dueAt } = leased.delivery
    const transition: Transition = { to: 'handBack', dueAt }
    const recorded = await this.record(leased, { deliveryId: id, transition, attempt: null })
    if (!recorded) this.#parts.telemetry.record({ name: 'delivery.stale', ...which(leased) })
    return { report: TOO_LATE, durationMs: 0, transition, recorded }
  }

  /**
   * Stores a result. While the store is away it is tried again until the lease has run out: then the delivery belongs
   * to whoever claims it next, and what happened here is repeated rather than lost.
   */
  async record(leased: LeasedDelivery, result: Omit<Finish, 'leaseToken'>): Promise<boolean> {
    const { clock, telemetry } = this.#parts
    const { leaseToken, leaseUntil } = leased.delivery
    for (;;) {
      try {
        return await this.#results.add({ ...result, leaseToken: leaseToken ?? '' })
      } catch (error) {
        telemetry.record({
          name: 'store.failed',
          operation: 'finish',
          error: (error as PosthornError).message,
        })
        if (clock.now() + RECORD_AGAIN_MS >= (leaseUntil ?? 0)) return false
        await new Promise<void>((resolve) => clock.after(RECORD_AGAIN_MS, resolve))
      }
    }
  }

  drained(): Promise<void> {
    return this.#results.drained()
  }

  #tell(
    leased: LeasedDelivery,
    report: AttemptReport,
    transition: Transition,
    { durationMs, recorded, now }: { durationMs: number; recorded: boolean; now: number },
  ): void {
    const { telemetry } = this.#parts
    const { delivery } = leased
    const ids = which(leased)
    const attempt = delivery.attempts + 1
    telemetry.record({
      name: 'delivery.attempted',
      ...ids,
      attempt,
      outcome: report.outcome,
      statusCode: report.statusCode,
      errorCode: report.errorCode,
      errorDetail: report.errorDetail,
      durationMs,
      latencyMs: now - delivery.dueAt,
      nextAttemptAt: transition.to === 'retry' ? transition.dueAt : null,
    })
    if (!recorded) telemetry.record({ name: 'delivery.stale', ...ids })
    else if (transition.to === 'delivered' || transition.to === 'dead')
      telemetry.record({
        name: 'delivery.finished',
        ...ids,
        state: transition.to,
        attempts: attempt,
        reason: report.errorCode,
      })
  }
}
