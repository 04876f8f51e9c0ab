import type { AlertRule } from '../../domain/alert.ts'
import { PosthornError } from '../../domain/error.ts'
import { type AlertRuleId, ID_RANDOM_BYTES, makeId, prefixOf, type TenantId } from '../../domain/ids.ts'
import { pointer } from '../../domain/pointer.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { SecretBox } from '../../ports/secrets.ts'
import type { Store, Versioned } from '../../ports/store.ts'
import type { HttpTransport } from '../../ports/transport.ts'
import { flawAt, refuse } from '../directory/flaws.ts'
import { changeRecord, everyRecord, recordPage } from '../directory/records.ts'
import { notFound } from '../not-found.ts'
import type { Page, PageRequest } from '../page.ts'
import { ruleFlaws, TIMING_S, toCondition } from './rule-input.ts'
import type { AlertConditionInput, AlertRuleInput, AlertRuleUseCases } from './use-cases.ts'

/** Each is looked at every 15 seconds. */
const RULES_MAX = 100

export interface AlertRulesParts {
  readonly store: Pick<Store, 'alertRules' | 'subscriptions' | 'sources'>
  readonly clock: Clock
  readonly random: Random
  readonly secretBox: SecretBox
  readonly transport: Pick<HttpTransport, 'refuseUrl'>
}

export class AlertRules implements AlertRuleUseCases {
  readonly #parts: AlertRulesParts
  /** One after the other: each must see how many there are. */
  #making: Promise<unknown> = Promise.resolve()

  constructor(parts: AlertRulesParts) {
    this.#parts = parts
  }

  create(tenantId: TenantId | null, input: AlertRuleInput): Promise<AlertRule> {
    const made = this.#making.then(() => this.#create(tenantId, input))
    this.#making = made.catch(() => undefined)
    return made
  }

  async #create(tenantId: TenantId | null, input: AlertRuleInput): Promise<AlertRule> {
    const missing = (['name', 'when'] as const).flatMap((field) =>
      input?.[field] === undefined ? flawAt('is missing', field) : [],
    )
    refuse([...missing, ...ruleFlaws(input)], 'The rule does not fit')
    const { store, clock, random } = this.#parts
    if (await this.#isFull(tenantId))
      throw new PosthornError('state_conflict', `There are ${RULES_MAX} rules already. Delete one first.`)
    const now = clock.now()
    const disabled = input.when.kind === 'subscription_disabled'
    const rule: AlertRule = {
      id: makeId('alr', now, random.bytes(ID_RANDOM_BYTES)),
      tenantId,
      name: input.name,
      when: await this.#condition(tenantId, input.when),
      holdMs: (input.holdS ?? (disabled ? 0 : TIMING_S.hold.initial)) * 1000,
      clearMs: (input.clearS ?? (disabled ? 0 : TIMING_S.clear.initial)) * 1000,
      remindMs: input.remindS == null ? null : input.remindS * 1000,
      emails: [...new Set(input.emails ?? [])],
      slack: this.#sealed(input.slackUrls ?? []),
      active: input.active ?? true,
      createdAt: now,
      updatedAt: now,
    }
    if (!(await store.alertRules.insert(rule)))
      throw new PosthornError('internal', 'The id that was made for the rule is taken. Try again.')
    return rule
  }

  async get(tenantId: TenantId | null, id: AlertRuleId): Promise<AlertRule> {
    return (await this.#read(tenantId, id)).record
  }

  list(tenantId: TenantId | null, page: PageRequest): Promise<Page<AlertRule>> {
    return recordPage(this.#parts.store.alertRules, 'alert-rules', tenantId, page)
  }

  async update(
    tenantId: TenantId | null,
    id: AlertRuleId,
    patch: Partial<AlertRuleInput>,
  ): Promise<AlertRule> {
    refuse(ruleFlaws(patch), 'The rule does not fit')
    const { tenantId: owner } = await this.get(tenantId, id)
    const when = patch.when === undefined ? null : await this.#condition(owner, patch.when)
    const slack = patch.slackUrls === undefined ? null : this.#sealed(patch.slackUrls)
    const { store, clock } = this.#parts
    return await changeRecord(
      store.alertRules,
      () => this.#read(tenantId, id),
      (rule) => ({
        ...rule,
        name: patch.name ?? rule.name,
        when: when ?? rule.when,
        holdMs: patch.holdS === undefined ? rule.holdMs : patch.holdS * 1000,
        clearMs: patch.clearS === undefined ? rule.clearMs : patch.clearS * 1000,
        remindMs: remindMs(patch.remindS, rule.remindMs),
        emails: patch.emails === undefined ? rule.emails : [...new Set(patch.emails)],
        slack: slack ?? rule.slack,
        active: patch.active ?? rule.active,
        updatedAt: clock.now(),
      }),
    )
  }

  async delete(tenantId: TenantId | null, id: AlertRuleId): Promise<void> {
    if (!(await this.#parts.store.alertRules.delete(tenantId, id))) throw notFound('alert rule', id)
  }

  /** The operator's stand among those of all. */
  async #isFull(tenantId: TenantId | null): Promise<boolean> {
    let left = RULES_MAX
    for await (const rule of everyRecord(this.#parts.store.alertRules, tenantId)) {
      if (rule.tenantId === tenantId) left -= 1
      if (left === 0) return true
    }
    return false
  }

  /** What it names must be there, and the tenant's own. */
  async #condition(tenantId: TenantId | null, when: AlertConditionInput) {
    const { store } = this.#parts
    const { subscriptionId, sourceId } = when
    if (subscriptionId !== undefined && (await store.subscriptions.get(tenantId, subscriptionId)) === null)
      refuse(flawAt('is the id of no subscription here', 'when', 'subscription_id'), 'The rule does not fit')
    if (sourceId === undefined) return toCondition(when, null)
    // A slug is unique within a tenant only.
    const bySlug = tenantId !== null && prefixOf(sourceId) !== 'src'
    const source = await (bySlug
      ? store.sources.getByName(tenantId, sourceId)
      : store.sources.get(tenantId, sourceId))
    if (source === null)
      refuse(flawAt('is the id of no source here', 'when', 'source_id'), 'The rule does not fit')
    return toCondition(when, source?.record.id ?? null)
  }

  #sealed(urls: readonly string[]): AlertRule['slack'] {
    const { transport, secretBox } = this.#parts
    const flaws = urls.flatMap((url, index) => {
      const why = transport.refuseUrl(url)
      return why === null ? [] : [{ path: pointer('slack_urls', index), message: why }]
    })
    refuse(flaws, 'A URL may not be called', 'url_refused')
    return [...new Set(urls)].map((url) => ({ sealed: secretBox.seal(url), host: new URL(url).host }))
  }

  async #read(tenantId: TenantId | null, id: AlertRuleId): Promise<Versioned<AlertRule>> {
    const found = await this.#parts.store.alertRules.get(tenantId, id)
    if (found === null) throw notFound('alert rule', id)
    return found
  }
}

function remindMs(given: number | null | undefined, present: number | null): number | null {
  if (given === undefined) return present
  return given === null ? null : given * 1000
}
