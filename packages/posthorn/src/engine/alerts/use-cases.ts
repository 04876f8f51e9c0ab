import type { Alert, AlertKind, AlertRule } from '../../domain/alert.ts'
import type { AlertRuleId, TenantId } from '../../domain/ids.ts'
import type { Page, PageRequest } from '../page.ts'

/** A null tenant: the operator's; where something is looked up, anybody's. */
export interface AlertRuleUseCases {
  /** @throws invalid_request, url_refused, not_found, state_conflict when there are too many */
  create(tenantId: TenantId | null, input: AlertRuleInput): Promise<AlertRule>
  get(tenantId: TenantId | null, id: AlertRuleId): Promise<AlertRule>
  list(tenantId: TenantId | null, page: PageRequest): Promise<Page<AlertRule>>
  /** Changes only what is given; `when` and lists as a whole. */
  update(tenantId: TenantId | null, id: AlertRuleId, patch: Partial<AlertRuleInput>): Promise<AlertRule>
  /** What is open by it ends without a word. */
  delete(tenantId: TenantId | null, id: AlertRuleId): Promise<void>
}

export interface AlertRuleInput {
  readonly name: string
  readonly when: AlertConditionInput
  /** Seconds. */
  readonly holdS?: number | undefined
  readonly clearS?: number | undefined
  readonly remindS?: number | null | undefined
  readonly emails?: readonly string[] | undefined
  readonly slackUrls?: readonly string[] | undefined
  readonly active?: boolean | undefined
}

export interface AlertConditionInput {
  readonly kind: AlertKind
  readonly above?: number | undefined
  readonly windowS?: number | undefined
  readonly attemptsMin?: number | undefined
  readonly subscriptionId?: string | undefined
  /** Id; of a tenant's rule also the slug. */
  readonly sourceId?: string | undefined
}

export interface AlertUseCases {
  /** Open and closed ones, newest first. A null tenant: everything. */
  list(
    tenantId: TenantId | null,
    filter: { readonly state: 'open' | 'closed' | null },
    page: PageRequest,
  ): Promise<Page<Alert>>
}
