import type { Migration } from '../migrate.ts'

/**
 * The hot path of one event is: insert the event, insert its delivery already leased, insert the attempt, set the
 * delivery delivered. Each index below says whom it serves; those marked (hot) are written on that path, the others
 * hold only what waits or ended badly, so that delivered history costs nothing.
 *
 * No foreign keys: events leave only through `prune`, together with all that is theirs and in one commit, and a check
 * on each insert would look up what the same transaction has just written.
 *
 * Checks of a text are chains of `or`: for `in (…)` of more than two texts SQLite builds an index at each insert (2 µs).
 */
export const first: Migration = {
  number: 1,
  name: 'first',
  oldest: 1,
  sql: `
create table events (
  -- autoincrement: a key is never reused, also when the newest event was pruned (cursors and replays rely on it)
  key integer primary key autoincrement,
  tenant_id text not null,
  source_id text not null, -- '' for an event published here
  id text not null,
  type text not null,
  content_type text not null,
  content_hash text not null,
  occurred_at integer not null,
  received_at integer not null,
  request_id text,
  trace text,
  dedupe_until integer, -- the id is remembered until then, in remembered_ids once the event is gone
  fan_out integer not null check (fan_out >= 0), -- deliveries made with it: what a repeated publish is answered
  data blob not null -- last, so that reading the rest never follows a large body's overflow pages
) strict;

-- (hot) the idempotency key
create unique index events_identity on events (tenant_id, source_id, id);
-- (hot) lists and replays of one tenant, by key: the key is the rowid and stands last in every index
create index events_of_tenant on events (tenant_id);

-- What came in over HTTP to a source. The body is null where it is that of the request's only event.
create table requests (
  key integer primary key,
  id text not null,
  tenant_id text not null,
  source_id text not null,
  received_at integer not null,
  method text not null,
  url text not null,
  address text,
  verdict text not null check (verdict = 'accepted' or verdict = 'duplicate' or verdict = 'redelivered'
    or verdict = 'refused' or verdict = 'handshake'),
  reason text,
  status integer not null,
  secret_index integer,
  event_key integer, -- its event: the first that it brought, or the one that it repeats; null: none that is there
  last_event_key integer, -- the last that it brought: those between have keys between, since one request is one insert
  event_ids text not null,
  headers text not null,
  body blob
) strict;

-- (hot for what comes in) the feed of a source, newest first, and one request
create unique index requests_of_source on requests (source_id, id);
-- the rings of what strangers can send; lists by verdict
create index requests_of_verdict on requests (source_id, verdict, id) where verdict <> 'accepted';

-- Ids of inbound events that were removed before they may be forgotten; and tokens that hold for one request.
create table remembered_ids (
  tenant_id text not null,
  source_id text not null,
  kind text not null check (kind = 'event' or kind = 'token'),
  id text not null,
  content_hash text not null, -- '' for a token
  until integer not null,
  primary key (tenant_id, source_id, kind, id)
) strict, without rowid;
create index remembered_ids_until on remembered_ids (until);

-- When a secret of a source has last verified a request, to within a minute.
create table secret_uses (
  source_id text not null,
  secret text not null, -- a hash of it as it is stored
  tenant_id text not null,
  used_at integer not null,
  primary key (source_id, secret)
) strict, without rowid;

-- Which keys were received in which hour: turns a question about a time into one about keys, without an index on time
-- and without trusting the clock to only grow. One row is written for each hour and commit, not for each event.
create table event_hours (
  hour integer primary key, -- received_at / 3600000
  first_key integer not null,
  last_key integer not null
) strict;

-- The same for requests: they are pruned by time too.
create table request_hours (
  hour integer primary key,
  first_key integer not null,
  last_key integer not null
) strict;

create table deliveries (
  id text not null primary key,
  tenant_id text not null,
  event_key integer not null,
  event_type text not null, -- also the event's: lists filter by it
  target_id text not null,
  format text not null,
  state text not null check (state = 'pending' or state = 'delivered' or state = 'dead' or state = 'cancelled'),
  due_at integer not null,
  attempts integer not null check (attempts >= 0),
  schedule_start integer not null check (schedule_start between 0 and attempts),
  lease_token text,
  lease_until integer,
  created_at integer not null,
  finished_at integer,
  last_status_code integer,
  last_error text,
  replay_id text,
  constraint lease_is_whole check ((lease_token is null) = (lease_until is null)),
  constraint lease_only_while_pending check (lease_token is null or state = 'pending'),
  constraint finished_unless_pending check ((finished_at is null) = (state = 'pending'))
) strict, without rowid;

-- (hot) all deliveries of one event; prune; a replay's question for the last state
create index deliveries_of_event on deliveries (event_key);
-- (hot) the feed of one target and of one tenant, newest first: the id is the primary key and stands last
create index deliveries_of_target on deliveries (target_id);
create index deliveries_of_tenant on deliveries (tenant_id);
-- (hot, but it holds only what is being attempted now) the sweeper's question
create index deliveries_leased on deliveries (lease_until) where lease_token is not null;
-- what a claim takes; a lane's earliest due time. With its own condition's columns, so that counts need no row besides
create index deliveries_waiting on deliveries (target_id, due_at, tenant_id, state, lease_token)
  where state = 'pending' and lease_token is null;
-- lists with state=pending: without it they would walk through history to find the few that wait
create index deliveries_waiting_of_tenant on deliveries (tenant_id) where state = 'pending' and lease_token is null;
-- the dead-letter list, of a tenant and of a target, and its count
create index deliveries_ended_of_tenant on deliveries (tenant_id, state) where state = 'dead' or state = 'cancelled';
create index deliveries_ended_of_target on deliveries (tenant_id, target_id, state)
  where state = 'dead' or state = 'cancelled';

create table attempts (
  delivery_id text not null,
  id text not null,
  tenant_id text not null, -- like target_id also the delivery's: statistics by target
  number integer not null check (number >= 1),
  target_id text not null,
  started_at integer not null,
  duration_ms real not null,
  outcome text not null check (outcome = 'success' or outcome = 'retry' or outcome = 'fatal'),
  status_code integer,
  error_code text,
  error_detail text,
  response_truncated integer not null check (response_truncated in (0, 1)),
  response_body blob not null,
  exchange text,
  primary key (delivery_id, id)
) strict, without rowid;

-- (hot) statistics of one target over a window; holds all they need, so that no attempt's row is read for them
create index attempts_of_target on attempts (tenant_id, target_id, started_at, duration_ms, outcome);

create table lanes (
  target_id text not null primary key,
  tenant_id text, -- null: postponed before anything waited in it
  due_at integer, -- earliest due_at among what waits; null: nothing waits
  held_until integer, -- postponement; 9007199254740991: until resumed
  look_at integer generated always as (
    case when due_at is null or held_until = 9007199254740991 then null
         else max(due_at, coalesce(held_until, due_at)) end) virtual
) strict, without rowid;

create index lanes_by_time on lanes (look_at);

-- Records of configuration: one shape, one implementation. tenant_id is '' for what belongs to no tenant.
create table tenants (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
create table subscriptions (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
-- what the alerts look for four times a minute, among however many there are
create index subscriptions_troubled on subscriptions (seq) where doc ->> 'failingSince' is not null
  or doc ->> 'disabledReason' = 'failing' or doc ->> 'disabledReason' = 'gone';
create table sources (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
create table event_types (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
create table api_keys (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
create table sessions (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
create table alert_rules (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
create table alerts (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
create table replays (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
create table bulks (
  seq integer primary key autoincrement, tenant_id text not null, id text not null, name text,
  version integer not null, doc text not null, unique (tenant_id, id)) strict;
-- A tenant's slug and the hash of a key or a session are unique over all tenants; a source's slug and an event type's name within one.
create unique index tenants_name on tenants (name);
create unique index api_keys_name on api_keys (name);
create unique index sessions_name on sessions (name);
-- One alert of a rule and its subject that is not closed, whoever looks.
create unique index alerts_name on alerts (name);
-- What is open, or waits to be told: looked for all the time, among all that were in a year.
create index alerts_live on alerts (seq) where name is not null or instr(doc, '"notice":"waiting"') > 0;
create index alert_rules_id on alert_rules (id);
create index alerts_id on alerts (id);
create unique index sources_name on sources (tenant_id, name);
create unique index event_types_name on event_types (tenant_id, name);
-- All of a tenant's, page by page: seq is the rowid and stands last.
create index subscriptions_of_tenant on subscriptions (tenant_id);
create index sources_of_tenant on sources (tenant_id);
create index event_types_of_tenant on event_types (tenant_id);
create index tenants_id on tenants (id);
create index subscriptions_id on subscriptions (id);
create index sources_id on sources (id);
create index event_types_id on event_types (id);
create index api_keys_id on api_keys (id);
create index sessions_id on sessions (id);
create index sessions_expiry on sessions (doc ->> 'expiresAt');
create index replays_id on replays (id);
create index replays_running on replays (seq) where doc ->> 'state' = 'running';
create index bulks_id on bulks (id);
create index bulks_running on bulks (seq) where doc ->> 'state' = 'running';

-- What came of each delivery of a bulk.
create table bulk_items (
  bulk_id text not null,
  delivery_id text not null,
  result text not null,
  primary key (bulk_id, delivery_id)
) strict, without rowid;

-- Counts for charts, of each process; a row is written every few seconds, not for each attempt.
create table minutes (
  tenant_id text not null,
  minute integer not null, -- epoch ms / 60000
  run_id text not null,
  doc text not null,
  primary key (tenant_id, minute, run_id)
) strict, without rowid;
create index minutes_by_time on minutes (minute);

-- Who changed what. Ids sort by time.
create table audit (
  id text not null primary key,
  tenant_id text not null, -- '' for none
  action text not null,
  actor_kind text not null,
  actor_key text,
  object_id text not null,
  doc text not null
) strict;
-- the log of a tenant, and of one thing, newest first
create index audit_of_tenant on audit (tenant_id, id);
create index audit_of_object on audit (object_id, id);

-- Facts about the file itself.
create table facts (name text primary key, value integer not null) strict, without rowid;
insert into facts (name, value) values ('pings', 0), ('open', 0);
`,
}
