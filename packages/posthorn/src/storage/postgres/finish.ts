import type { Attempt } from '../../domain/delivery.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import { Bytes, columns } from './columns.ts'
import { pullForward } from './delivery-insert.ts'
import { COMMON_COLUMNS } from './delivery-rows.ts'
import type { Query } from './session.ts'
import { repaired } from './text.ts'

/** The columns that a transition from `pending` changes. Counted: an attempt was made. */
interface Change {
  /** null: it stays pending. */
  readonly state: string | null
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
        ...{ ...none, state: null, dueAt: transition.dueAt, counted: true },
        ...{ statusCode: transition.statusCode, error: repaired(transition.error) },
      }
    case 'handBack':
      return { ...none, state: null, dueAt: transition.dueAt }
    case 'cancelled':
      return { ...none, state: 'cancelled', finishedAt: transition.at }
    case 'dropped':
    case 'revived':
      throw new RangeError(`a pending delivery cannot be ${transition.to}`)
  }
}

/** What `f` brings of an attempt. */
const ATTEMPT = [
  ...[
    'delivery_id',
    'attempt_id',
    'number',
    'started_at',
    'duration_ms',
    'outcome',
    'attempt_status',
    'error_code',
  ],
  ...['error_detail', 'truncated', 'exchange', 'body_at', 'body_length'],
].join(', ')
const TRIED = ATTEMPT.replaceAll(/\w+/g, 'f.$&')

/**
 * The ends of leases in one statement, which is one transaction: new states where the token still fits, the attempts'
 * rows of those, and the lanes of those that wait again. What has ended moves to the table of what has.
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
      select * from unnest($1::integer[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::boolean[], $7::integer[],
        $8::text[], $9::text[], $10::text[], $11::integer[], $12::bigint[], $13::double precision[], $14::text[],
        $15::integer[], $16::text[], $17::text[], $18::boolean[], $19::text[], $20::integer[], $21::integer[])
      as t (at, token, state, new_due_at, ended_at, counted, status_code, error, ${ATTEMPT})),
    gone as (
      delete from ${schema}.pending d using f where d.id = f.delivery_id and d.lease_token = f.token and f.state is not null
      returning f.at, ${TRIED}, f.state, f.ended_at, f.counted, f.status_code, f.error, d.*),
    ended as (
      insert into ${schema}.ended (${COMMON_COLUMNS}, state, finished_at)
      select id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts + counted::integer,
        schedule_start, created_at, case when counted then status_code else last_status_code end,
        case when counted then error else last_error end, replay_id, state, ended_at from gone),
    stays as (
      update ${schema}.pending d set due_at = f.new_due_at, attempts = d.attempts + f.counted::integer,
        last_status_code = case when f.counted then f.status_code else d.last_status_code end,
        last_error = case when f.counted then f.error else d.last_error end, lease_token = null, lease_until = null
      from f where d.id = f.delivery_id and d.lease_token = f.token and f.state is null
      returning f.at, ${TRIED}, d.tenant_id, d.target_id, d.due_at),
    tried as (
      insert into ${schema}.attempts (delivery_id, tenant_id, target_id, id, number, started_at, duration_ms, outcome,
        status_code, error_code, error_detail, response_truncated, exchange, response_body)
      select delivery_id, tenant_id, target_id, attempt_id, number, started_at, duration_ms, outcome, attempt_status,
        error_code, error_detail, truncated, exchange, substring($22::bytea from body_at for body_length)
      from (select tenant_id, target_id, ${ATTEMPT} from gone union all select tenant_id, target_id, ${ATTEMPT} from stays) made
      where attempt_id is not null),
    waits as (${pullForward(schema, 'select target_id, tenant_id, due_at from stays')})
    select at from gone union all select at from stays`,
    batch.map((_, index) => index),
    batch.map(({ leaseToken }) => leaseToken),
    ...columns(
      changes,
      ({ state }) => state,
      ({ dueAt }) => dueAt,
      ({ finishedAt }) => finishedAt,
      ({ counted }) => counted,
      ({ statusCode }) => statusCode,
      ({ error }) => error,
    ),
    batch.map(({ deliveryId }) => deliveryId),
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
    (attempt) => repaired(attempt?.exchange ?? null),
  )
}
