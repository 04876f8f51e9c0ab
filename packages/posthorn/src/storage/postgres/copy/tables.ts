/** How rows of a copy become rows of our tables: one statement a batch. */
import { type AnyRow, COPIED, type CopiedKind } from '../../../ports/copy.ts'
import { Bytes } from '../columns.ts'
import { COMMON_COLUMNS } from '../delivery-rows.ts'
import { KEY_OF, numberIn } from '../keys.ts'
import { checkText, repaired } from '../text.ts'

const TYPES = { text: 'text', whole: 'bigint', real: 'double precision', bytes: 'bytes' } as const

interface Field {
  readonly field: string
  readonly column: string
  readonly type: (typeof TYPES)[keyof typeof TYPES]
}

export function columnOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function fieldsOf(kind: CopiedKind): Field[] {
  return Object.entries(COPIED[kind]).map(([field, type]) => ({
    field,
    column: columnOf(field),
    type: TYPES[type.replace('?', '') as keyof typeof TYPES],
  }))
}

const EVENT =
  'id, type, content_type, content_hash, occurred_at, received_at, request_id, trace, dedupe_until, data'
const ATTEMPT = `delivery_id, id, tenant_id, number, target_id, started_at, duration_ms, outcome, status_code, error_code,
  error_detail, response_body, exchange`
const REQUEST = `id, tenant_id, source_id, received_at, method, url, address, verdict, reason, status, secret_index,
  event_ids, headers, body`

const AUDIT = 'id, tenant_id, action, actor_kind, actor_key, object_id, doc'

const RECORD_TABLES = {
  tenants: 'tenants',
  eventTypes: 'event_types',
  sources: 'sources',
  subscriptions: 'subscriptions',
  keys: 'api_keys',
  alertRules: 'alert_rules',
  alerts: 'alerts',
  bulks: 'bulks',
  replays: 'replays',
} as const

/** Each takes its rows from `t`. */
function insertOf(s: string, kind: CopiedKind): string {
  switch (kind) {
    case 'events':
      return `, keyed as materialized (select t.*, ${KEY_OF('received_at', 'number')} as key from t),
        named as (
          insert into ${s}.event_ids (tenant_id, source_id, id, key, content_hash, fan_out, dedupe_until)
          select tenant_id, source_id, id, key, content_hash, fan_out, dedupe_until from keyed)
        insert into ${s}.events (key, tenant_id, source_id, ${EVENT})
        select key, tenant_id, source_id, ${EVENT} from keyed`
    case 'deliveries':
      return `, keyed as (select t.*, ${KEY_OF('event_received_at', 'event_number')} as event_key from t),
        waiting as (
          insert into ${s}.pending (${COMMON_COLUMNS}) select ${COMMON_COLUMNS} from keyed where state = 'pending')
        insert into ${s}.ended (${COMMON_COLUMNS}, state, finished_at)
        select ${COMMON_COLUMNS}, state, finished_at from keyed where state <> 'pending'`
    case 'attempts':
      return `insert into ${s}.attempts (${ATTEMPT}, response_truncated) select ${ATTEMPT}, response_truncated <> 0 from t`
    case 'requests':
      return `insert into ${s}.requests (${REQUEST}, event_key, last_event_key)
        select ${REQUEST}, ${KEY_OF('first_received_at', 'first_number')}, ${KEY_OF('last_received_at', 'last_number')}
        from t order by at`
    case 'rememberedIds':
      return `insert into ${s}.event_ids (tenant_id, source_id, id, key, content_hash, fan_out, dedupe_until)
        select tenant_id, source_id, id, null, content_hash, 0, until from t`
    case 'secretUses':
      return `insert into ${s}.secret_uses (source_id, secret, tenant_id, used_at)
        select source_id, secret, tenant_id, used_at from t`
    case 'usedTokens':
      return `insert into ${s}.used_tokens (tenant_id, source_id, token, until)
        select tenant_id, source_id, token, until from t`
    case 'postponedLanes':
      return `insert into ${s}.lanes (target_id, tenant_id, held_until) select target_id, tenant_id, held_until from t`
    case 'bulkItems':
      return `insert into ${s}.bulk_items (bulk_id, delivery_id, result) select bulk_id, delivery_id, result from t`
    case 'minutes':
      return `insert into ${s}.minutes (tenant_id, minute, run_id, doc) select tenant_id, minute, run_id, doc from t`
    case 'audit':
      return `insert into ${s}.audit (${AUDIT}) select ${AUDIT} from t`
    default:
      return `insert into ${s}.${RECORD_TABLES[kind]} (tenant_id, id, name, version, doc)
        select tenant_id, id, name, version, doc from t order by at`
  }
}

