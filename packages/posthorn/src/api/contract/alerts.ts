import { type Operation, READERS, WRITERS } from './operation.ts'
import {
  AlertPage,
  AlertQuery,
  AlertRule,
  AlertRuleInput,
  AlertRulePage,
  AlertRulePatch,
} from './schemas/alert.ts'
import { IdParams, PageQuery } from './schemas/common.ts'

const WHOSE =
  'Of the tenant; with an admin key and without `posthorn-tenant` of the operator, over all tenants.'
const alerts = { tag: 'Alerts', tenant: false } as const

export const ALERT_OPERATIONS = {
  createAlertRule: {
    ...alerts,
    scopes: WRITERS,
    summary: 'Make an alert rule',
    description: `${WHOSE} Every 15 seconds it is looked whether it is broken. Told are the subscriptions of the tenant that name \`posthorn.alert.opened\` and \`posthorn.alert.closed\`, the e-mail addresses and the Slack-compatible URLs: once when it begins, once when it is over.`,
    body: AlertRuleInput,
    responses: { 201: AlertRule },
    errors: ['url_refused', 'state_conflict'],
  },
  listAlertRules: {
    ...alerts,
    scopes: READERS,
    summary: 'Alert rules',
    description: `Newest first. Of the tenant; with an admin key and without \`posthorn-tenant\` all of them.`,
    query: PageQuery,
    responses: { 200: AlertRulePage },
    errors: ['cursor_invalid'],
  },
  getAlertRule: {
    ...alerts,
    scopes: READERS,
    summary: 'An alert rule',
    params: IdParams,
    responses: { 200: AlertRule },
    errors: [],
  },
  updateAlertRule: {
    ...alerts,
    scopes: WRITERS,
    summary: 'Change an alert rule',
    description: 'Only what is given; `when` and lists as a whole. What is open goes on by the new rule.',
    params: IdParams,
    body: AlertRulePatch,
    responses: { 200: AlertRule },
    errors: ['url_refused', 'changed_meanwhile'],
  },
  deleteAlertRule: {
    ...alerts,
    scopes: WRITERS,
    summary: 'Delete an alert rule',
    description: 'What is open by it ends, and nobody is told.',
    params: IdParams,
    responses: { 204: null },
    errors: [],
  },
  listAlerts: {
    ...alerts,
    scopes: READERS,
    summary: 'Alerts, open and past',
    description:
      'Newest first. Of the tenant; with an admin key and without `posthorn-tenant` all of them. Kept as long as the audit log.',
    query: AlertQuery,
    responses: { 200: AlertPage },
    errors: ['cursor_invalid'],
  },
} as const satisfies Record<string, Operation>
