import type { EventKey, StoredEvent } from '../../domain/event.ts'
import type { SourceId, TenantId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'

export const EVENT_COLUMNS =
  'key, tenant_id, source_id, id, type, content_type, content_hash, occurred_at, received_at, request_id, trace, dedupe_until, data'

/** For many at once: the size of large data is read without the data. */
export const LISTED_COLUMNS = EVENT_COLUMNS.replace(
  /data$/,
  `case when length(data) > ${LIMITS.listedDataBytes} then zeroblob(0) else data end as data, length(data) as data_bytes`,
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
