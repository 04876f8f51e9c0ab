import type { Static } from 'typebox'
import type { Alert, AlertRule } from '../../domain/alert.ts'
import type { AlertRuleInput } from '../../engine/alerts/use-cases.ts'
import type {
  Alert as WireAlert,
  AlertRuleInput as WireInput,
  AlertRulePatch as WirePatch,
  AlertRule as WireRule,
} from '../contract/schemas/alert.ts'
import { toInstant, toInstantOrNull } from './instant.ts'

export function fromAlertRule(wire: Static<typeof WireInput>): AlertRuleInput {
  return { ...fromAlertRulePatch(wire), name: wire.name, when: fromWhen(wire.when) }
}

/** Only what was given. */
export function fromAlertRulePatch(wire: Static<typeof WirePatch>): Partial<AlertRuleInput> {
  const { name, when, hold_s, clear_s, remind_s, emails, slack_urls, active } = wire
  return {
    ...(name === undefined ? {} : { name }),
    ...(when === undefined ? {} : { when: fromWhen(when) }),
    ...(hold_s === undefined ? {} : { holdS: hold_s }),
    ...(clear_s === undefined ? {} : { clearS: clear_s }),
    ...(remind_s === undefined ? {} : { remindS: remind_s }),
    ...(emails === undefined ? {} : { emails }),
    ...(slack_urls === undefined ? {} : { slackUrls: slack_urls }),
    ...(active === undefined ? {} : { active }),
  }
}

function fromWhen(when: Static<typeof WireInput>['when']): AlertRuleInput['when'] {
  const { kind, above, window_s, min_attempts, subscription_id, source_id } = when
  return {
    ...{ kind, above, windowS: window_s, attemptsMin: min_attempts },
    ...{ subscriptionId: subscription_id, sourceId: source_id },
  }
}

/** Never with a URL of Slack: whoever has one can write there. */
export function toAlertRule(rule: AlertRule): Static<typeof WireRule> {
  const { when } = rule
  return {
    ...{ id: rule.id, tenant_id: rule.tenantId, name: rule.name },
    when: {
      ...{ kind: when.kind, above: when.above, window_s: when.windowS, min_attempts: when.attemptsMin },
      ...{ subscription_id: when.subscriptionId, source_id: when.sourceId },
    },
    hold_s: rule.holdMs / 1000,
    clear_s: rule.clearMs / 1000,
    remind_s: rule.remindMs === null ? null : rule.remindMs / 1000,
    emails: [...rule.emails],
    slack_hosts: rule.slack.map(({ host }) => host),
    active: rule.active,
    created_at: toInstant(rule.createdAt),
    updated_at: toInstant(rule.updatedAt),
  }
}

export function toAlert(alert: Alert): Static<typeof WireAlert> {
  const { subject } = alert
  return {
    ...{ id: alert.id, tenant_id: alert.tenantId, rule_id: alert.ruleId, name: alert.name },
    kind: alert.kind,
    subject: subject && { kind: subject.kind, id: subject.id, name: subject.name },
    state: alert.state === 'closed' ? 'closed' : 'open',
    since: toInstant(alert.since),
    opened_at: toInstant(alert.openedAt ?? alert.since),
    closed_at: toInstantOrNull(alert.closedAt),
    ...{ above: alert.above, value: alert.value, value_at: toInstant(alert.valueAt), cause: alert.cause },
    notices: alert.notices.map(({ change, channel, notice, tries, error, madeAt }) => ({
      ...{ change, channel, state: notice, tries, error, made_at: toInstant(madeAt) },
    })),
  }
}
