import {
  type Alert,
  type AlertChange,
  type AlertRule,
  type AlertSubject,
  type AlertTiming,
  alertKey,
  endAlert,
  type Notice,
  type Reading,
  stepAlert,
} from '../../domain/alert.ts'
import { ID_RANDOM_BYTES, makeId, type SubscriptionId, type TenantId } from '../../domain/ids.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { AlertStore, Measured } from '../../ports/alert-store.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import { everyRecord } from '../directory/records.ts'
import { disabledCause, type Found, look, subjectOfSubscription, wasDisabled } from './readings.ts'

export interface EvaluatorParts {
  readonly store: Pick<Store, 'alertRules' | 'alerts' | 'subscriptions' | 'sources' | 'deliveries'>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Whether this process is the one that looks. Two at once do no harm: the store takes one change. */
  readonly leads: () => boolean
  /** Something waits to be told. */
  readonly told: () => void
}

/** Owners are told at once: a run of failures is noted in a subscription only when it has lasted for a minute. */
const OWNER_TIMING: AlertTiming = { holdMs: 0, clearMs: 60_000, remindMs: null }
const TROUBLED_MAX = 5_000
/** Of one alert; more than these of its last notices nobody looks at. */
const NOTICES_KEPT = 40

interface Place {
  readonly tenantId: TenantId | null
  readonly rule: AlertRule | null
  readonly name: string
  readonly kind: Alert['kind']
  readonly timing: AlertTiming
  /** To whom, of what change. */
  readonly notices: (change: AlertChange) => ReadonlyArray<Pick<Notice, 'channel' | 'to'>>
}

/** Looks at what each rule asks for, and changes the alerts in the store: they are all that is remembered. */
export class Evaluator {
  readonly #parts: EvaluatorParts

  constructor(parts: EvaluatorParts) {
    this.#parts = parts
  }

  async round(signal: AbortSignal): Promise<void> {
    if (!this.#parts.leads()) return
    const { store, clock, logger } = this.#parts
    const now = clock.now()
    const live = new Map((await store.alerts.live()).map((one) => [alertKey(one.record), one] as const))
    for (const [key, { record }] of live) if (record.state === 'closed') live.delete(key)
    const troubled = await store.alerts.troubled(TROUBLED_MAX)
    const looking = { ...store, alerts: onceEach(store.alerts) }
    for await (const rule of everyRecord(store.alertRules, null)) {
      if (signal.aborted) return
      if (!rule.active) continue
      try {
        await this.#evaluate(rule, await look(rule, { store: looking, now, troubled }), live)
      } catch (error) {
        // Its alerts stay as they are.
        for (const [key, { record }] of live) if (record.ruleId === rule.id) live.delete(key)
        logger.warn('an alert rule could not be evaluated', { rule_id: rule.id, error: String(error) })
      }
    }
    await this.#owners(troubled, live)
    // What is left belongs to rules that are gone or off.
    for (const { record, version } of live.values())
      if (record.ruleId !== null)
        await this.#store(record, version, endAlert(record, now, 'The rule is gone or off.'), null, [])
  }

  async #evaluate(
    rule: AlertRule,
    found: readonly Found[],
    live: Map<string, Versioned<Alert>>,
  ): Promise<void> {
    const place: Place = {
      ...{ tenantId: rule.tenantId, rule, name: rule.name, kind: rule.when.kind, timing: rule },
      notices: (change) => [
        ...(change === 'reminder' || rule.tenantId === null
          ? []
          : [{ channel: 'event', to: rule.tenantId } as const]),
        ...rule.emails.map((to) => ({ channel: 'email', to }) as const),
        ...rule.slack.map(({ sealed }) => ({ channel: 'slack', to: sealed }) as const),
      ],
    }
    for (const { subject, reading } of found) await this.#step(place, subject, reading, live)
    for (const { record } of [...live.values()])
      if (record.ruleId === rule.id) await this.#step(place, record.subject, FINE, live)
  }

