/**
 * Events are partitioned by day (`keys.ts`); a day's partition is made before its first row comes, and dropped whole by
 * `prune`. Identity is a table of its own, since a partition cannot keep an id unique over all days; it also remembers
 * ids whose events are gone.
 */
export function eventTables(s: string): string {
  return `
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
  event_key bigint, -- its event: the first that it brought, or the one that it repeats; null: none that is there
  last_event_key bigint, -- the last that it brought: those between have keys between
  event_ids text collate "C" not null,
  headers text collate "C" not null,
  body bytea
);
create unique index requests_of_source on ${s}.requests (source_id, id);
create index requests_by_age on ${s}.requests (received_at, key);
create index requests_of_verdict on ${s}.requests (source_id, verdict, id) where verdict <> 'accepted';

-- When a secret of a source has last verified a request, to within a minute.
create table ${s}.secret_uses (
  source_id text collate "C" not null,
  secret text collate "C" not null, -- a hash of it as it is stored
  tenant_id text collate "C" not null,
  used_at bigint not null,
  primary key (source_id, secret)
) with (fillfactor = 50);

create table ${s}.used_tokens (
  tenant_id text collate "C" not null,
  source_id text collate "C" not null,
  token text collate "C" not null,
  until bigint not null,
  primary key (tenant_id, source_id, token)
);
create index used_tokens_until on ${s}.used_tokens (until);
`
}
