import type { Alert } from '../../domain/alert.ts'
import { lowestId } from '../../domain/ids.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { AlertQuery, AlertStore, Measure, Measured } from '../../ports/alert-store.ts'
import type { Versioned } from '../../ports/store.ts'
import { Conditions } from './filters.ts'
import { ALERTS } from './record-kinds.ts'
import { RecordTable } from './records.ts'
import type { Sessions } from './session.ts'

interface AlertRow {
  readonly seq: number
  readonly version: number
  readonly doc: string
}

/** As the index `alerts_live` has it. */
const LIVE = `(name is not null or doc like '%"notice":"waiting"%')`

export class AlertTable extends RecordTable<Alert> implements AlertStore {
  readonly #schema: string

  constructor(sessions: Sessions, schema: string) {
    super(sessions, schema, ALERTS)
    this.#schema = schema
  }

  live(): Promise<Array<Versioned<Alert>>> {
    return this.#rows(`${LIVE} order by seq`)
  }

  find({
    tenantId,
    state,
    before,
    limit,
  }: AlertQuery): Promise<Array<Versioned<Alert> & { cursor: number }>> {
    const where = new Conditions().add('seq < ?', before ?? Number.MAX_SAFE_INTEGER)
    if (tenantId !== null) where.add('tenant_id = ?', tenantId)
    // By its text: a name may have U+0000 in it, which the functions for JSON refuse. Within a text quotes are escaped.
    if (state === null) where.add(`doc not like '%"state":"pending"%'`)
    else where.add('doc like ?', `%"state":"${state}"%`)
    if (state === 'open') where.add(LIVE)
    const { sql, params } = where.numbered()
    return this.#rows(`${sql} order by seq desc limit $${params.length + 1}`, ...params, limit)
  }

  async prune(before: number, limit: number): Promise<number> {
    const table = `${this.#schema}.${ALERTS.table}`
    const rows = await this.sessions.rows(
      `delete from ${table} where seq = any(array(select seq from ${table}
        where name is null and substring(doc from '"closedAt":([0-9]+)')::bigint < $1 order by seq limit $2)) returning 1`,
      before,
      limit,
    )
    return rows.length
  }

  async measure({ of, tenantId, subscriptionId, sourceId, since }: Measure): Promise<Measured> {
    if (of === 'dead') return await this.#dead(tenantId, subscriptionId)
    if (of === 'attempts' && tenantId !== null && subscriptionId !== null)
      return await this.#attemptsOfOne(tenantId, subscriptionId, since)
    const bySubscription = of === 'attempts' || of === 'oldestDue'
    const params = [tenantId, bySubscription ? subscriptionId : sourceId]
    const from = of === 'attempts' ? [since] : of === 'refused' ? [lowestId('req', since)] : []
    const [row] = await this.sessions.rows<{ value: number | null; failed?: number }>(
      MEASURES[of](this.#schema),
      ...params,
      ...from,
    )
    return { value: row?.value ?? null, failed: row?.failed ?? 0 }
  }

  /** Without a look at the other subscriptions: 60 ms beside 100,000 of them. */
  async #attemptsOfOne(tenantId: string, subscriptionId: string, since: number): Promise<Measured> {
    const s = this.#schema
    const [row] = await this.sessions.rows<{ value: number; failed: number }>(
      `select count(*) as value, count(*) filter (where outcome <> 'success') as failed from ${s}.attempts
      where tenant_id = $1 and target_id = $2 and started_at >= $3
        and exists (select 1 from ${s}.subscriptions where tenant_id = $1 and id = $2)`,
      ...[tenantId, subscriptionId, since],
    )
    return { value: row?.value ?? 0, failed: row?.failed ?? 0 }
  }

  /** In each form along the index that fits: there may be many dead letters of others. */
  async #dead(tenantId: string | null, subscriptionId: string | null): Promise<Measured> {
    const where = new Conditions().add("state = 'dead'")
    if (tenantId !== null) where.add('tenant_id = ?', tenantId)
    if (subscriptionId !== null) where.add('target_id = ?', subscriptionId)
    const { sql, params } = where.numbered()
    const counted = `select count(*) as value from ${this.#schema}.ended where ${sql}`
    const [row] = await this.sessions.rows<{ value: number }>(counted, ...params)
    return { value: row?.value ?? 0, failed: 0 }
  }

  async troubled(limit: number): Promise<Subscription[]> {
    const rows = await this.sessions.rows<Pick<AlertRow, 'doc'>>(
      `select doc from ${this.#schema}.subscriptions where doc not like '%"failingSince":null%'
        or doc like '%"disabledReason":"failing"%' or doc like '%"disabledReason":"gone"%' order by seq limit $1`,
      limit,
    )
    return rows.map(({ doc }) => JSON.parse(doc) as Subscription)
  }

  async #rows(where: string, ...params: unknown[]): Promise<Array<Versioned<Alert> & { cursor: number }>> {
    const rows = await this.sessions.rows<AlertRow>(
      `select seq, version, doc from ${this.#schema}.${ALERTS.table} where ${where}`,
      ...params,
    )
    return rows.map((row) => ({ ...this.read(row), cursor: row.seq }))
  }
}

/** `$1`: a tenant or null, `$2`: a subscription or null, or a source. */
const MEASURES: Readonly<Record<Exclude<Measure['of'], 'dead'>, (s: string) => string>> = {
  attempts: (s) => `
    select count(*) as value, count(*) filter (where a.outcome <> 'success') as failed
    from ${s}.subscriptions u join ${s}.attempts a on a.tenant_id = u.tenant_id and a.target_id = u.id
    where ($1::text is null or u.tenant_id = $1) and ($2::text is null or u.id = $2) and a.started_at >= $3`,
  // What waits for a target that is paused is nobody's fault: it is looked at no more.
  oldestDue: (s) => `
    select min(due_at) as value from ${s}.lanes
    where look_at is not null and ($1::text is null or tenant_id = $1) and ($2::text is null or target_id = $2)`,
  lastEvent: (s) => `
    select received_at as value from ${s}.requests
    where source_id = $2 and ($1::text is null or tenant_id = $1) and verdict = 'accepted'
    order by id desc limit 1`,
  refused: (s) => `
    select count(*) as value from ${s}.requests
    where source_id = $2 and verdict = 'refused' and id >= $3 and ($1::text is null or tenant_id = $1)
      and (reason like 'signature%' or reason like 'timestamp%')`,
}
