import type { AlertRuleId } from '../../domain/ids.ts'
import type { Handlers, Tools } from '../http/handler.ts'
import { fromAlertRule, fromAlertRulePatch, toAlert, toAlertRule } from '../wire/alert.ts'
import { toPage, toPageRequest } from './page.ts'

type OnAlerts =
  | 'createAlertRule'
  | 'listAlertRules'
  | 'getAlertRule'
  | 'updateAlertRule'
  | 'deleteAlertRule'
  | 'listAlerts'

/** Without a tenant: an admin, and the operator's rules; where something is looked up, anybody's. */
export function alertHandlers({ useCases: { alertRules, alerts } }: Tools): Handlers<OnAlerts> {
  return {
    async createAlertRule({ tenant, body }) {
      return {
        status: 201,
        body: toAlertRule(await alertRules.create(tenant?.id ?? null, fromAlertRule(body))),
      }
    },
    async listAlertRules({ tenant, query }) {
      const page = await alertRules.list(tenant?.id ?? null, toPageRequest(query))
      return { status: 200, body: toPage(page, toAlertRule) }
    },
    async getAlertRule({ tenant, params }) {
      return {
        status: 200,
        body: toAlertRule(await alertRules.get(tenant?.id ?? null, params.id as AlertRuleId)),
      }
    },
    async updateAlertRule({ tenant, params, body }) {
      const patch = fromAlertRulePatch(body)
      const rule = await alertRules.update(tenant?.id ?? null, params.id as AlertRuleId, patch)
      return { status: 200, body: toAlertRule(rule) }
    },
    async deleteAlertRule({ tenant, params }) {
      await alertRules.delete(tenant?.id ?? null, params.id as AlertRuleId)
      return { status: 204, body: null }
    },
    async listAlerts({ tenant, query }) {
      const filter = { state: query.state ?? null }
      const page = await alerts.list(tenant?.id ?? null, filter, toPageRequest(query))
      return { status: 200, body: toPage(page, toAlert) }
    },
  }
}
