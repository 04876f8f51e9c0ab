import type { LeasedDelivery } from '../../domain/delivery.ts'
import { isOperational } from '../../domain/event-type.ts'
import type { SubscriptionId, TargetId, TenantId } from '../../domain/ids.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Store } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Attempted } from '../deliver/attempter.ts'
import type { Directory } from '../directory/directory.ts'

export interface SubscriptionHealthParts {
  readonly store: Pick<Store, 'subscriptions' | 'deliveries'>
  readonly directory: Directory
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Nothing but failures for this long disables a subscription. */
  readonly disableAfterMs: number
  /** Tells the tenant: an operational event for those who subscribe to `posthorn.*`. */
  readonly announce: (tenantId: TenantId, type: string, data: Record<string, unknown>) => Promise<void>
}

interface FailureRun {
  readonly since: number
  /** `updatedAt` of the subscription. */
  readonly revision: number | undefined
  /** Its begin is in the store. */
  readonly written: boolean
}

/** A run of failures is written down only after this long, so that a target that fails now and then costs no writes. */
const WRITE_AFTER_MS = 60_000
const HANDLER_PREFIX = 'hdl_'

function isSubscription(id: TargetId): id is SubscriptionId {
  return id.startsWith('sub_')
}

/**
 * Watches how attempts end: notes since when a subscription does nothing but fail, disables it after too long or when
 * its target answers 410, and tells the tenant about that and about dead deliveries, those of handlers among them.
 */
export class SubscriptionHealth {
  readonly #parts: SubscriptionHealthParts
  /** First failure of the present run, as far as this process saw it. */
  readonly #failingSince = new Map<TargetId, FailureRun>()
  readonly #busy = new Set<Promise<void>>()

  constructor(parts: SubscriptionHealthParts) {
    this.#parts = parts
  }

  attempted({ delivery, event }: LeasedDelivery, { report, transition, recorded }: Attempted): void {
    const { targetId, tenantId } = delivery
    if (!recorded || report.aborted) return
    if (isSubscription(targetId)) {
      if (report.outcome === 'success') this.#succeeded(tenantId, targetId)
      else if (report.gone) this.#later(this.#disable(tenantId, targetId, 'gone'))
      else if (report.outcome === 'retry') this.#failed(tenantId, targetId)
    }
    if (transition.to !== 'dead' || isOperational(event.type)) return
    const what = {
      delivery_id: delivery.id,
      event_id: event.id,
      event_type: event.type,
      source_id: event.sourceId,
      subscription_id: isSubscription(targetId) ? targetId : null,
      handler: isSubscription(targetId) ? null : targetId.slice(HANDLER_PREFIX.length),
      error: report.errorCode,
    }
    this.#later(this.#parts.announce(tenantId, 'posthorn.delivery.dead', what))
  }

  /** Resolves when nothing of this is under way. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy)
  }

  #succeeded(tenantId: TenantId, id: SubscriptionId): void {
    this.#failingSince.delete(id)
    const known = this.#parts.directory.peekSubscription(id)
    if (known?.failingSince === null) return
    // Also when it is not in memory just now, since something of the tenant was changed: the store knows.
    const end = (subscription: Subscription) =>
      subscription.failingSince === null ? null : { ...subscription, failingSince: null }
    this.#later(this.#change(tenantId, id, end))
  }

  #failed(tenantId: TenantId, id: SubscriptionId): void {
    const now = this.#parts.clock.now()
    const known = this.#parts.directory.peekSubscription(id)
    const run = this.#failingSince.get(id)
    // A run ends when the owner changes something: what failed before says nothing about what is there now.
    // And when another process has seen a success, and has taken its begin out of the store.
    const ended =
      run === undefined || run.revision !== known?.updatedAt || (run.written && known?.failingSince === null)
    const since = known?.failingSince ?? (ended ? now : run.since)
    const written = typeof known?.failingSince === 'number'
    this.#failingSince.set(id, { since, revision: known?.updatedAt, written })
    if (now - since >= this.#parts.disableAfterMs) this.#later(this.#disable(tenantId, id, 'failing'))
    else if (known?.failingSince === null && now - since >= WRITE_AFTER_MS)
      this.#later(this.#write(tenantId, id, since))
  }

  async #write(tenantId: TenantId, id: SubscriptionId, since: number): Promise<void> {
    const revision = this.#failingSince.get(id)?.revision ?? since
    // Another process may have seen the first failure of this run, or this one before it was started anew.
    const first = await this.#parts.store.deliveries.failingSince({ tenantId, targetId: id, since: revision })
    const begin = Math.min(since, first ?? since)
    const written = await this.#change(tenantId, id, (subscription) =>
      this.#goesOn(subscription, since) ? { ...subscription, failingSince: begin } : null,
    )
    const run = this.#failingSince.get(id)
    if (written && run?.since === since) this.#failingSince.set(id, { ...run, written })
  }

  /** Only while the run goes on: a success may have come before the store. */
  #goesOn({ id, failingSince }: Subscription, since: number): boolean {
    return this.#failingSince.get(id)?.since === since && failingSince === null
  }

  async #disable(tenantId: TenantId, id: SubscriptionId, reason: 'gone' | 'failing'): Promise<void> {
    const { telemetry, announce } = this.#parts
    this.#failingSince.delete(id)
    const changed = await this.#change(tenantId, id, (subscription) =>
      subscription.active ? { ...subscription, active: false, disabledReason: reason } : null,
    )
    if (!changed) return
    telemetry.record({ name: 'subscription.disabled', tenantId, targetId: id, reason })
    await announce(tenantId, 'posthorn.subscription.disabled', { subscription_id: id, reason })
  }

  /** @returns whether it was changed; not when it is gone or `next` wants nothing. */
  async #change(
    tenantId: TenantId,
    id: SubscriptionId,
    next: (now: Subscription) => Subscription | null,
  ): Promise<boolean> {
    const { store, directory } = this.#parts
    for (;;) {
      const found = await store.subscriptions.get(tenantId, id)
      const changed = found === null ? null : next(found.record)
      if (found === null || changed === null) return false
      if (await store.subscriptions.update(changed, found.version)) {
        directory.invalidate(tenantId, id)
        return true
      }
    }
  }

  #later(work: Promise<unknown>): void {
    const watched = work.then(
      () => undefined,
      (error) =>
        this.#parts.telemetry.record({
          name: 'service.failed',
          service: 'subscription-health',
          error: String(error),
        }),
    )
    this.#busy.add(watched)
    void watched.then(() => this.#busy.delete(watched))
  }
}
