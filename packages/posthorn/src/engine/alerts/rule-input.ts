/** What a rule may say. Checked here, since the library calls it without the API's contract. */
import { ALERT_KINDS, type AlertCondition, type AlertKind } from '../../domain/alert.ts'
import { emailFlaw } from '../../domain/email.ts'
import type { Flaw } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import { flawAt, lineFlaw, numberFlaw, oneOfFlaw, wholeNumberFlaw } from '../directory/flaws.ts'
import type { AlertConditionInput, AlertRuleInput } from './use-cases.ts'

interface Kind {
  /** Smallest and largest `above`; null: it has none. */
  readonly above: readonly [number, number] | null
  readonly window?: true
  readonly of: 'subscription' | 'source'
}

const DAY_S = 86_400
/** Attempts are counted one by one. */
const WINDOW_S = { min: 60, max: 3_600, initial: 300 }

const KINDS: Readonly<Record<AlertKind, Kind>> = {
  failure_rate: { above: [0, 99.9], window: true, of: 'subscription' },
  dead_letters: { above: [0, 1_000_000_000], of: 'subscription' },
  oldest_due: { above: [1, 30 * DAY_S], of: 'subscription' },
  subscription_disabled: { above: null, of: 'subscription' },
  source_silent: { above: [60, 30 * DAY_S], of: 'source' },
  // Of each source 200 refused requests are kept.
  refused_signatures: { above: [0, 150], window: true, of: 'source' },
}

export const TIMING_S = {
  hold: { min: 0, max: DAY_S, initial: 60 },
  clear: { min: 0, max: DAY_S, initial: 120 },
  remind: { min: 300, max: 30 * DAY_S },
} as const
const EMAILS_MAX = 10
const SLACK_URLS_MAX = 5

export function ruleFlaws(input: Partial<AlertRuleInput>): Flaw[] {
  const { name, when, holdS, clearS, remindS, emails, slackUrls } = input
  return [
    ...(name === undefined ? [] : flawAt(lineFlaw(name, LIMITS.nameChars), 'name')),
    ...(when === undefined ? [] : conditionFlaws(when)),
    ...secondsFlaws(holdS, 'hold_s', TIMING_S.hold),
    ...secondsFlaws(clearS, 'clear_s', TIMING_S.clear),
    ...secondsFlaws(remindS ?? undefined, 'remind_s', TIMING_S.remind),
    ...flawAt((emails?.length ?? 0) > EMAILS_MAX ? `has more than ${EMAILS_MAX}` : null, 'emails'),
    ...(emails ?? []).flatMap((one, index) => flawAt(emailFlaw(one), 'emails', index)),
    ...flawAt(
      (slackUrls?.length ?? 0) > SLACK_URLS_MAX ? `has more than ${SLACK_URLS_MAX}` : null,
      'slack_urls',
    ),
  ]
}

function secondsFlaws(
  value: number | undefined,
  field: string,
  { min, max }: { readonly min: number; readonly max: number },
): Flaw[] {
  return value === undefined ? [] : flawAt(wholeNumberFlaw(value, min, max), field)
}

function conditionFlaws(when: AlertConditionInput): Flaw[] {
  const unknown = oneOfFlaw(when?.kind, ALERT_KINDS)
  if (unknown !== null) return flawAt(unknown, 'when', 'kind')
  const { kind, above, windowS, attemptsMin, subscriptionId, sourceId } = when
  const { above: range, window = false, of } = KINDS[kind]
  const not = (given: unknown) => (given === undefined ? null : `is nothing that ${kind} has`)
  return [
    ...flawAt(range === null ? not(above) : numberFlaw(above, ...range), 'when', 'above'),
    ...flawAt(
      window ? wholeNumberFlaw(windowS ?? WINDOW_S.initial, WINDOW_S.min, WINDOW_S.max) : not(windowS),
      'when',
      'window_s',
    ),
    ...flawAt(
      kind === 'failure_rate' ? wholeNumberFlaw(attemptsMin ?? 10, 1, 1_000_000) : not(attemptsMin),
      'when',
      'min_attempts',
    ),
    ...flawAt(of === 'subscription' ? null : not(subscriptionId), 'when', 'subscription_id'),
    ...flawAt(
      of === 'source' ? (sourceId === undefined ? 'is missing' : null) : not(sourceId),
      'when',
      'source_id',
    ),
  ]
}

/** @param sourceId that of the source that is named */
export function toCondition(when: AlertConditionInput, sourceId: string | null): AlertCondition {
  const { kind, above, windowS, attemptsMin, subscriptionId } = when
  return {
    kind,
    above: above ?? null,
    windowS: KINDS[kind].window ? (windowS ?? WINDOW_S.initial) : null,
    attemptsMin: kind === 'failure_rate' ? (attemptsMin ?? 10) : null,
    subscriptionId: subscriptionId ?? null,
    sourceId,
  }
}
