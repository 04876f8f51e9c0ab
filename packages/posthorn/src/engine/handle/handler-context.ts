import type { DeliveryId, TenantId } from '../../domain/ids.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Transaction } from '../../ports/transactions.ts'
import type { HandledEvent } from './handled-event.ts'

/** What a handler is told of the attempt that it is, and what it can ask for. Its functions need no `this`. */
export interface HandlerContext {
  /** Aborts at the deadline and at the second step of a shutdown. */
  readonly signal: AbortSignal
  /** 1 for the first. */
  readonly attempt: number
  readonly deliveryId: DeliveryId
  readonly tenantId: TenantId
  /** The stored HTTP request that brought the event; null: none. */
  readonly requestId: string | null
  /** Trace context of this attempt (W3C), to hand on; null: none. */
  readonly traceparent: string | null
  /** Its lines carry `event_id`, `event_type`, `tenant_id`, `request_id` and `delivery_id`. */
  readonly log: Logger
  /**
   * Ends the attempt and asks for the next one not before so many milliseconds from now. As `Retry-After` of an HTTP
   * target: later than the schedule says, never earlier, by at most 24 hours; and the attempt counts, so the schedule has
   * an end. It throws: let the error through, or put it into the `cause` of yours.
   * @throws PosthornError `invalid_request` for what is no number of milliseconds
   */
  readonly retryAfter: (ms: number, reason?: string) => never
  /**
   * Ends the attempt and the delivery: this event is not tried again and is dead, with the reason on record, until
   * somebody retries it by hand. It throws, as `retryAfter` does.
   */
  readonly drop: (reason: string) => never
  /**
   * Writes of the handler and the mark "delivered" as one commit: an effect that happens once. When the promise
   * resolves, the event is handled whatever the handler does after it; when `work` throws, the deadline passes or the
   * process dies before, nothing of it was written and the attempt has failed. Once an attempt.
   *
   * Only `tx` writes within it; await nothing else in `work`: it holds the store's only writer. Without it a handler is
   * called at least once.
   * @throws PosthornError `config_invalid` for a store without transactions, `state_conflict` when called again, after
   * the attempt, or when another process has the delivery by now, `transaction_timeout`; and whatever `work` throws
   */
  readonly transaction: <T>(work: (tx: Transaction) => T | Promise<T>) => Promise<T>
}

/** Success is that it returns; an error or the deadline means retry. What it returns is not looked at. */
export type HandlerFunction<Data = unknown> = (event: HandledEvent<Data>, context: HandlerContext) => unknown
