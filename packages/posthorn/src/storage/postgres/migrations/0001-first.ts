import type { Migration } from '../migrate.ts'

/**
 * Text is compared by bytes (collation C), as ids must be. As few indexes as answer the questions of the port. Events and attempts are partitioned by day (`keys.ts`); partitions
 * are made when a day's first row comes, and dropped whole by `prune`. Identity is a table of its own, since a partition
 * cannot keep an id unique over all days; it also remembers ids whose events are gone.
 */
export const first: Migration = {
  number: 1,
  name: 'first',
  sql: (s) => `
create sequence ${s}.event_numbers;

create table ${s}.event_ids (
  tenant_id text collate "C" not null,
  source_id text collate "C" not null, -- '' for an event published here
  id text collate "C" not null,
  key bigint, -- null: the event is gone, the id is remembered
  content_hash text collate "C" not null,
  fan_out integer not null check (fan_out >= 0),
  dedupe_until bigint,
  primary key (tenant_id, source_id, id)
);
create index event_ids_gone on ${s}.event_ids (dedupe_until) where key is null;

create table ${s}.events (
  key bigint not null primary key,
  tenant_id text collate "C" not null,
  source_id text collate "C" not null,
  id text collate "C" not null,
  type text collate "C" not null,
  content_type text collate "C" not null,
  content_hash text collate "C" not null,
  occurred_at bigint not null,
  received_at bigint not null,
  request_id text collate "C",
  trace text collate "C",
  dedupe_until bigint,
  data bytea not null
) partition by range (key);
create index events_of_tenant on ${s}.events (tenant_id, key);

create table ${s}.deliveries (
  id text collate "C" not null primary key,
  tenant_id text collate "C" not null,
  event_key bigint not null,
  event_id text collate "C" not null,
  event_type text collate "C" not null,
  target_id text collate "C" not null,
  format text collate "C" not null,
  state text collate "C" not null check (state in ('pending', 'delivered', 'dead', 'cancelled')),
  due_at bigint not null,
  attempts integer not null check (attempts >= 0),
  schedule_start integer not null check (schedule_start between 0 and attempts),
  lease_token text collate "C",
  lease_until bigint,
  created_at bigint not null,
  finished_at bigint,
  last_status_code integer,
  last_error text collate "C",
  replay_id text collate "C",
  constraint lease_is_whole check ((lease_token is null) = (lease_until is null)),
  constraint lease_only_while_pending check (lease_token is null or state = 'pending'),
  constraint finished_unless_pending check ((finished_at is null) = (state = 'pending'))
) with (fillfactor = 80); -- room beside a row for its next versions: one insert, two updates
create index deliveries_of_event on ${s}.deliveries (event_key);
create index deliveries_of_target on ${s}.deliveries (target_id, id);
create index deliveries_of_tenant on ${s}.deliveries (tenant_id, id);
create index deliveries_leased on ${s}.deliveries (lease_until) where lease_token is not null;
create index deliveries_waiting on ${s}.deliveries (target_id, due_at, id)
  where state = 'pending' and lease_token is null;
create index deliveries_waiting_of_tenant on ${s}.deliveries (tenant_id, id) where state = 'pending';
create index deliveries_ended on ${s}.deliveries (tenant_id, state, id) where state in ('dead', 'cancelled');

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
  response_body bytea not null
) partition by range (started_at);
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
) with (fillfactor = 50);
create index lanes_by_time on ${s}.lanes (look_at, target_id) where look_at is not null;

-- What is to pull lanes forward, by transactions of the application's, which must not hold lanes until they end.
create table ${s}.lane_pulls (
  target_id text collate "C" not null,
  tenant_id text collate "C" not null,
  due_at bigint not null
);

create table ${s}.requests (
  key bigint generated always as identity primary key,
  id text collate "C" not null,
  tenant_id text collate "C" not null,
  source_id text collate "C" not null,
  received_at bigint not null,
  method text collate "C" not null,
  url text collate "C" not null,
  address text collate "C",
  verdict text collate "C" not null check (verdict in ('accepted', 'duplicate', 'redelivered', 'refused', 'handshake')),
  reason text collate "C",
  status integer not null,
  secret_index integer,
  event_key bigint,
  event_ids text collate "C" not null,
  headers text collate "C" not null,
  body bytea
);
create unique index requests_of_source on ${s}.requests (source_id, id);
create index requests_of_verdict on ${s}.requests (source_id, verdict, id) where verdict <> 'accepted';

create table ${s}.used_tokens (
  tenant_id text collate "C" not null,
  source_id text collate "C" not null,
  token text collate "C" not null,
  until bigint not null,
  primary key (tenant_id, source_id, token)
);
create index used_tokens_until on ${s}.used_tokens (until);

${['tenants', 'subscriptions', 'sources', 'event_types', 'api_keys', 'replays'].map((table) => recordTable(s, table)).join('\n')}
create unique index tenants_name on ${s}.tenants (name);
create unique index api_keys_name on ${s}.api_keys (name);
create unique index sources_name on ${s}.sources (tenant_id, name);
create unique index event_types_name on ${s}.event_types (tenant_id, name);
-- As JSON.stringify writes it; within a text the quotes would be escaped.
create index replays_running on ${s}.replays (seq) where doc like '%"state":"running"%';

-- Who works on this database, for shares and for people.
create table ${s}.processes (
  id text collate "C" primary key,
  name text not null,
  role text not null check (role in ('all', 'api', 'worker')),
  version text not null,
  started_at bigint not null,
  seen_at bigint not null
);
-- Which transaction last changed a record of a tenant ('': of none) that processes keep in memory.
create table ${s}.config_changes (
  tenant_id text collate "C" primary key,
  xid bigint not null
) with (fillfactor = 50);
create index config_changes_by_xid on ${s}.config_changes (xid);

-- Facts about this database as a whole: the fingerprint of the secret key, the last proof that it can be written.
create table ${s}.facts (name text primary key, value text not null);
`,
}

/** Text and not jsonb: what comes back must be what went in, U+0000 and half surrogate pairs in escapes included. */
function recordTable(s: string, table: string): string {
  return `create table ${s}.${table} (
  seq bigint generated always as identity primary key, tenant_id text collate "C" not null, id text collate "C" not null, name text collate "C",
  version integer not null, doc text not null, unique (tenant_id, id));
create index ${table}_id on ${s}.${table} (id);`
}
