/**
 * What is pending and what has ended are two tables. `pending` is what is claimed and finished: as large as the
 * backlog, whatever the history. A delivery that ends moves to `ended`, which is only written once and partitioned by
 * the day of the delivery's id, like its attempts; a day leaves by dropping its partitions.
 *
 * In one table each end would be an update of columns that indexes stand on: a new entry in every index (10 of them a
 * delivery where this takes 6), dead rows among the history, and a vacuum of all of it.
 */
export function deliveryTables(s: string): string {
  return `
create table ${s}.pending (
  ${COMMON},
  lease_token text collate "C",
  lease_until bigint,
  constraint lease_is_whole check ((lease_token is null) = (lease_until is null))
) with (${BUSY}, autovacuum_vacuum_threshold = 5000, vacuum_truncate = false);
alter table ${s}.pending add primary key (id);
-- What is being attempted is in these two only: most deliveries are attempted when they are stored, and end soon.
create index pending_leased on ${s}.pending (lease_until) where lease_token is not null;
create index pending_waiting on ${s}.pending (target_id, due_at, id) where lease_token is null;
create index pending_of_tenant on ${s}.pending (tenant_id, id) where lease_token is null;
create index pending_of_target on ${s}.pending (target_id, id) where lease_token is null;
create index pending_of_event on ${s}.pending (event_key) where lease_token is null;
${fillers(s)}

create table ${s}.ended (
  ${COMMON},
  state text collate "C" not null check (state in ('delivered', 'dead', 'cancelled')),
  finished_at bigint not null
) partition by range (id);
alter table ${s}.ended add primary key (id);
create index ended_of_event on ${s}.ended (event_key);
create index ended_of_target on ${s}.ended (target_id, id);
create index ended_of_tenant on ${s}.ended (tenant_id, id);
create index ended_badly on ${s}.ended (tenant_id, state, id) where state in ('dead', 'cancelled');
create index ended_badly_of_target on ${s}.ended (target_id, state, id) where state in ('dead', 'cancelled');

create view ${s}.deliveries as
  select ${VIEWED}, 'pending' as state, lease_token, lease_until, null::bigint as finished_at from ${s}.pending
  where event_key >= 0
  union all
  select ${VIEWED}, state, null, null, finished_at from ${s}.ended;

create table ${s}.attempts (
  delivery_id text collate "C" not null,
  id text collate "C" not null,
  tenant_id text collate "C" not null,
  number integer not null check (number >= 1),
  target_id text collate "C" not null,
  started_at bigint not null,
  duration_ms double precision not null,
  outcome text collate "C" not null check (outcome in ('success', 'retry', 'fatal')),
  status_code integer,
  error_code text collate "C",
  error_detail text collate "C",
  response_truncated boolean not null,
  response_body bytea not null,
  exchange text
) partition by range (delivery_id);
create index attempts_of_delivery on ${s}.attempts (delivery_id);
create index attempts_of_target on ${s}.attempts (tenant_id, target_id, started_at) include (duration_ms, outcome);

create table ${s}.lanes (
  target_id text collate "C" not null primary key,
  tenant_id text collate "C",
  due_at bigint,
  held_until bigint,
  look_at bigint generated always as (
    case when due_at is null or held_until = 9007199254740991 then null
         else greatest(due_at, coalesce(held_until, due_at)) end) stored
) with (${BUSY}, autovacuum_vacuum_threshold = 1000, fillfactor = 50);
create index lanes_by_time on ${s}.lanes (look_at, target_id) where look_at is not null;

-- Lanes to pull forward, left by transactions of applications: they may stay open for long, and a lane's row that one
-- of them held would hold up everybody else. Rows only come and go.
create table ${s}.lane_calls (
  number bigint generated always as identity primary key,
  target_id text collate "C" not null,
  tenant_id text collate "C" not null,
  due_at bigint not null
) with (${BUSY}, autovacuum_vacuum_threshold = 1000);
`
}

/** As many dead rows as live ones come in a second: vacuum by their number, at once, without rests. */
const BUSY = 'autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0'

const COMMON = `id text collate "C" not null,
  tenant_id text collate "C" not null,
  event_key bigint not null,
  event_id text collate "C" not null,
  event_type text collate "C" not null,
  target_id text collate "C" not null,
  format text collate "C" not null,
  due_at bigint not null,
  attempts integer not null check (attempts >= 0),
  schedule_start integer not null check (schedule_start between 0 and attempts),
  created_at bigint not null,
  last_status_code integer,
  last_error text collate "C",
  replay_id text collate "C"`

const VIEWED = `id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts, schedule_start,
    created_at, last_status_code, last_error, replay_id`

/**
 * Rows come and go in bursts, and statements are planned once for long. For a table that is empty at that time the planner
 * decides to walk through all of it, by whatever index: each claim and each end of the next burst would be served so, for a
 * minute or more. So it is never empty: these rows, with keys below zero, are nobody's, and neither due nor leased for any
 * time that comes. With fewer of them it would prefer to read all at once.
 */
export function fillers(s: string): string {
  return `insert into ${s}.pending (id, tenant_id, event_key, event_id, event_type, target_id, format, due_at, attempts,
    schedule_start, created_at, lease_token, lease_until)
  select '-' || n, '-' || n % 10, -n, '', '', '-' || n % 100, '', 9007199254740991, 0, 0, 0,
    case when n % 20 = 0 then '-' || n end, case when n % 20 = 0 then 9007199254740991 end
  from generate_series(1, 10000) n;`
}
