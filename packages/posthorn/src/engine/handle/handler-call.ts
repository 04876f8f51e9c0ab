import type { LeasedDelivery } from '../../domain/delivery.ts'
import { PosthornError } from '../../domain/error.ts'
import type { Logger } from '../../ports/logger.ts'
import { type AttemptReport, failureReport, type Try } from '../deliver/target.ts'
import type { HandlerContext } from './handler-context.ts'
import type { HandlerError } from './handler-errors.ts'
import { HandlerSignal } from './handler-signal.ts'
import { idLogger } from './id-logger.ts'

/** Of a detail that is kept with an attempt: it is for people, and an error's text can be a whole document. */
const DETAIL_CHARS = 1_000

/** One call of a handler: what it may ask for, and what came of it. */
export class HandlerCall {
  readonly context: HandlerContext
  readonly #ending = new AbortController()
  readonly #log: Logger
  /** What was thrown last for `retryAfter` or `drop`. */
  #asked: HandlerSignal | null = null

  constructor(leased: LeasedDelivery, begun: Try, logger: Logger) {
    const { event, delivery } = leased
    this.#log = idLogger(logger, leased)
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
    return DONE
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

export const DONE: AttemptReport = {
  ...failureReport('', ''),
  outcome: 'success',
  errorCode: null,
  errorDetail: null,
}

export function handlerFailure(
  code: HandlerError,
  detail: string,
  more: Partial<AttemptReport> = {},
): AttemptReport {
  const bounded = detail.length > DETAIL_CHARS ? `${detail.slice(0, DETAIL_CHARS)}…` : detail
  return failureReport(code, bounded, more)
}

/** An application may throw anything, a thing that cannot be written as text among it. */
function textOf(error: unknown): string {
  try {
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  } catch {
    return 'The handler threw something that cannot be written as text.'
  }
}
