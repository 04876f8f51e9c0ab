/** An alert rule as a form has it, and back. */
import type { Body, Result } from 'posthorn/client'
import { ALERT_KINDS } from '../../text/alerts.ts'
import { fromLines, toLines } from '../../text/lines.ts'

export type Rule = Result<'getAlertRule'>
type Input = Body<'createAlertRule'>
type When = Input['when']

export interface RuleValues {
  readonly name: string
  readonly kind: string
  readonly above: string
  readonly window_s: string
  readonly min_attempts: string
  readonly subscription_id: string
  readonly source_id: string
  readonly hold_s: string
  readonly clear_s: string
  readonly remind_s: string
  readonly emails: string
  readonly slack_urls: string
  /** Of a rule that is there: the URLs it has go, and none come. */
  readonly no_slack: boolean
  readonly active: boolean
}

export const NEW_RULE: RuleValues = {
  ...{ name: '', kind: 'failure_rate', above: '20', window_s: '300', min_attempts: '10' },
  ...{ subscription_id: '', source_id: '', hold_s: '', clear_s: '', remind_s: '' },
  ...{ emails: '', slack_urls: '', no_slack: false, active: true },
}

export function ruleValues({ name, when, hold_s, clear_s, remind_s, emails, active }: Rule): RuleValues {
  const text = (value: number | string | null) => (value === null ? '' : String(value))
  return {
    ...{ name, active, kind: when.kind, slack_urls: '', no_slack: false },
    above: text(when.above),
    window_s: text(when.window_s ?? 300),
    min_attempts: text(when.min_attempts ?? 10),
    subscription_id: text(when.subscription_id),
    source_id: text(when.source_id),
    ...{ hold_s: text(hold_s), clear_s: text(clear_s), remind_s: text(remind_s) },
    emails: toLines(emails),
  }
}

export function ruleInput(values: RuleValues): Input {
  const { hold_s, clear_s, remind_s, no_slack } = values
  const slack = fromLines(values.slack_urls)
  return {
    name: values.name,
    when: whenOf(values),
    // Left empty: as the server has it by default, which is not the same for each kind.
    ...(hold_s === '' ? {} : { hold_s: Number(hold_s) }),
    ...(clear_s === '' ? {} : { clear_s: Number(clear_s) }),
    remind_s: remind_s === '' ? null : Number(remind_s),
    emails: fromLines(values.emails),
    // They are shown to nobody: what is not typed anew stays.
    ...(no_slack || slack.length > 0 ? { slack_urls: no_slack ? [] : slack } : {}),
    active: values.active,
  }
}

/** Without what its kind does not have. */
export function whenOf(values: RuleValues): When {
  const { kind, above, window_s, min_attempts, subscription_id, source_id } = values
  const has = ALERT_KINDS[kind]
  const ofSource = has?.of === 'source'
  return {
    kind: kind as When['kind'],
    ...(has?.above == null || above === '' ? {} : { above: Number(above) }),
    ...(has?.window && window_s !== '' ? { window_s: Number(window_s) } : {}),
    ...(kind === 'failure_rate' && min_attempts !== '' ? { min_attempts: Number(min_attempts) } : {}),
    ...(ofSource || subscription_id === '' ? {} : { subscription_id }),
    ...(ofSource && source_id !== '' ? { source_id } : {}),
  }
}