/** All bytes of a batch come as one last parameter. */
export function insertSql(s: string, kind: CopiedKind): string {
  const fields = fieldsOf(kind)
  const given = fields.flatMap(({ column, type }) =>
    type === 'bytes' ? [`${column}_at integer`, `${column}_length integer`] : [`${column} ${type}`],
  )
  const arrays = given.map((one, index) => `$${index + 1}::${one.slice(one.indexOf(' ') + 1)}[]`)
  const names = given.map((one) => one.split(' ')[0])
  const values = fields.map(({ column, type }) =>
    type === 'bytes'
      ? `case when ${column}_length >= 0
          then substring($${given.length + 1}::bytea from ${column}_at for ${column}_length) end as ${column}`
      : column,
  )
  return `with t as materialized (
      select at, ${values.join(', ')} from unnest(${arrays.join(', ')}) with ordinality as g (${names.join(', ')}, at))
    ${insertOf(s, kind)}`
}

/** Text that only explains: repaired where PostgreSQL cannot hold it, everything else is refused. */
const EXPLAINS: ReadonlySet<string> = new Set([
  ...['requestId', 'trace', 'lastError', 'errorDetail', 'method', 'url', 'address', 'reason', 'exchange'],
  // What an order named or the log tells of need not be there, nor be an id.
  ...['objectId'],
])

/** @throws PosthornError `invalid_request` for text that PostgreSQL cannot hold */
export function insertValues(kind: CopiedKind, rows: readonly AnyRow[]): unknown[] {
  const bytes = new Bytes()
  let some = false
  const values = fieldsOf(kind).flatMap(({ field, type }): unknown[][] => {
    if (type !== 'bytes') return [rows.map((row) => (type === 'text' ? kept(field, row[field]) : row[field]))]
    some = true
    for (const row of rows) bytes.add(row[field] as Uint8Array | null)
    return [bytes.offsets, bytes.lengths]
  })
  return some ? [...values, bytes.joined()] : values
}

function kept(field: string, value: AnyRow[string] | undefined): string | null {
  const text = value as string | null
  if (EXPLAINS.has(field)) return repaired(text)
  checkText(`${field} that is to be copied`, text)
  return text
}

/** What was written, in the same fields; of bytes their SHA-256. */
export function readSql(s: string, kind: CopiedKind): string {
  const [from, other] = readingOf(s, kind)
  const fields = fieldsOf(kind).map(({ field, column, type }) => {
    const value = other[field] ?? `t.${column}`
    return `${type === 'bytes' ? `encode(sha256(${value}), 'hex')` : value} as "${field}"`
  })
  return `select ${fields.join(', ')} from ${from}`
}

function readingOf(s: string, kind: CopiedKind): [from: string, other: Readonly<Record<string, string>>] {
  switch (kind) {
    case 'events':
      return [
        `${s}.events t left join ${s}.event_ids i on
          i.tenant_id = t.tenant_id and i.source_id = t.source_id and i.id = t.id and i.key = t.key
          and i.content_hash = t.content_hash and i.dedupe_until is not distinct from t.dedupe_until`,
        { number: numberIn('t.key'), fanOut: 'i.fan_out' },
      ]
    case 'deliveries':
      return [
        `${s}.deliveries t join ${s}.events e on e.key = t.event_key`,
        { eventNumber: numberIn('t.event_key'), eventReceivedAt: 'e.received_at', eventId: 'e.id' },
      ]
    case 'attempts':
      return [`${s}.attempts t`, { responseTruncated: 't.response_truncated::integer' }]
    case 'requests':
      return [
        `${s}.requests t left join ${s}.events f on f.key = t.event_key left join ${s}.events l on l.key = t.last_event_key`,
        {
          ...{ firstNumber: numberIn('f.key'), firstReceivedAt: 'f.received_at' },
          ...{ lastNumber: numberIn('l.key'), lastReceivedAt: 'l.received_at' },
        },
      ]
    case 'rememberedIds':
      return [`${s}.event_ids t where t.key is null`, { until: 't.dedupe_until' }]
    case 'secretUses':
      return [`${s}.secret_uses t`, {}]
    case 'usedTokens':
      return [`${s}.used_tokens t`, {}]
    case 'postponedLanes':
      return [`${s}.lanes t where t.held_until is not null`, {}]
    case 'bulkItems':
      return [`${s}.bulk_items t`, {}]
    case 'minutes':
    case 'audit':
      return [`${s}.${kind} t`, {}]
    default:
      return [`${s}.${RECORD_TABLES[kind]} t`, { nextNumber: 'null', nextReceivedAt: 'null' }]
  }
}
