import type { Attempt, LeasedDelivery } from '../../domain/delivery.ts'
import type { AttemptId } from '../../domain/ids.ts'
import { nextDelayMs, type RetryPolicy } from '../../domain/retry-policy.ts'
import type { Transition } from '../../domain/transition.ts'
import type { AttemptReport } from './target.ts'

/** The type of the event that a subscription's test sends: tried once, whatever the schedule says. */
export const TEST_EVENT_TYPE = 'test.ping'

/** What follows from an attempt for its delivery. */
export function transitionAfter(
  { delivery, event }: LeasedDelivery,
  report: AttemptReport,
  retry: RetryPolicy,
  now: number,
  jitter: number,
): Transition {
  const { statusCode } = report
  if (report.aborted) return { to: 'handBack', dueAt: now }
  if (report.outcome === 'success') return { to: 'delivered', at: now, statusCode }
  const error = report.errorCode ?? 'failed'
  if (report.outcome === 'fatal') return { to: 'dead', at: now, statusCode, error }
  const attempt = delivery.attempts + 1 - delivery.scheduleStart
  const policy = event.type === TEST_EVENT_TYPE ? [] : retry
  const delayMs = nextDelayMs({ policy, attempt, retryAfterMs: report.retryAfterMs, jitter })
  return delayMs === null
    ? { to: 'dead', at: now, statusCode, error }
    : { to: 'retry', dueAt: now + delayMs, statusCode, error }
}

/** The attempt's row. */
export function attemptOf(
  { delivery }: LeasedDelivery,
  report: AttemptReport,
  { id, startedAt, durationMs }: { id: AttemptId; startedAt: number; durationMs: number },
): Attempt {
  return {
    id,
    deliveryId: delivery.id,
    number: delivery.attempts + 1,
    startedAt,
    durationMs,
    outcome: report.outcome,
    statusCode: report.statusCode,
    errorCode: report.errorCode,
    errorDetail: report.errorDetail,
    responseBody: report.responseBody,
    responseTruncated: report.responseTruncated,
    exchange: report.exchange,
  }
}
