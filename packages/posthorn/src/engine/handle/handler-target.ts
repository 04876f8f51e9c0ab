import { isJson } from '../../domain/body.ts'
import type { Delivery, LeasedDelivery } from '../../domain/delivery.ts'
import type { StoredEvent } from '../../domain/event.ts'
import type { TargetId } from '../../domain/ids.ts'
import type { RetryPolicy } from '../../domain/retry-policy.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { type AttemptReport, failureReport, type Target, type Try } from '../deliver/target.ts'
import type { TargetPolicy } from '../deliver/targets.ts'
import type { HandlerOptions } from './handler-options.ts'

/** An event as a handler sees it. */
export interface HandledEvent<Data = unknown> {
  /** The provider's or publisher's id: the same in every attempt. */
  readonly id: string
  readonly type: string
  /** Name of the source. */
  readonly source: string
  /** The body parsed as JSON; undefined when it is none. */
  readonly data: Data
  /** The exact bytes that came in. */
  readonly body: Uint8Array
  readonly contentType: string
  /** epoch ms */
  readonly receivedAt: number
}

export interface HandlerContext {
  /** Aborts at the deadline and at the second step of a shutdown. */
  readonly signal: AbortSignal
  /** 1 for the first. */
  readonly attempt: number
  /** Lines carry the event's and the delivery's id. */
  readonly log: Logger
}

export type HandlerFunction<Data = unknown> = (event: HandledEvent<Data>, context: HandlerContext) => unknown

export interface HandlerTargetParts {
  readonly id: TargetId
  readonly source: string
  readonly run: HandlerFunction
  readonly options: HandlerOptions
  readonly clock: Clock
  readonly logger: Logger
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
    this.policy = { maxInFlight: concurrency, rateLimit, revision: 0 }
    this.retry = retry
    this.timeoutMs = timeoutMs
  }

  async attempt(
    { event, delivery }: LeasedDelivery,
    { number: attempt, signal: shutdown }: Try,
  ): Promise<AttemptReport> {
    if (shutdown.aborted) return CUT_OFF
    const { clock, logger, source } = this.#parts
    // Not AbortSignal.any: Node keeps such a signal alive as long as the process's, one for each attempt ever made.
    const ending = new AbortController()
    const { promise: ended, resolve: end } = Promise.withResolvers<AttemptReport>()
    const cutOff = () => {
      end(CUT_OFF)
      ending.abort(shutdown.reason)
    }
    shutdown.addEventListener('abort', cutOff, { once: true })
    const timer = clock.after(this.timeoutMs, () => {
      end(this.#late())
      ending.abort(new Error(`The handler took longer than ${this.timeoutMs} ms.`))
    })
    const context = { signal: ending.signal, attempt, log: withIds(logger, idsOf(event, delivery)) }
    try {
      return await Promise.race([this.#run(handled(event, source), context), ended])
    } finally {
      timer.cancel()
      shutdown.removeEventListener('abort', cutOff)
    }
  }

  async #run(event: HandledEvent, context: HandlerContext): Promise<AttemptReport> {
    try {
      await this.#parts.run(event, context)
      return DONE
    } catch (error) {
      return failureReport(
        'handler_failed',
        error instanceof Error ? `${error.name}: ${error.message}` : String(error),
      )
    }
  }

  #late(): AttemptReport {
    return failureReport('handler_timeout', `The handler took longer than ${this.timeoutMs} ms.`)
  }
}

export const HANDLER_ERRORS = {
  handler_failed: 'The handler threw an error.',
  handler_timeout: 'The handler took longer than its deadline.',
  attempt_failed: 'The attempt could not be made, by a fault on this side; the detail says which.',
  signing_failed: 'The request could not be signed; the secret or the event id does not fit the scheme.',
} as const

const DONE: AttemptReport = {
  ...failureReport('', ''),
  outcome: 'success',
  errorCode: null,
  errorDetail: null,
}
const CUT_OFF: AttemptReport = failureReport('aborted', 'The attempt was cut off by a shutdown.', {
  aborted: true,
})

function handled(event: StoredEvent, source: string): HandledEvent {
  const { id, type, data: body, contentType, receivedAt } = event
  return { id, type, source, data: parsed(event), body, contentType, receivedAt }
}

function parsed({ data, contentType }: StoredEvent): unknown {
  if (!isJson(contentType)) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(data))
  } catch {
    return undefined
  }
}

function idsOf(event: StoredEvent, delivery: Delivery): Record<string, string> {
  return {
    event_id: event.id,
    event_type: event.type,
    tenant_id: event.tenantId,
    delivery_id: delivery.id,
  }
}

function withIds(logger: Logger, ids: Record<string, unknown>): Logger {
  return {
    info: (text, fields) => logger.info(text, { ...ids, ...fields }),
    warn: (text, fields) => logger.warn(text, { ...ids, ...fields }),
    error: (text, fields) => logger.error(text, { ...ids, ...fields }),
  }
}
