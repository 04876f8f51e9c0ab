/** Records of configuration, and what is known of the database and its processes as a whole. */
export function recordTables(s: string): string {
  return `
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
