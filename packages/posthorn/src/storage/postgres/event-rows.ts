import type { EventKey, StoredEvent } from '../../domain/event.ts'
import type { SourceId, TenantId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'

export const EVENT_COLUMNS = `e.key, e.tenant_id, e.source_id, e.id, e.type, e.content_type, e.content_hash,
  e.occurred_at, e.received_at, e.request_id, e.trace, e.dedupe_until, e.data`

/** For many at once: the size of large data is read without the data. */
export const LISTED_COLUMNS = EVENT_COLUMNS.replace(
  /e\.data$/,
  `case when octet_length(e.data) > ${LIMITS.listedDataBytes} then ''::bytea else e.data end as data, octet_length(e.data) as data_bytes`,
)

export interface EventRow {
  readonly key: EventKey
  readonly tenant_id: string
  readonly source_id: string
  readonly id: string
  readonly type: string
  readonly content_type: string
  readonly content_hash: string
  readonly occurred_at: number
  readonly received_at: number
  readonly request_id: string | null
  readonly trace: string | null
  readonly dedupe_until: number | null
  readonly data: Uint8Array
  /** With the columns of lists. */
  readonly data_bytes?: number
}

export function toEvent(row: EventRow): StoredEvent {
  return {
    key: row.key,
    tenantId: row.tenant_id as TenantId,
    sourceId: row.source_id === '' ? null : (row.source_id as SourceId),
    id: row.id,
    type: row.type,
    contentType: row.content_type,
    contentHash: row.content_hash,
    occurredAt: row.occurred_at,
    receivedAt: row.received_at,
    requestId: row.request_id,
    trace: row.trace,
    dedupeUntil: row.dedupe_until,
    data: row.data,
    ...omitted(row.data_bytes ?? 0),
  }
}

function omitted(bytes: number): Pick<StoredEvent, 'omittedBytes'> {
  return bytes > LIMITS.listedDataBytes ? { omittedBytes: bytes } : {}
}
