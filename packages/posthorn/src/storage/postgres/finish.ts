import type { Attempt } from '../../domain/delivery.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import { Bytes, columns } from './columns.ts'
import { pullForward } from './delivery-insert.ts'
import type { Query } from './session.ts'
import { repaired } from './text.ts'

/** The columns that a transition from `pending` changes. Counted: an attempt was made. */
interface Change {
  readonly state: string
  readonly dueAt: number | null
  readonly finishedAt: number | null
  readonly counted: boolean
  readonly statusCode: number | null
  readonly error: string | null
}

function changeOf(transition: Transition): Change {
  const none = { dueAt: null, finishedAt: null, counted: false, statusCode: null, error: null }
  switch (transition.to) {
    case 'delivered':
      return {
        ...none,
        state: 'delivered',
        finishedAt: transition.at,
        counted: true,
        statusCode: transition.statusCode,
      }
    case 'dead':
      return {
        ...{ ...none, state: 'dead', finishedAt: transition.at, counted: true },
        ...{ statusCode: transition.statusCode, error: repaired(transition.error) },
      }
    case 'retry':
      return {
        ...{ ...none, state: 'pending', dueAt: transition.dueAt, counted: true },
        ...{ statusCode: transition.statusCode, error: repaired(transition.error) },
      }
    case 'handBack':
      return { ...none, state: 'pending', dueAt: transition.dueAt }
    case 'cancelled':
      return { ...none, state: 'cancelled', finishedAt: transition.at }
    case 'revived':
      throw new RangeError('a pending delivery cannot be revived')
  }
}

/**
 * The ends of leases in one statement, which is one transaction: new states where the token still fits, the attempts'
 * rows of those, and the lanes of those that wait again.
 *
 * @param batch each delivery at most once
 * @returns for each whether its token still fitted
 */
export async function finishAll(query: Query, schema: string, batch: readonly Finish[]): Promise<boolean[]> {
  const changes = batch.map(({ transition }) => changeOf(transition))
  const attempts = batch.map(({ attempt }) => attempt)
  const bodies = new Bytes()
  for (const attempt of attempts) bodies.add(attempt?.responseBody ?? null)
  const rows = await query.rows<{ at: number }>(
    `with f as (
      select * from unnest($1::integer[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::boolean[],
        $8::integer[], $9::text[], $10::text[], $11::integer[], $12::bigint[], $13::double precision[], $14::text[],
        $15::integer[], $16::text[], $17::text[], $18::boolean[], $19::integer[], $20::integer[])
      as t (at, delivery_id, token, state, due_at, finished_at, counted, status_code, error, attempt_id, number, started_at,
        duration_ms, outcome, attempt_status, error_code, error_detail, truncated, body_at, body_length)),
    ended as (
      update ${schema}.deliveries d set state = f.state, due_at = coalesce(f.due_at, d.due_at),
        finished_at = f.finished_at, attempts = d.attempts + f.counted::integer,
        last_status_code = case when f.counted then f.status_code else d.last_status_code end,
        last_error = case when f.counted then f.error else d.last_error end,
        lease_token = null, lease_until = null
      from f where d.id = f.delivery_id and d.state = 'pending' and d.lease_token = f.token
      returning f.at, d.tenant_id, d.target_id, d.state, d.due_at),
    tried as (
      insert into ${schema}.attempts (delivery_id, id, tenant_id, number, target_id, started_at, duration_ms, outcome,
        status_code, error_code, error_detail, response_truncated, response_body)
      select f.delivery_id, f.attempt_id, e.tenant_id, f.number, e.target_id, f.started_at, f.duration_ms, f.outcome,
        f.attempt_status, f.error_code, f.error_detail, f.truncated, substring($21::bytea from f.body_at for f.body_length)
      from ended e join f using (at) where f.attempt_id is not null),
    waits as (${pullForward(schema, "select target_id, tenant_id, due_at from ended where state = 'pending'")})
    select at from ended`,
    batch.map((_, index) => index),
    ...columns(
      batch,
      ({ deliveryId }) => deliveryId,
      ({ leaseToken }) => leaseToken,
    ),
    ...columns(
      changes,
      ({ state }) => state,
      ({ dueAt }) => dueAt,
      ({ finishedAt }) => finishedAt,
      ({ counted }) => counted,
      ({ statusCode }) => statusCode,
      ({ error }) => error,
    ),
    ...attemptColumns(attempts),
    bodies.offsets,
    bodies.lengths.map((length) => Math.max(0, length)),
    bodies.joined(),
  )
  const fitted = new Set(rows.map(({ at }) => at))
  return batch.map((_, index) => fitted.has(index))
}

function attemptColumns(attempts: ReadonlyArray<Attempt | null>): unknown[][] {
  return columns(
    attempts,
    (attempt) => attempt?.id ?? null,
    (attempt) => attempt?.number ?? null,
    (attempt) => attempt?.startedAt ?? null,
    (attempt) => attempt?.durationMs ?? null,
    (attempt) => attempt?.outcome ?? null,
    (attempt) => attempt?.statusCode ?? null,
    (attempt) => attempt?.errorCode ?? null,
    (attempt) => repaired(attempt?.errorDetail ?? null),
    (attempt) => attempt?.responseTruncated ?? null,
  )
}
