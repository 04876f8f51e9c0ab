/** Alerts: what is watched, and what was found. */
import { Type } from 'typebox'
import { ALERT_KINDS } from '../../../domain/alert.ts'
import { LIMITS } from '../../../domain/limits.ts'
import { fields, Id, Instant, line, named, nullable, page, pageQuery } from './common.ts'

const DAY_S = 86_400

const kind = Type.Enum([...ALERT_KINDS], {
  description:
    'failure_rate: attempts at subscriptions that fail, in per cent; dead_letters: how many there are; oldest_due: for how many seconds the oldest delivery is due; subscription_disabled: by Posthorn, not by hand; source_silent: no event for so many seconds; refused_signatures: requests to a source that were refused for their signature or their time stamp.',
})

const when = {
  kind,
  above: Type.Optional(
    Type.Number({
      minimum: 0,
      maximum: 1_000_000_000,
      description:
        'The alert begins when the value is above this: per cent, dead letters, seconds, requests. Not for subscription_disabled.',
    }),
  ),
  window_s: Type.Optional(
    Type.Integer({
      minimum: 60,
      maximum: 3_600,
      default: 300,
      description: 'failure_rate, refused_signatures: what happened within so many seconds counts.',
    }),
  ),
  min_attempts: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 10,
      description: 'failure_rate: fewer attempts within the window say nothing.',
    }),
  ),
  subscription_id: Type.Optional(line(1, LIMITS.eventIdChars, 'Only this one; left out: all.')),
  source_id: Type.Optional(
    line(1, LIMITS.eventIdChars, 'source_silent, refused_signatures: id or slug of the source.'),
  ),
}

const changeable = {
  hold_s: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: DAY_S,
      default: 60,
      description: 'It must hold for so long before anybody is told. subscription_disabled: 0 by default.',
    }),
  ),
  clear_s: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: DAY_S,
      default: 120,
      description: 'It must be over for so long before it counts as over.',
    }),
  ),
  remind_s: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 300,
        maximum: 30 * DAY_S,
        description: 'While it lasts, e-mail and Slack are told again after so long; null: never.',
      }),
    ),
  ),
  emails: Type.Optional(
    Type.Array(Type.String({ minLength: 3, maxLength: 254 }), { maxItems: 10, description: 'Who is told.' }),
  ),
  slack_urls: Type.Optional(
    Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.urlChars }), {
      maxItems: 5,
      writeOnly: true,
      description:
        'Incoming webhooks of Slack, or of what takes the same `{"text": …}`. Sealed, and never shown again.',
    }),
  ),
  active: Type.Optional(Type.Boolean()),
}

const name = line(1, LIMITS.nameChars)

export const AlertRuleInput = named('AlertRuleInput', { name, when: fields(when), ...changeable })

export const AlertRulePatch = Type.Object(
  { name: Type.Optional(name), when: Type.Optional(fields(when)), ...changeable },
  { title: 'AlertRulePatch', additionalProperties: false, minProperties: 1 },
)

export const AlertRule = named('AlertRule', {
  id: Id,
  tenant_id: Type.Union([Id, Type.Null()], { description: "null: the operator's, over all tenants." }),
  name: Type.String(),
  when: fields({
    kind,
    above: nullable(Type.Number()),
    window_s: nullable(Type.Integer()),
    min_attempts: nullable(Type.Integer()),
    subscription_id: nullable(Type.String()),
    source_id: nullable(Type.String()),
  }),
  hold_s: Type.Integer(),
  clear_s: Type.Integer(),
  remind_s: nullable(Type.Integer()),
  emails: Type.Array(Type.String()),
  slack_hosts: Type.Array(Type.String(), { description: 'Of each Slack-compatible URL its host.' }),
  active: Type.Boolean(),
  created_at: Instant,
  updated_at: Instant,
})

export const AlertRulePage = page(AlertRule)

export const AlertQuery = fields({
  ...pageQuery,
  state: Type.Optional(Type.Enum(['open', 'closed'])),
})

export const Alert = named('Alert', {
  id: Id,
  tenant_id: nullable(Id),
  rule_id: Type.Union([Id, Type.Null()], {
    description: 'null: no rule, the owner of a subscription was told.',
  }),
  name: Type.String({ description: 'Of the rule, or of the subscription.' }),
  kind: Type.Enum([...ALERT_KINDS, 'subscription_failing']),
  subject: nullable(
    fields({ kind: Type.Enum(['subscription', 'source']), id: Type.String(), name: Type.String() }),
  ),
  state: Type.Enum(['open', 'closed']),
  since: Type.String({ format: 'date-time', description: 'When it began; it was told a while later.' }),
  opened_at: Instant,
  closed_at: nullable(Instant),
  above: nullable(Type.Number()),
  value: Type.Union([Type.Number(), Type.Null()], { description: 'The last one.' }),
  value_at: Instant,
  cause: Type.String(),
  notices: Type.Array(
    fields({
      change: Type.Enum(['opened', 'reminder', 'closed']),
      channel: Type.Enum(['event', 'email', 'slack']),
      state: Type.Enum(['waiting', 'sent', 'failed']),
      tries: Type.Integer(),
      error: nullable(Type.String()),
      made_at: Instant,
    }),
    { description: 'What was told of it, the newest last.' },
  ),
})

export const AlertPage = page(Alert)
