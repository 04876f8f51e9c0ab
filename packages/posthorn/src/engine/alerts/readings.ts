/** From a rule to what a look at the store has found, in words too. */
import type { AlertRule, AlertSubject, Reading } from '../../domain/alert.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { AlertStore, Measure } from '../../ports/alert-store.ts'
import type { Store } from '../../ports/store.ts'

export interface Found {
  readonly subject: AlertSubject | null
  readonly reading: Reading
}

interface Look {
  readonly store: Pick<Store, 'subscriptions' | 'sources'> & { readonly alerts: Pick<AlertStore, 'measure'> }
  readonly now: number
  /** Of all tenants. */
  readonly troubled: readonly Subscription[]
}

/** One for the rule, or one for each thing that it finds. */
export async function look(rule: AlertRule, parts: Look): Promise<Found[]> {
  if (rule.when.kind === 'subscription_disabled') return disabled(rule, parts.troubled)
  const subject = await subjectOf(rule, parts.store)
  return [{ subject, reading: await read(rule, parts) }]
}

export function wasDisabled({ active, disabledReason }: Subscription): boolean {
  return !active && (disabledReason === 'failing' || disabledReason === 'gone')
}

export function subjectOfSubscription({ id, name }: Subscription): AlertSubject {
  return { kind: 'subscription', id, name }
}

export function disabledCause({ disabledReason }: Subscription): string {
  return disabledReason === 'gone'
    ? 'The subscription was disabled: its target answered 410 Gone.'
    : 'The subscription was disabled: nothing but failures for too long.'
}

function disabled({ tenantId, when }: AlertRule, troubled: readonly Subscription[]): Found[] {
  return troubled
    .filter(
      (one) =>
        wasDisabled(one) &&
        (tenantId === null || one.tenantId === tenantId) &&
        (when.subscriptionId === null || one.id === when.subscriptionId),
    )
    .map((one) => ({
      subject: subjectOfSubscription(one),
      reading: { verdict: 'broken', value: null, cause: disabledCause(one) },
    }))
}

async function subjectOf({ tenantId, when }: AlertRule, store: Look['store']): Promise<AlertSubject | null> {
  if (when.subscriptionId !== null) {
    const found = await store.subscriptions.get(tenantId, when.subscriptionId)
    return { kind: 'subscription', id: when.subscriptionId, name: found?.record.name ?? 'deleted' }
  }
  if (when.sourceId === null) return null
  const found = await store.sources.get(tenantId, when.sourceId)
  return { kind: 'source', id: when.sourceId, name: found?.record.slug ?? 'deleted' }
}

async function read(rule: AlertRule, { store, now }: Look): Promise<Reading> {
  const { kind, subscriptionId, sourceId, windowS, above } = rule.when
  const measure = async (of: Measure['of']) => {
    const since = now - (windowS ?? 0) * 1000
    return await store.alerts.measure({ of, tenantId: rule.tenantId, subscriptionId, sourceId, since })
  }
  const judged = (value: number, cause: string): Reading => ({
    verdict: value > (above ?? 0) ? 'broken' : 'fine',
    value,
    cause,
  })
  switch (kind) {
    case 'failure_rate': {
      const { value: attempts, failed } = await measure('attempts')
      if (attempts === null || attempts === 0) return { verdict: 'fine', value: null, cause: '' }
      const percent = Math.round((failed / attempts) * 1000) / 10
      // Too few to begin an alert; nor have the retries of a target recovered that fail as before, only less often.
      if (attempts < (rule.when.attemptsMin ?? 1))
        return { verdict: percent > (above ?? 0) ? 'unknown' : 'fine', value: null, cause: '' }
      const cause = `${failed} of ${attempts} attempts of the last ${inWords(windowS ?? 0)} have failed: ${percent} %. The limit is ${above} %.`
      return judged(percent, cause)
    }
    case 'dead_letters': {
      const dead = (await measure('dead')).value ?? 0
      return judged(dead, `There are ${dead} dead letters. The limit is ${above}.`)
    }
    case 'oldest_due': {
      const oldest = (await measure('oldestDue')).value
      const late = oldest === null ? 0 : Math.max(0, Math.floor((now - oldest) / 1000))
      return judged(
        late,
        `The oldest delivery is due for ${inWords(late)}. The limit is ${inWords(above ?? 0)}.`,
      )
    }
    case 'source_silent': {
      const source = await store.sources.get(rule.tenantId, sourceId ?? '')
      // Nobody expects anything of it.
      if (source === null || !source.record.active) return { verdict: 'fine', value: null, cause: '' }
      const last = (await measure('lastEvent')).value
      const since = Math.max(last ?? source.record.createdAt, rule.createdAt)
      const silent = Math.max(0, Math.floor((now - since) / 1000))
      const told = last === null ? 'No event has come' : `No event has come since ${instant(last)}`
      return judged(silent, `${told}. The limit is ${inWords(above ?? 0)}.`)
    }
    case 'refused_signatures': {
      const refused = (await measure('refused')).value ?? 0
      const cause = `${refused} requests of the last ${inWords(windowS ?? 0)} were refused for their signature. The limit is ${above}.`
      return judged(refused, cause)
    }
    default:
      return { verdict: 'unknown', value: null, cause: '' }
  }
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const

/** `90` as `1 min 30 s`: the two largest units. */
export function inWords(seconds: number): string {
  const [size, unit] = UNITS.find(([one]) => seconds >= one) ?? [1, 's']
  const rest = Math.floor(seconds % size)
  const first = `${Math.floor(seconds / size)} ${unit}`
  return rest === 0 ? first : `${first} ${restInWords(rest)}`
}

function restInWords(seconds: number): string {
  const [size, unit] = UNITS.find(([one]) => seconds >= one) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${unit}`
}

export function instant(at: number): string {
  return new Date(at).toISOString()
}
