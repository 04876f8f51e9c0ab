import type { LeasedDelivery } from '../../domain/delivery.ts'
import { PosthornError } from '../../domain/error.ts'
import type { Logger } from '../../ports/logger.ts'
import { type AttemptReport, SUCCESS, type Try } from '../deliver/target.ts'
import type { HandlerContext } from './handler-context.ts'
import { handlerFailure } from './handler-failure.ts'
import { HandlerSignal } from './handler-signal.ts'
import { HandlerTransaction } from './handler-transaction.ts'
import { idLogger } from './id-logger.ts'
import type { Transactions } from './transactions.ts'

export interface HandlerCallParts {
  readonly logger: Logger
  readonly transactions: Transactions
  /** Of its transaction. */
  readonly timeoutMs: number
}

/** One call of a handler: what it may ask for, and what came of it. */
export class HandlerCall {
  readonly context: HandlerContext
  readonly #ending = new AbortController()
  readonly #log: Logger
  readonly #transaction: HandlerTransaction
  /** What was thrown last for `retryAfter` or `drop`. */
  #asked: HandlerSignal | null = null

  constructor(leased: LeasedDelivery, begun: Try, { logger, ...parts }: HandlerCallParts) {
    const { event, delivery } = leased
    this.#log = idLogger(logger, leased)
    this.#transaction = new HandlerTransaction({
      ...parts,
      ...{ finish: begun.delivered, signal: this.#ending.signal, log: this.#log },
    })
    this.context = {
      signal: this.#ending.signal,
      attempt: begun.number,
      deliveryId: delivery.id,
      tenantId: event.tenantId,
      requestId: event.requestId,
      traceparent: begun.traceparent,
      log: this.#log,
      retryAfter: (ms, reason) => this.#retryAfter(ms, reason),
      drop: (reason) => this.#drop(reason),
      transaction: (work) => this.#transaction.run(work),
    }
  }

  /** Tells the handler that its time is over. */
  abort(reason: unknown): void {
    this.#ending.abort(reason)
  }

  /** The handler has returned. */
  returned(): AttemptReport {
    if (this.#asked !== null)
      this.#log.warn(`${this.#asked.message} But the handler caught that error and returned: this counts.`)
    return SUCCESS
  }

  /** The handler has thrown. */
  threw(error: unknown): AttemptReport {
    const asked = HandlerSignal.in(error, this)
    if (asked !== null) return asked
    if (this.#asked !== null)
      this.#log.warn(
        `${this.#asked.message} But the handler caught that error and threw another one without it as its cause: this counts.`,
      )
    return handlerFailure('handler_failed', textOf(error))
  }

  /** How the attempt ended, given what the handler or the clock said: a transaction has the last word. */
  result(report: AttemptReport): Promise<AttemptReport> {
    return this.#transaction.result(report)
  }

  #retryAfter(ms: number, reason?: string): never {
    if (typeof ms !== 'number' || !Number.isFinite(ms) || ms < 0)
      throw new PosthornError(
        'invalid_request',
        `ctx.retryAfter takes milliseconds from now, 0 or more; it was given ${String(ms)}.`,
      )
    const said = reason ?? `The handler asked to be called again in ${ms} ms.`
    const report = handlerFailure('handler_retry_after', said, { retryAfterMs: Math.round(ms) })
    return this.#throw(`ctx.retryAfter(${ms}) was called: ${said}`, report)
  }

  #drop(reason: string): never {
    const report = handlerFailure('handler_dropped', String(reason), { outcome: 'fatal' })
    return this.#throw(`ctx.drop was called: ${reason}`, report)
  }

  #throw(text: string, report: AttemptReport): never {
    this.#asked = new HandlerSignal(this, text, report)
    throw this.#asked
  }
}

/** An application may throw anything, a thing that cannot be written as text among it. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    return 'The handler threw something that cannot be written as text.'
  }
}
