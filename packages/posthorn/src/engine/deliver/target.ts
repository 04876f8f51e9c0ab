import type { LeasedDelivery, Outcome } from '../../domain/delivery.ts'
import type { SourceId, TargetId, TenantId } from '../../domain/ids.ts'
import type { RetryPolicy } from '../../domain/retry-policy.ts'
import type { BodyFormat } from '../../domain/subscription.ts'
import type { Finish } from '../../ports/finish.ts'
import type { TargetPolicy } from './targets.ts'

/** Whatever a delivery can be for. A subscription is one over HTTP, a handler is one in this process. */
export interface Target {
  readonly id: TargetId
  readonly format: BodyFormat
  readonly policy: TargetPolicy
  readonly retry: RetryPolicy
  /** Not active: its deliveries wait, without costing attempts. */
  readonly active: boolean
  /** Deadline of one attempt; the lease outlives it. */
  readonly timeoutMs: number
  /** One try. Never rejects: what goes wrong is in the report. */
  attempt(leased: LeasedDelivery, begun: Try): Promise<AttemptReport>
}

/** What a target is told of the try that begins. */
export interface Try {
  /** 1 for the first. */
  readonly number: number
  /** Shutdown's second step. */
  readonly signal: AbortSignal
  /** Trace context of this try, to hand on; null: none. */
  readonly traceparent: string | null
  /** For a target that stores its own success: what is to be stored, if this try has succeeded by now. */
  readonly delivered: () => Finish
}

export interface AttemptReport {
  readonly outcome: Outcome
  readonly statusCode: number | null
  readonly errorCode: string | null
  readonly errorDetail: string | null
  readonly responseBody: Uint8Array
  readonly responseTruncated: boolean
  /** As `domain/exchange.ts` writes it; null: nothing was sent. */
  readonly exchange: string | null
  /** What the target asked for, from the end of the attempt; null when it did not. */
  readonly retryAfterMs: number | null
  /** The target wants nothing more, ever. */
  readonly gone: boolean
  /** A shutdown cut it off: it does not count as an attempt. */
  readonly aborted: boolean
  /**
   * The target has stored the result itself (`delivered`), or found that the lease was another's by then (`stale`);
   * null: it is to be stored.
   */
  readonly settled: 'delivered' | 'stale' | null
}

/** Finds targets: which ones an event is for, and the one that a stored delivery names. */
export interface TargetFinder {
  match(
    tenantId: TenantId,
    sourceId: SourceId | null,
    eventType: string,
  ): readonly Target[] | Promise<readonly Target[]>
  /** null: deleted, or not known to this process. */
  find(tenantId: TenantId, id: TargetId): Target | null | Promise<Target | null>
  /** Of one that `find` does not know: whether it is gone for good, by the word of the store. */
  isDeleted(tenantId: TenantId, id: TargetId): Promise<boolean>
}

/** A report of an attempt that failed on our side of the wire, or had no answer. */
export function failureReport(
  errorCode: string,
  errorDetail: string,
  more: Partial<AttemptReport> = {},
): AttemptReport {
  return {
    outcome: 'retry',
    statusCode: null,
    errorCode,
    errorDetail,
    responseBody: NOTHING,
    responseTruncated: false,
    exchange: null,
    retryAfterMs: null,
    gone: false,
    aborted: false,
    settled: null,
    ...more,
  }
}

const NOTHING = new Uint8Array(0)

/** Of a target that has no answer to tell. */
export const SUCCESS: AttemptReport = {
  ...failureReport('', ''),
  outcome: 'success',
  errorCode: null,
  errorDetail: null,
}
