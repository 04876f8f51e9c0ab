import type { DeliveryStats, FailedAttempt, StatsQuery } from '../../ports/stats.ts'
import type { Query } from './session.ts'

/** Percentiles look at the newest attempts of the window, at most so many. */
const SAMPLE = 100_000

interface AttemptStats {
  readonly attempts: number
  readonly succeeded: number
}

interface Percentiles {
  readonly p50: number | null
  readonly p90: number | null
  readonly p99: number | null
}

interface Standing {
  readonly pending: number
  readonly dead: number
  readonly oldest: number | null
}

/** Attempts that are looked at for failures: a target that has long been well is asked for no more of its past. */
const RUN = 1000

/** The first failure after the last success, of the newest attempts: along their index, which holds all that is asked. */
export async function failingSince(
  query: Query,
  schema: string,
  { tenantId, targetId, since }: Omit<StatsQuery, 'until'>,
): Promise<number | null> {
  const [row] = await query.rows<{ at: number | null }>(
    `with newest as materialized (
      select started_at, duration_ms, outcome from ${schema}.attempts
      where tenant_id = $1 and target_id = $2 and started_at >= $3 order by started_at desc limit ${RUN})
    select floor(min(started_at + duration_ms))::bigint as at from newest
    where outcome = 'retry' and started_at > coalesce((select max(started_at) from newest where outcome = 'success'), -1)`,
    tenantId,
    targetId,
    since,
  )
  return row?.at ?? null
}

export async function lastFailure(
  query: Query,
  schema: string,
  { tenantId, targetId, since }: Omit<StatsQuery, 'until'>,
): Promise<FailedAttempt | null> {
  const [row] = await query.rows<{ error_code: FailedAttempt['errorCode']; status_code: number | null }>(
    `with newest as materialized (
      select started_at, outcome, error_code, status_code from ${schema}.attempts
      where tenant_id = $1 and target_id = $2 and started_at >= $3 order by started_at desc limit ${RUN})
    select error_code, status_code from newest where outcome <> 'success' order by started_at desc limit 1`,
    tenantId,
    targetId,
    since,
  )
  return row === undefined ? null : { errorCode: row.error_code, statusCode: row.status_code }
}

export async function deliveryStats(query: Query, schema: string, asked: StatsQuery): Promise<DeliveryStats> {
  const { tenantId, targetId, since, until } = asked
  const window = 'tenant_id = $1 and target_id = $2 and started_at >= $3 and started_at < $4'
  const place = [tenantId, targetId, since, until]
  const [counts] = await query.rows<AttemptStats>(
    `select count(*) as attempts, count(*) filter (where outcome = 'success') as succeeded
    from ${schema}.attempts where ${window}`,
    ...place,
  )
  const [durations] = await query.rows<Percentiles>(
    `select percentile_disc(0.5) within group (order by duration_ms) as p50,
      percentile_disc(0.9) within group (order by duration_ms) as p90,
      percentile_disc(0.99) within group (order by duration_ms) as p99
    from (select duration_ms from ${schema}.attempts where ${window} order by started_at desc limit ${SAMPLE}) newest`,
    ...place,
  )
  const where = 'tenant_id = $1 and target_id = $2'
  const [standing] = await query.rows<Standing>(
    `with p as (
      select count(*) as pending, min(due_at) as oldest from ${schema}.pending where ${where} and lease_token is null
      union all
      select count(*), min(due_at) from ${schema}.pending where ${where} and lease_token is not null)
    select (select sum(pending)::bigint from p) as pending, (select min(oldest) from p) as oldest,
      (select count(*) from ${schema}.ended where ${where} and state = 'dead') as dead`,
    tenantId,
    targetId,
  )
  const { attempts = 0, succeeded = 0 } = counts ?? {}
  return {
    attempts,
    succeeded,
    failed: attempts - succeeded,
    p50Ms: durations?.p50 ?? null,
    p90Ms: durations?.p90 ?? null,
    p99Ms: durations?.p99 ?? null,
    pending: standing?.pending ?? 0,
    dead: standing?.dead ?? 0,
    oldestDueAt: standing?.oldest ?? null,
  }
}
