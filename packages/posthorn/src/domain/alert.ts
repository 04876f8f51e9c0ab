import type { AlertId, AlertRuleId, TenantId } from './ids.ts'

/** What a rule looks at. `above`: per cent, deliveries, seconds, -, seconds, requests. */
export const ALERT_KINDS = [
  'failure_rate',
  'dead_letters',
  'oldest_due',
  'subscription_disabled',
  'source_silent',
  'refused_signatures',
] as const
export type AlertKind = (typeof ALERT_KINDS)[number]

export interface AlertCondition {
  readonly kind: AlertKind
  /** The alert begins when the value is above this; null where there is nothing to compare with. */
  readonly above: number | null
  /** Of `failure_rate` and `refused_signatures`: what happened within so many seconds counts. */
  readonly windowS: number | null
  /** Of `failure_rate`: fewer attempts within the window say nothing. */
  readonly attemptsMin: number | null
  /** Only this one; null: all. */
  readonly subscriptionId: string | null
  readonly sourceId: string | null
}

export interface AlertTiming {
  /** It must hold for so long before anybody is told. */
  readonly holdMs: number
  /** It must be over for so long before it counts as over. */
  readonly clearMs: number
  /** While it lasts it is told again after so long; null: never. */
  readonly remindMs: number | null
}

export interface AlertRule extends AlertTiming {
  readonly id: AlertRuleId
  /** null: the operator's, over all tenants. */
  readonly tenantId: TenantId | null
  readonly name: string
  readonly when: AlertCondition
  readonly emails: readonly string[]
  /** Slack-compatible URLs, sealed: whoever has one can write there. */
  readonly slack: ReadonlyArray<{ readonly sealed: string; readonly host: string }>
  readonly active: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

export type AlertState = 'pending' | 'open' | 'closed'
export type AlertChange = 'opened' | 'reminder' | 'closed'

/** One thing to tell to one place. */
export interface Notice {
  /** Of the event, where it goes out as one: told twice it is there once. */
  readonly id: string
  readonly change: AlertChange
  readonly channel: 'event' | 'email' | 'slack'
  /** Tenant, address, or sealed URL; '' once it is sent. */
  readonly to: string
  /** In its own field name, so that the store finds what waits. */
  readonly notice: 'waiting' | 'sent' | 'failed'
  readonly tries: number
  /** Not before; epoch ms. */
  readonly dueAt: number
  readonly madeAt: number
  /** Of the last try; null while one runs, too. */
  readonly error: string | null
}

export interface AlertSubject {
  readonly kind: 'subscription' | 'source'
  readonly id: string
  readonly name: string
}

/** A rule that is broken, from when it began until it was over. Pending: for too short a time to tell anybody. */
export interface Alert {
  readonly id: AlertId
  readonly tenantId: TenantId | null
  /** null: told to the owner of a subscription, without a rule. */
  readonly ruleId: AlertRuleId | null
  /** Of the rule. */
  readonly name: string
  readonly kind: AlertKind | 'subscription_failing'
  readonly subject: AlertSubject | null
  readonly state: AlertState
  readonly since: number
  readonly openedAt: number | null
  /** Since when it seems to be over, while it is open. */
  readonly clearSince: number | null
  readonly closedAt: number | null
  readonly above: number | null
  /** The last one; null: unknown. */
  readonly value: number | null
  readonly valueAt: number
  readonly cause: string
  /** When somebody was last told. */
  readonly toldAt: number | null
  readonly notices: readonly Notice[]
}

/** What a look has found. `unknown`: nothing that would begin or end an alert. */
export interface Reading {
  readonly verdict: 'broken' | 'fine' | 'unknown'
  readonly value: number | null
  readonly cause: string
}

export interface AlertStep {
  /** null: it is to be forgotten, nobody was told. */
  readonly alert: Alert | null
  /** What is to be told now, if anything. */
  readonly change: AlertChange | null
}

/** What one name can have of that is not closed. */
export function alertKey({ ruleId, kind, subject }: Pick<Alert, 'ruleId' | 'kind' | 'subject'>): string {
  return `${ruleId ?? 'owner'}/${kind}/${subject?.id ?? ''}`
}

/** The next state of an alert that is not closed. It changes its state when that has held for long enough, once. */
export function stepAlert(alert: Alert, reading: Reading, timing: AlertTiming, now: number): AlertStep {
  const { verdict, value, cause } = reading
  if (verdict === 'unknown') return { alert, change: null }
  if (verdict === 'fine') return fine(alert, value, timing, now)
  const broken: Alert = { ...alert, value, valueAt: now, cause, clearSince: null }
  if (alert.state === 'pending') {
    if (now - alert.since < timing.holdMs) return { alert: broken, change: null }
    return { alert: { ...broken, state: 'open', openedAt: now, toldAt: now }, change: 'opened' }
  }
  const { remindMs } = timing
  const remind = remindMs !== null && now - (alert.toldAt ?? now) >= remindMs
  return remind ? { alert: { ...broken, toldAt: now }, change: 'reminder' } : { alert: broken, change: null }
}

function fine(alert: Alert, value: number | null, { clearMs }: AlertTiming, now: number): AlertStep {
  if (alert.state === 'pending') return { alert: null, change: null }
  const clearSince = alert.clearSince ?? now
  const seen: Alert = { ...alert, value, valueAt: now, clearSince }
  if (now - clearSince < clearMs) return { alert: seen, change: null }
  return { alert: { ...seen, state: 'closed', closedAt: now, toldAt: now }, change: 'closed' }
}

/** Over without a word: nobody asks any more. */
export function endAlert(alert: Alert, now: number, cause: string): Alert | null {
  return alert.state === 'pending' ? null : { ...alert, state: 'closed', closedAt: now, cause }
}

const TRY_FIRST_MS = 30_000
const TRY_MAX_MS = 3_600_000
/** What could not be told for a day is no news. */
const TRY_FOR_MS = 86_400_000

/** @param tries how many have failed @returns null: no more */
export function nextTryAt(tries: number, madeAt: number, now: number): number | null {
  const at = now + Math.min(TRY_FIRST_MS * 2 ** Math.max(0, tries - 1), TRY_MAX_MS)
  return at - madeAt > TRY_FOR_MS ? null : at
}
