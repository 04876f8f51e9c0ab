import { PosthornError } from '../../domain/error.ts'
import type { Tenant } from '../../domain/records.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { EventStore } from '../../ports/store.ts'
import type { TargetFinder } from '../deliver/target.ts'
import { TEST_EVENT_TYPE } from '../deliver/verdict.ts'
import type { Worker } from '../deliver/worker.ts'
import type { TestResult } from '../use-cases.ts'
import { newDelivery, ownEvent, toDelivery } from './new-records.ts'

export interface PingParts {
  readonly events: EventStore
  readonly finder: TargetFinder
  readonly worker: Worker
  readonly clock: Clock
  readonly random: Random
}

/**
 * Sends `test.ping` to one subscription now, by the same way as every attempt: stored, signed, guarded, on record. It
 * is tried once, and also on a subscription that is not active or whose breaker is open: that is when one wants to know.
 */
export async function ping(
  parts: PingParts,
  tenant: Tenant,
  subscription: Subscription,
): Promise<TestResult> {
  const { events, finder, worker } = parts
  const target = await finder.find(tenant.id, subscription.id)
  if (target === null) throw new PosthornError('not_found', `There is no subscription ${subscription.id}.`)
  if (worker.free === 0)
    throw new PosthornError(
      'store_unavailable',
      'Every slot for attempts is taken just now. Try again shortly.',
      { retryAfterS: 1 },
    )
  const event = ownEvent(parts, tenant.id, TEST_EVENT_TYPE, {
    test: true,
    message: 'A test event from Posthorn.',
  })
  worker.take(target, 1)
  // No inbound request stands behind a test: it is written and signed by us whatever the subscription forwards.
  const format = target.format === 'received' ? 'standard' : target.format
  const delivery = newDelivery(parts, { id: target.id, format }, { lease: worker.lease(target.timeoutMs) })
  const [inserted] = await events.insert([{ event, deliveries: [delivery] }]).catch((error: unknown) => {
    worker.forgo(target)
    throw error
  })
  if (inserted?.status !== 'stored')
    throw new PosthornError('internal', 'The test event could not be stored.')
  const { key } = inserted
  const { report, durationMs } = await worker.run(
    { delivery: toDelivery(delivery, event, key), event: { ...event, key } },
    target,
  )
  return {
    success: report.outcome === 'success',
    statusCode: report.statusCode,
    responseBody: report.responseBody,
    durationMs,
    error: report.errorCode === null ? null : `${report.errorCode}: ${report.errorDetail}`,
    deliveryId: delivery.id,
  }
}
