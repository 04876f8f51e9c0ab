import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { TargetId } from '../../domain/ids.ts'
import type { RetryPolicy } from '../../domain/retry-policy.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { type AttemptReport, failureReport, type Target, type Try } from '../deliver/target.ts'
import type { TargetPolicy } from '../deliver/targets.ts'
import { type HandledEvent, handledEvent } from './handled-event.ts'
import { HandlerCall } from './handler-call.ts'
import type { HandlerFunction } from './handler-context.ts'
import { handlerFailure } from './handler-failure.ts'
import type { HandlerOptions } from './handler-options.ts'
import { misfit } from './standard-schema.ts'
import { TRANSACTION_MS, type Transactions } from './transactions.ts'

export interface HandlerTargetParts {
  readonly id: TargetId
  readonly source: string
  readonly run: HandlerFunction
  readonly options: HandlerOptions
  readonly clock: Clock
  readonly logger: Logger
  readonly transactions: Transactions
}

const TIMEOUT_MS = 30_000
const CONCURRENCY = 16

/** A function of the application as a target. Success is that it returns; an error or the deadline means retry. */
export class HandlerTarget implements Target {
  readonly id: TargetId
  readonly format = 'raw'
  readonly policy: TargetPolicy
  readonly retry: RetryPolicy
  readonly active = true
  readonly timeoutMs: number
  readonly #parts: HandlerTargetParts

  constructor(parts: HandlerTargetParts) {
    const {
      timeoutMs = TIMEOUT_MS,
      concurrency = CONCURRENCY,
      rateLimit = null,
      retry = 'standard',
    } = parts.options
    this.#parts = parts
    this.id = parts.id
    this.policy = { maxInFlight: concurrency, rateLimit, breaker: false, shared: false, revision: 0 }
    this.retry = retry
    this.timeoutMs = timeoutMs
  }

  async attempt(leased: LeasedDelivery, begun: Try): Promise<AttemptReport> {
    const { signal: shutdown } = begun
    if (shutdown.aborted) return CUT_OFF
    const { clock, logger, source, options, transactions } = this.#parts
    const timeoutMs = options.transactionTimeoutMs ?? TRANSACTION_MS
    const call = new HandlerCall(leased, begun, { logger, transactions, timeoutMs })
    // Not AbortSignal.any: Node keeps such a signal alive as long as the process's, one for each attempt ever made.
    const { promise: ended, resolve: end } = Promise.withResolvers<AttemptReport>()
    const cutOff = () => {
      end(CUT_OFF)
      call.abort(shutdown.reason)
    }
    shutdown.addEventListener('abort', cutOff, { once: true })
    const timer = clock.after(this.timeoutMs, () => {
      const late = `The handler took longer than ${this.timeoutMs} ms.`
      end(handlerFailure('handler_timeout', late))
      call.abort(new Error(late))
    })
    try {
      const report = await Promise.race([this.#run(handledEvent(leased.event, source), call), ended])
      return await call.result(report)
    } finally {
      timer.cancel()
      shutdown.removeEventListener('abort', cutOff)
    }
  }

  async #run(event: HandledEvent, call: HandlerCall): Promise<AttemptReport> {
    const { run, options } = this.#parts
    try {
      const checked = await options.schema?.['~standard'].validate(event.data)
      if (checked?.issues !== undefined)
        return handlerFailure('payload_invalid', misfit(checked.issues), { outcome: 'fatal' })
      // The deadline may have passed while the schema was asked.
      if (call.context.signal.aborted) return CUT_OFF
      await run(checked === undefined ? event : { ...event, data: checked.value }, call.context)
      return call.returned()
    } catch (error) {
      return call.threw(error)
    }
  }
}

const CUT_OFF: AttemptReport = failureReport('aborted', 'The attempt was cut off by a shutdown.', {
  aborted: true,
})
