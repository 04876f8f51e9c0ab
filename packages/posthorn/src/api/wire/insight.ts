import type { Static } from 'typebox'
import type { Bulk, BulkItem } from '../../domain/bulk.ts'
import type { DeadLetterGroup } from '../../domain/dead-letters.ts'
import type { TargetId } from '../../domain/ids.ts'
import type { BulkInput, InsightUseCases, Overview } from '../../engine/insight/use-cases.ts'
import type { Body, Result, Row } from '../contract/contract.ts'
import type { Bulk as WireBulk, Overview as WireOverview } from '../contract/schemas/insight.ts'
import { fromInstant, toInstant, toInstantOrNull } from './instant.ts'

const HANDLER_PREFIX = 'hdl_'

export function toOverview(
  overview: Overview,
  processes: ReturnType<InsightUseCases['processes']>,
): Static<typeof WireOverview> {
  const { oldestDueMs, store, queue, waiting, retrying, dead } = overview
  return {
    from: toInstant(overview.from),
    to: toInstant(overview.to),
    step_s: overview.stepMs / 1000,
    series: overview.series.map(({ at, events, delivered, failed, p50Ms, p99Ms }) => ({
      ...{ at: toInstant(at), events, delivered, failed, p50_ms: p50Ms, p99_ms: p99Ms },
    })),
    success_rate: overview.successRate,
    oldest_due_s: oldestDueMs === null ? null : oldestDueMs / 1000,
    ...{ waiting, retrying, dead },
    event_types: overview.eventTypes.map(({ eventType, events }) => ({ event_type: eventType, events })),
    failing: overview.failing.map((one) => ({
      subscription_id: one.subscriptionId,
      ...{ name: one.name, url: one.url, active: one.active },
      failing_since: toInstantOrNull(one.failingSince),
      ...{
        cause: one.cause,
        status_code: one.statusCode,
        failed: one.failed,
        dead: one.dead,
        success_rate: one.successRate,
      },
    })),
    processes: processes.map(({ id, name, role, version, startedAt, seenAt }) => ({
      ...{ id, name, role, version },
      started_at: toInstant(startedAt),
      seen_at: toInstant(seenAt),
    })),
    ...{ store, queue },
  }
}

export function toDeadLetters(found: {
  groups: readonly DeadLetterGroup[]
  complete: boolean
}): Result<'listDeadLetters'> {
  const data = found.groups.map(({ targetId, cause, statuses, count, oldestAt, newestAt, sample }) => ({
    ...{ cause, count, ...toTarget(targetId) },
    status_codes: statuses.map((one) => ({ status_code: one.statusCode, count: one.count })),
    oldest_at: toInstant(oldestAt),
    newest_at: toInstant(newestAt),
    sample_delivery_id: sample,
  }))
  return { data, complete: found.complete }
}

function toTarget(targetId: TargetId): { subscription_id: string | null; handler: string | null } {
  return targetId.startsWith(HANDLER_PREFIX)
    ? { subscription_id: null, handler: targetId.slice(HANDLER_PREFIX.length) }
    : { subscription_id: targetId, handler: null }
}

export function fromBulkInput({ action, ids, filter }: Body<'startBulk'>): BulkInput {
  return {
    action,
    ids: (ids ?? null) as BulkInput['ids'],
    filter:
      filter === undefined
        ? null
        : {
            targetId: (filter.subscription_id ?? null) as TargetId | null,
            eventType: filter.event_type ?? null,
            cause: filter.cause ?? null,
            since: fromInstant(filter.since),
            until: fromInstant(filter.until),
          },
  }
}

export function toBulk({ filter, createdAt, finishedAt, ...bulk }: Bulk): Static<typeof WireBulk> {
  const { id, action, state, matched, done, changed } = bulk
  return {
    ...{ id, action, state, matched, done, changed },
    filter: filter && {
      subscription_id: filter.targetId,
      event_type: filter.eventType,
      cause: filter.cause,
      since: toInstantOrNull(filter.since),
      until: toInstant(filter.until),
    },
    created_at: toInstant(createdAt),
    finished_at: toInstantOrNull(finishedAt),
  }
}

export function toBulkItem({ deliveryId, result }: BulkItem): Row<'listBulkItems'> {
  return { delivery_id: deliveryId, result }
}
