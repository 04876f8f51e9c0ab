import { COPIED, type CopiedKind } from '../../ports/copy.ts'

interface CopyQuery {
  readonly sql: string
  /** Of which there must be as many. */
  readonly counted: string
}

/** Columns as the fields of the rows are called: `tenantId` is `tenant_id`. @param other fields that are no such column */
function select(kind: CopiedKind, from: string, other: Readonly<Record<string, string>> = {}): string {
  const fields = Object.keys(COPIED[kind]).map((field) => `${other[field] ?? columnOf(field)} as "${field}"`)
  return `select ${fields.join(', ')} from ${from}`
}

function columnOf(field: string): string {
  return `t.${field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`
}

function records(kind: CopiedKind, table: string): CopyQuery {
  const next = { nextNumber: 'null', nextReceivedAt: 'null' }
  return { sql: `${select(kind, `${table} t`, next)} order by t.seq`, counted: table }
}

/** An id that was forgotten in time may have come again before its row was removed. */
const STILL_GONE = `remembered_ids t where kind = 'event' and not exists (
  select 1 from events e where e.tenant_id = t.tenant_id and e.source_id = t.source_id and e.id = t.id)`
const TOKENS = "remembered_ids t where kind = 'token'"
const POSTPONED = 'lanes t where held_until is not null'
const EVENTS_THERE = 'from events e where e.key >= t.event_key and e.key <= t.last_event_key'

/** In the order of the tables, so that nothing is sorted. */
export const COPY_QUERIES: Readonly<Record<CopiedKind, CopyQuery>> = {
  tenants: records('tenants', 'tenants'),
  eventTypes: records('eventTypes', 'event_types'),
  sources: records('sources', 'sources'),
  subscriptions: records('subscriptions', 'subscriptions'),
  keys: records('keys', 'api_keys'),
  alertRules: records('alertRules', 'alert_rules'),
  alerts: records('alerts', 'alerts'),
  bulks: records('bulks', 'bulks'),
  bulkItems: { sql: select('bulkItems', 'bulk_items t'), counted: 'bulk_items' },
  minutes: { sql: select('minutes', 'minutes t'), counted: 'minutes' },
  audit: { sql: select('audit', 'audit t'), counted: 'audit' },
  replays: records('replays', 'replays'),
  events: { sql: `${select('events', 'events t', { number: 't.key' })} order by t.key`, counted: 'events' },
  deliveries: {
    sql: select('deliveries', 'deliveries t join events e on e.key = t.event_key', {
      eventNumber: 'e.key',
      eventReceivedAt: 'e.received_at',
      eventId: 'e.id',
    }),
    counted: 'deliveries',
  },
  attempts: { sql: select('attempts', 'attempts t'), counted: 'attempts' },
  requests: {
    sql: `${select(
      'requests',
      `requests t left join events f on f.key = (select min(e.key) ${EVENTS_THERE})
      left join events l on l.key = (select max(e.key) ${EVENTS_THERE})`,
      {
        ...{ firstNumber: 'f.key', firstReceivedAt: 'f.received_at' },
        ...{ lastNumber: 'l.key', lastReceivedAt: 'l.received_at' },
      },
    )} order by t.key`,
    counted: 'requests',
  },
  rememberedIds: { sql: select('rememberedIds', STILL_GONE), counted: STILL_GONE },
  secretUses: { sql: select('secretUses', 'secret_uses t'), counted: 'secret_uses' },
  usedTokens: { sql: select('usedTokens', TOKENS, { token: 't.id' }), counted: TOKENS },
  postponedLanes: { sql: select('postponedLanes', POSTPONED), counted: POSTPONED },
}

/** All that is in the file. What is not copied of it follows from the rest, or is named in `NOT_COPIED`. */
export const COPY_TABLES: ReadonlySet<string> = new Set([
  ...['tenants', 'event_types', 'sources', 'subscriptions', 'api_keys', 'replays', 'events', 'deliveries'],
  ...['attempts', 'requests', 'remembered_ids', 'lanes', 'event_hours', 'request_hours', 'facts'],
  ...['alert_rules', 'alerts', 'bulks', 'bulk_items', 'minutes', 'audit', 'sessions', 'secret_uses'],
  ...['schema_migrations', 'sqlite_sequence', 'sqlite_stat1', 'sqlite_stat4'],
])
