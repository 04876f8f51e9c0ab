import type { SQLInputValue } from 'node:sqlite'
import type { Alert } from '../../domain/alert.ts'
import { lowestId } from '../../domain/ids.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { AlertQuery, AlertStore, Measure, Measured } from '../../ports/alert-store.ts'
import type { Versioned } from '../../ports/store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { Conditions } from './filters.ts'
import { ALERTS } from './record-kinds.ts'
import { RecordTable } from './records.ts'

/** As the index `alerts_live` has it. Within a text of the JSON quotes are escaped. */
const LIVE = `(name is not null or instr(doc, '"notice":"waiting"') > 0)`

export class AlertTable extends RecordTable<Alert> implements Sync<AlertStore> {
  readonly #statements: Statements

  constructor(statements: Statements) {
    super(statements, ALERTS)
    this.#statements = statements
  }

  live(): Array<Versioned<Alert>> {
    return this.#rows(
      `select seq, version, doc from alerts indexed by alerts_live where ${LIVE} order by seq`,
    )
  }

  find({ tenantId, state, before, limit }: AlertQuery): Array<Versioned<Alert> & { cursor: number }> {
    const where = new Conditions().add('seq < ?', before ?? Number.MAX_SAFE_INTEGER)
    if (tenantId !== null) where.add('tenant_id = ?', tenantId)
    if (state === null) where.add("doc ->> 'state' <> 'pending'")
    else where.add("doc ->> 'state' = ?", state)
    if (state === 'open') where.add(LIVE)
    const index = state === 'open' ? 'indexed by alerts_live' : ''
    const sql = `select seq, version, doc from alerts ${index} where ${where.sql} order by seq desc limit ?`
    return this.#rows(sql, ...where.params, limit)
  }

  prune(before: number, limit: number): number {
    const { changes } = this.#statements
      .get(`delete from alerts where seq in (
        select seq from alerts where name is null and doc ->> 'closedAt' < ? order by seq limit ?)`)
      .run(before, limit)
    return Number(changes)
  }

  measure({ of, tenantId, subscriptionId, sourceId, since }: Measure): Measured {
    if (of === 'dead') return this.#dead(tenantId, subscriptionId)
    if (of === 'attempts' && tenantId !== null && subscriptionId !== null)
      return this.#attemptsOfOne(tenantId, subscriptionId, since)
    const row = this.#statements.get(MEASURES[of]).get({
      tenant: tenantId,
      ...(SUBSCRIPTION_IN.has(of) ? { subscription: subscriptionId } : { source: sourceId }),
      ...(of === 'attempts' ? { since } : {}),
      ...(of === 'refused' ? { since: lowestId('req', since) } : {}),
    })
    return { value: row?.value == null ? null : Number(row.value), failed: Number(row?.failed ?? 0) }
  }

  /** Without a look at the other subscriptions: 8 ms beside 100,000 of them. */
  #attemptsOfOne(tenantId: string, subscriptionId: string, since: number): Measured {
    const row = this.#statements
      .get(`
        select count(*) as value, coalesce(sum(outcome <> 'success'), 0) as failed
        from attempts indexed by attempts_of_target
        where tenant_id = :tenant and target_id = :subscription and started_at >= :since
          and exists (select 1 from subscriptions where tenant_id = :tenant and id = :subscription)`)
      .get({ tenant: tenantId, subscription: subscriptionId, since })
    return { value: Number(row?.value), failed: Number(row?.failed) }
  }

  /** In each form along the index that fits: there may be many dead letters of others. */
  #dead(tenantId: string | null, subscriptionId: string | null): Measured {
    const where = new Conditions().add("state = 'dead'")
    if (tenantId !== null) where.add('tenant_id = ?', tenantId)
    else if (subscriptionId !== null)
      where.add('tenant_id = (select tenant_id from subscriptions where id = ?)', subscriptionId)
    if (subscriptionId !== null) where.add('target_id = ?', subscriptionId)
    const index = subscriptionId === null ? 'tenant' : 'target'
    const row = this.#statements
      .get(
        `select count(*) as value from deliveries indexed by deliveries_ended_of_${index} where ${where.sql}`,
      )
      .get(...where.params)
    return { value: Number(row?.value), failed: 0 }
  }

  troubled(limit: number): Subscription[] {
    return this.#statements
      .get(`select doc from subscriptions indexed by subscriptions_troubled where doc ->> 'failingSince' is not null
        or doc ->> 'disabledReason' = 'failing' or doc ->> 'disabledReason' = 'gone' order by seq limit ?`)
      .all(limit)
      .map(({ doc }) => JSON.parse(String(doc)) as Subscription)
  }

  #rows(sql: string, ...params: SQLInputValue[]): Array<Versioned<Alert> & { cursor: number }> {
    return this.#statements
      .get(sql)
      .all(...params)
      .map(({ seq, version, doc }) => ({
        record: JSON.parse(String(doc)) as Alert,
        version: Number(version),
        cursor: Number(seq),
      }))
  }
}

const SUBSCRIPTION_IN: ReadonlySet<Measure['of']> = new Set(['attempts', 'oldestDue'])

/** One subscription after the other, each along the index of its attempts: nothing else is read of them. */
const MEASURES: Readonly<Record<Exclude<Measure['of'], 'dead'>, string>> = {
  attempts: `
    select count(*) as value, coalesce(sum(a.outcome <> 'success'), 0) as failed
    from subscriptions cross join attempts a indexed by attempts_of_target
    where (:tenant is null or subscriptions.tenant_id = :tenant)
      and (:subscription is null or subscriptions.id = :subscription)
      and a.tenant_id = subscriptions.tenant_id and a.target_id = subscriptions.id and a.started_at >= :since`,
  // What waits for a target that is paused is nobody's fault: it is looked at no more.
  oldestDue: `
    select min(due_at) as value from lanes
    where look_at is not null and (:tenant is null or tenant_id = :tenant)
      and (:subscription is null or target_id = :subscription)`,
  lastEvent: `
    select received_at as value from requests
    where source_id = :source and (:tenant is null or tenant_id = :tenant) and verdict = 'accepted'
    order by id desc limit 1`,
  refused: `
    select count(*) as value from requests indexed by requests_of_verdict
    where source_id = :source and verdict = 'refused' and verdict <> 'accepted' and id >= :since
      and (:tenant is null or tenant_id = :tenant)
      and (reason like 'signature%' or reason like 'timestamp%')`,
}
