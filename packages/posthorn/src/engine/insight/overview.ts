import type { SubscriptionId, TargetId, TenantId } from '../../domain/ids.ts'
import { addCount, emptyCount, MINUTE_MS, type MinuteCount, percentile, worst } from '../../domain/minutes.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { Happening } from '../../ports/telemetry.ts'
import type { Directory } from '../directory/directory.ts'
import type { MinuteCounts } from './minute-counts.ts'
import type { Failing, Overview, OverviewPoint } from './use-cases.ts'

export interface OverviewParts {
  readonly store: Pick<Store, 'deliveries' | 'alerts'>
  readonly directory: Directory
  readonly minutes: MinuteCounts
  readonly clock: Pick<Clock, 'now'>
  readonly kinds: { readonly store: string; readonly queue: string }
}

/** More points than pixels say nothing. */
const POINTS_MAX = 120
/** What waits and what is dead is counted up to here: 10 ms of SQLite. */
export const COUNTED_MAX = 10_000
const FAILING_MAX = 20
const TYPES_MAX = 50

/** What happens, in numbers: counts of minutes, what waits now, and what fails worst. */
export class Overviews {
  readonly #parts: OverviewParts
  readonly #lost = new Set<string>()

  constructor(parts: OverviewParts) {
    this.#parts = parts
  }

  note(happening: Happening): void {
    if (happening.name === 'queue.failed') this.#lost.add(happening.queue)
    if (happening.name === 'queue.recovered') this.#lost.delete(happening.queue)
  }

  async get(tenantId: TenantId, windowMs: number): Promise<Overview> {
    const { store, minutes, clock, kinds } = this.#parts
    const now = clock.now()
    const step = Math.ceil(windowMs / MINUTE_MS / POINTS_MAX)
    // Whole steps, so that a point does not change once it is past.
    const to = (Math.floor(now / MINUTE_MS / step) + 1) * step
    const from = to - Math.max(1, Math.ceil(windowMs / MINUTE_MS / step)) * step
    const [counts, standing] = await Promise.all([
      minutes.list(tenantId, from, to),
      store.deliveries.standing(tenantId, COUNTED_MAX),
    ])
    const sum = emptyCount()
    for (const count of counts.values()) addCount(sum, count)
    const { oldestDueAt, waiting, retrying, dead } = standing
    return {
      ...{ from: from * MINUTE_MS, to: to * MINUTE_MS, stepMs: step * MINUTE_MS },
      series: seriesOf(counts, from, to, step),
      successRate: rate(sum.delivered, sum.failed),
      oldestDueMs: oldestDueAt === null ? null : Math.max(0, now - oldestDueAt),
      ...{ waiting, retrying, dead },
      eventTypes: Object.entries(sum.types)
        .map(([eventType, events]) => ({ eventType, events }))
        .sort((a, b) => b.events - a.events)
        .slice(0, TYPES_MAX),
      failing: await this.#failing(tenantId, sum, from * MINUTE_MS),
      // It has just answered.
      store: { kind: kinds.store, ready: true },
      queue: { kind: kinds.queue, ready: this.#lost.size === 0 },
    }
  }

  /** Most failures within the window first; then those that are known to fail without an attempt in it. */
  async #failing(tenantId: TenantId, sum: MinuteCount, since: number): Promise<Failing[]> {
    const { subscriptions } = await this.#parts.directory.tenantView(tenantId)
    const counted = new Map<TargetId, number>(worst(sum))
    for (const { id, failingSince, disabledReason } of subscriptions.values())
      if (!counted.has(id) && (failingSince !== null || isFailure(disabledReason))) counted.set(id, 0)
    const picked: Array<readonly [Subscription, number]> = []
    for (const [id, failed] of counted) {
      const subscription = subscriptions.get(id as SubscriptionId)
      if (subscription !== undefined && picked.length < FAILING_MAX) picked.push([subscription, failed])
    }
    return Promise.all(picked.map(([subscription, failed]) => this.#oneFailing(subscription, failed, since)))
  }

  async #oneFailing(subscription: Subscription, failed: number, since: number): Promise<Failing> {
    const { deliveries, alerts } = this.#parts.store
    const { id, tenantId, name, url, active } = subscription
    const counted = { tenantId, subscriptionId: id, sourceId: null, since }
    // Not all its statistics: their percentiles read and sort as many as 100,000 attempts of each that fails.
    const [attempts, dead, failingSince, last] = await Promise.all([
      alerts.measure({ of: 'attempts', ...counted }),
      alerts.measure({ of: 'dead', ...counted }),
      // It is written down only when a run has lasted for a while.
      subscription.failingSince ??
        deliveries.failingSince({ tenantId, targetId: id, since: subscription.updatedAt }),
      deliveries.lastFailure({ tenantId, targetId: id, since: 0 }),
    ])
    return {
      ...{ subscriptionId: id, name, url, active, failingSince, failed, dead: dead.value ?? 0 },
      cause: last?.errorCode ?? null,
      statusCode: last?.statusCode ?? null,
      successRate: rate((attempts.value ?? 0) - attempts.failed, attempts.failed),
    }
  }
}

function isFailure(reason: Subscription['disabledReason']): boolean {
  return reason !== null && reason !== 'user'
}

function rate(succeeded: number, failed: number): number | null {
  return succeeded + failed === 0 ? null : succeeded / (succeeded + failed)
}

function seriesOf(
  counts: ReadonlyMap<number, MinuteCount>,
  from: number,
  to: number,
  step: number,
): OverviewPoint[] {
  const series: OverviewPoint[] = []
  for (let at = from; at < to; at += step) {
    const sum = emptyCount()
    for (let minute = at; minute < at + step; minute += 1) {
      const count = counts.get(minute)
      if (count !== undefined) addCount(sum, count)
    }
    const { events, delivered, failed } = sum
    const [p50Ms, p99Ms] = [percentile(sum, 0.5), percentile(sum, 0.99)]
    series.push({ at: at * MINUTE_MS, events, delivered, failed, p50Ms, p99Ms })
  }
  return series
}