  /** Those who own a subscription hear of it without a rule. */
  async #owners(troubled: readonly Subscription[], live: Map<string, Versioned<Alert>>): Promise<void> {
    for (const one of troubled) {
      if (one.disabledReason === 'user') continue
      const off = wasDisabled(one)
      const failing: Reading = off
        ? { verdict: 'unknown', value: null, cause: '' }
        : { verdict: 'broken', value: null, cause: await this.#lastError(one, live) }
      const disabled: Reading = off ? { ...BROKEN, cause: disabledCause(one) } : FINE
      const subject = subjectOfSubscription(one)
      await this.#step(ownerPlace(one, 'subscription_failing'), subject, failing, live)
      await this.#step(ownerPlace(one, 'subscription_disabled'), subject, disabled, live)
    }
    for (const { record, version } of [...live.values()]) {
      if (record.ruleId !== null || record.tenantId === null || record.subject === null) continue
      const found = await this.#parts.store.subscriptions.get(record.tenantId, record.subject.id)
      live.delete(alertKey(record))
      // Deleted, or paused by hand: nothing has recovered.
      if (found === null || found.record.disabledReason === 'user') {
        const ended = endAlert(record, this.#parts.clock.now(), 'The subscription is deleted or paused.')
        await this.#store(record, version, ended, null, [])
      } else {
        const holds =
          record.kind === 'subscription_disabled'
            ? wasDisabled(found.record)
            : await this.#stillFails(found.record)
        const reading = holds ? { ...BROKEN, cause: record.cause } : FINE
        await this.#apply(ownerPlace(found.record, record.kind), { record, version }, reading)
      }
    }
  }

  /**
   * Troubled since the others were read, or beyond the most that are read; or enabled again, which forgets since when it
   * has failed, and nothing has got through yet.
   */
  async #stillFails(one: Subscription): Promise<boolean> {
    if (one.failingSince !== null || wasDisabled(one)) return true
    const asked = { tenantId: one.tenantId, targetId: one.id, since: one.updatedAt }
    return (await this.#parts.store.deliveries.failingSince(asked)) !== null
  }

  /** Why its last delivery failed. Asked once an alert: for its begin. */
  async #lastError(one: Subscription, live: Map<string, Versioned<Alert>>): Promise<string> {
    const place = { ruleId: null, kind: 'subscription_failing', subject: subjectOfSubscription(one) } as const
    const known = live.get(alertKey(place))
    if (known !== undefined) return known.record.cause
    const latest = await this.#parts.store.deliveries.list({
      ...{ tenantId: one.tenantId, targetId: one.id as SubscriptionId, state: null, eventKey: null },
      ...{ eventType: null, since: null, until: null, before: null, limit: 20 },
    })
    const last = latest.find(({ lastError }) => lastError !== null)
    if (last === undefined) return 'Nothing but failures.'
    const { lastStatusCode, lastError } = last
    const why = lastStatusCode === null ? lastError : `the target answered ${lastStatusCode}`
    return `Nothing but failures, the last one: ${why}.`
  }

  async #step(
    place: Place,
    subject: AlertSubject | null,
    reading: Reading,
    live: Map<string, Versioned<Alert>>,
  ): Promise<void> {
    const key = alertKey({ ruleId: place.rule?.id ?? null, kind: place.kind, subject })
    const known = live.get(key)
    live.delete(key)
    if (known !== undefined) return await this.#apply(place, known, reading)
    if (reading.verdict === 'broken')
      await this.#apply(place, { record: this.#begun(place, subject, reading), version: 0 }, reading)
  }

  async #apply(
    { timing, notices }: Place,
    { record, version }: Versioned<Alert>,
    reading: Reading,
  ): Promise<void> {
    const { alert, change } = stepAlert(record, reading, timing, this.#parts.clock.now())
    await this.#store(record, version, alert, change, change === null ? [] : notices(change))
  }

  /** @param version 0: it is new */
  async #store(
    former: Alert,
    version: number,
    next: Alert | null,
    change: AlertChange | null,
    to: ReadonlyArray<Pick<Notice, 'channel' | 'to'>>,
  ): Promise<void> {
    const { store, random, clock, told, logger } = this.#parts
    if (next === null) {
      if (version > 0) await store.alerts.delete(former.tenantId, former.id)
      return
    }
    if (version > 0 && JSON.stringify(next) === JSON.stringify(former)) return
    const now = clock.now()
    const made = to.map(
      ({ channel, to: address }): Notice => ({
        id: makeId('evt', now, random.bytes(ID_RANDOM_BYTES)),
        ...{ change: change ?? 'opened', channel, to: address, notice: 'waiting' },
        ...{ tries: 0, dueAt: now, madeAt: now, error: null },
      }),
    )
    const alert = { ...next, notices: [...next.notices, ...made].slice(-NOTICES_KEPT) }
    // With the change: what was told and what has changed are never two different things. Taken: another process was faster.
    const stored = version > 0 ? await store.alerts.update(alert, version) : await store.alerts.insert(alert)
    if (!stored || change === null) return
    if (change !== 'reminder')
      logger.warn(`an alert was ${change}`, {
        ...{ alert_id: alert.id, tenant_id: alert.tenantId, rule_id: alert.ruleId, kind: alert.kind },
        ...{ subject_id: alert.subject?.id ?? null, value: alert.value, cause: alert.cause },
      })
    told()
  }

  #begun({ tenantId, rule, name, kind }: Place, subject: AlertSubject | null, reading: Reading): Alert {
    const now = this.#parts.clock.now()
    return {
      id: makeId('alt', now, this.#parts.random.bytes(ID_RANDOM_BYTES)),
      ...{ tenantId, ruleId: rule?.id ?? null, name, kind, subject, state: 'pending' },
      ...{ since: now, openedAt: null, clearSince: null, closedAt: null },
      ...{ above: rule?.when.above ?? null, value: reading.value, valueAt: now, cause: reading.cause },
      ...{ toldAt: null, notices: [] },
    }
  }
}

/** Of one round: a thousand rules with the same window count the attempts of a tenant once. */
function onceEach(alerts: Pick<AlertStore, 'measure'>): Pick<AlertStore, 'measure'> {
  const asked = new Map<string, Promise<Measured>>()
  return {
    measure(what) {
      const name = JSON.stringify(what)
      const measured = asked.get(name) ?? alerts.measure(what)
      asked.set(name, measured)
      return measured
    },
  }
}

const FINE: Reading = { verdict: 'fine', value: null, cause: '' }
const BROKEN: Reading = { verdict: 'broken', value: null, cause: '' }

function ownerPlace(subscription: Subscription, kind: Alert['kind']): Place {
  const { tenantId, name, ownerEmail } = subscription
  const disabled = kind === 'subscription_disabled'
  return {
    ...{ tenantId, rule: null, name, kind, timing: OWNER_TIMING },
    notices: (change) => [
      // `posthorn.subscription.disabled` goes out when it happens.
      ...(disabled ? [] : [{ channel: 'event', to: tenantId } as const]),
      ...(ownerEmail === null || (disabled && change === 'closed')
        ? []
        : [{ channel: 'email', to: ownerEmail } as const]),
    ],
  }
}
