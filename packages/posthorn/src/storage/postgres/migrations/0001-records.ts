/** Records of configuration, and what is known of the database and its processes as a whole. */
export function recordTables(s: string): string {
  return `
${['tenants', 'subscriptions', 'sources', 'event_types', 'api_keys', 'sessions', 'replays', 'bulks', 'alert_rules', 'alerts'].map((table) => recordTable(s, table)).join('\n')}
create unique index tenants_name on ${s}.tenants (name);
create unique index api_keys_name on ${s}.api_keys (name);
create unique index sessions_name on ${s}.sessions (name);
create unique index alerts_name on ${s}.alerts (name);
-- What is open, or waits to be told: looked for all the time, among all that were in a year.
create index alerts_live on ${s}.alerts (seq) where name is not null or doc like '%"notice":"waiting"%';
create unique index sources_name on ${s}.sources (tenant_id, name);
create unique index event_types_name on ${s}.event_types (tenant_id, name);
-- As JSON.stringify writes it; within a text the quotes would be escaped.
create index subscriptions_troubled on ${s}.subscriptions (seq) where doc not like '%"failingSince":null%'
  or doc like '%"disabledReason":"failing"%' or doc like '%"disabledReason":"gone"%';
create index replays_running on ${s}.replays (seq) where doc like '%"state":"running"%';

create index bulks_running on ${s}.bulks (seq) where doc like '%"state":"running"%';

-- What came of each delivery of a bulk.
create table ${s}.bulk_items (
  bulk_id text collate "C" not null,
  delivery_id text collate "C" not null,
  result text not null,
  primary key (bulk_id, delivery_id)
);
-- Counts for charts, of each process; a row is written every few seconds, not for each attempt.
create table ${s}.minutes (
  tenant_id text collate "C" not null,
  minute bigint not null, -- epoch ms / 60000
  run_id text collate "C" not null,
  doc text not null,
  primary key (tenant_id, minute, run_id)
);
create index minutes_by_time on ${s}.minutes (minute);

-- Who changed what. Ids sort by time.
create table ${s}.audit (
  id text collate "C" primary key,
  tenant_id text collate "C" not null, -- '' for none
  action text collate "C" not null,
  actor_kind text not null,
  actor_key text collate "C",
  object_id text collate "C" not null,
  doc text not null
);
-- the log of a tenant, and of one thing, newest first
create index audit_of_tenant on ${s}.audit (tenant_id, id);
create index audit_of_object on ${s}.audit (object_id, id);

-- Who works on this database, for shares and for people.
create table ${s}.processes (
  id text collate "C" primary key,
  name text not null,
  role text not null check (role in ('all', 'api', 'worker')),
  version text not null,
  started_at bigint not null,
  seen_at bigint not null
);
-- Which transaction last changed a record of a tenant ('': of none) that processes keep in memory: a subscription, or ('')
-- any other one.
create table ${s}.config_changes (
  tenant_id text collate "C" not null,
  record_id text collate "C" not null,
  xid bigint not null,
  noted_at bigint not null,
  primary key (tenant_id, record_id)
) with (fillfactor = 50);
create index config_changes_by_xid on ${s}.config_changes (xid);

-- Facts about this database as a whole: the fingerprint of the secret key, the last proof that it can be written.
create table ${s}.facts (name text primary key, value text not null);
`
}

/** Text and not jsonb: what comes back must be what went in, U+0000 and half surrogate pairs in escapes included. */
function recordTable(s: string, table: string): string {
  return `create table ${s}.${table} (
  seq bigint generated always as identity primary key, tenant_id text collate "C" not null, id text collate "C" not null, name text collate "C",
  version integer not null, doc text not null, unique (tenant_id, id));
create index ${table}_of_tenant on ${s}.${table} (tenant_id, seq);
create index ${table}_id on ${s}.${table} (id);`
}
