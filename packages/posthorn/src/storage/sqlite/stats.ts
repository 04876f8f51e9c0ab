import type { DeliveryStats, FailedAttempt, StatsQuery } from '../../ports/stats.ts'
import type { Statements } from './database.ts'

/** Percentiles look at the newest attempts of the window, at most so many: sorting more would hold up the writes. */
const SAMPLE = 100_000

export function deliveryStats(statements: Statements, query: StatsQuery): DeliveryStats {
  const { targetId, tenantId, since, until } = query
  const outcomes = statements
    .get(`
      select count(*) as attempts, coalesce(sum(outcome = 'success'), 0) as succeeded
      from attempts indexed by attempts_of_target 
      where tenant_id = ? and target_id = ? and started_at >= ? and started_at < ?`)
    .get(tenantId, targetId, since, until)
  const attempts = Number(outcomes?.attempts)
  const succeeded = Number(outcomes?.succeeded)
  const durations = newestDurations(statements, query)
  return {
    attempts,
    succeeded,
    failed: attempts - succeeded,
    p50Ms: percentile(durations, 0.5),
    p90Ms: percentile(durations, 0.9),
    p99Ms: percentile(durations, 0.99),
    ...standing(statements, query),
  }
}

/** Attempts that are looked at for failures: a target that has long been well is asked for no more of its past. */
const RUN = 1000

/** The first failure after the last success, of the newest attempts: along their index, which holds all that is asked. */
export function failingSince(
  statements: Statements,
  { tenantId, targetId, since }: Omit<StatsQuery, 'until'>,
): number | null {
  const row = statements
    .get(`
      with newest as materialized (
        select started_at, duration_ms, outcome from attempts indexed by attempts_of_target
        where tenant_id = ? and target_id = ? and started_at >= ? order by started_at desc limit ${RUN})
      select min(started_at + duration_ms) as at from newest
      where outcome = 'retry' and started_at > coalesce((select max(started_at) from newest where outcome = 'success'), -1)`)
    .get(tenantId, targetId, since)
  return row?.at == null ? null : Math.floor(Number(row.at))
}

export function lastFailure(
  statements: Statements,
  { tenantId, targetId, since }: Omit<StatsQuery, 'until'>,
): FailedAttempt | null {
  const row = statements
    .get(`
      with newest as materialized (
        select started_at, outcome from attempts indexed by attempts_of_target
        where tenant_id = ? and target_id = ? and started_at >= ? order by started_at desc limit ${RUN})
      select error_code, status_code from attempts indexed by attempts_of_target
      where tenant_id = ? and target_id = ? and outcome <> 'success'
        and started_at = (select max(started_at) from newest where outcome <> 'success') limit 1`)
    .get(tenantId, targetId, since, tenantId, targetId)
  if (row === undefined) return null
  return {
    errorCode: row.error_code as FailedAttempt['errorCode'],
    statusCode: row.status_code === null ? null : Number(row.status_code),
  }
}

/** Ascending. */
function newestDurations(statements: Statements, query: StatsQuery): number[] {
  const rows = statements
    .get(`
      select duration_ms from attempts indexed by attempts_of_target
      where tenant_id = ? and target_id = ? and started_at >= ? and started_at < ?
      order by started_at desc limit ${SAMPLE}`)
    .all(query.tenantId, query.targetId, query.since, query.until)
  return rows.map((row) => Number(row.duration_ms)).sort((a, b) => a - b)
}

/** The nearest-rank percentile: the least value that at least such a share of all does not exceed. */
function percentile(ascending: readonly number[], share: number): number | null {
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? null
}

function standing(
  statements: Statements,
  { tenantId, targetId }: StatsQuery,
): Pick<DeliveryStats, 'pending' | 'dead' | 'oldestDueAt'> {
  const waiting = statements
    .get(`
      select count(*) as n, min(due_at) as oldest from deliveries indexed by deliveries_waiting
      where target_id = ? and state = 'pending' and lease_token is null and tenant_id = ?`)
    .get(targetId, tenantId)
  const leased = statements
    .get(`
      select count(*) as n, min(due_at) as oldest from deliveries indexed by deliveries_leased
      where lease_token is not null and target_id = ? and tenant_id = ?`)
    .get(targetId, tenantId)
  const dead = statements
    .get(`
      select count(*) as n from deliveries indexed by deliveries_ended_of_target
      where tenant_id = ? and target_id = ? and state = 'dead'`)
    .get(tenantId, targetId)
  const oldest = [waiting?.oldest, leased?.oldest].filter((at) => at != null).map(Number)
  return {
    pending: Number(waiting?.n) + Number(leased?.n),
    dead: Number(dead?.n),
    oldestDueAt: oldest.length === 0 ? null : Math.min(...oldest),
  }
}
