import type { RequestId, SourceId, TenantId } from '../../domain/ids.ts'
import type { InboundRequest, Verdict } from '../../domain/inbound-request.ts'
import type { ReceivedRequest } from '../../ports/request-store.ts'

/** Of `requests r`; the body is added where it is asked for. */
export const REQUEST_COLUMNS = `r.id, r.tenant_id, r.source_id, r.received_at, r.method, r.url, r.address, r.verdict,
  r.reason, r.status, r.secret_index, r.event_ids, r.headers`

export interface RequestRow {
  readonly id: string
  readonly tenant_id: string
  readonly source_id: string
  readonly received_at: number
  readonly method: string
  readonly url: string
  readonly address: string | null
  readonly verdict: string
  readonly reason: string | null
  readonly status: number
  readonly secret_index: number | null
  readonly event_ids: string
  readonly headers: string
  readonly body: Uint8Array | null
}

/** Headers may come as the JSON text that the table keeps, which is how they cross to a thread. */
export type RequestToWrite = Omit<InboundRequest, 'headers'> & {
  readonly headers: InboundRequest['headers'] | string
}

export interface ReceivedToWrite extends Omit<ReceivedRequest, 'request'> {
  readonly request: RequestToWrite
}

export function toRequest(row: RequestRow): InboundRequest {
  return {
    id: row.id as RequestId,
    tenantId: row.tenant_id as TenantId,
    sourceId: row.source_id as SourceId,
    receivedAt: row.received_at,
    method: row.method,
    url: row.url,
    address: row.address,
    verdict: row.verdict as Verdict,
    reason: row.reason,
    status: row.status,
    secretIndex: row.secret_index,
    eventIds: JSON.parse(row.event_ids) as string[],
    headers: JSON.parse(row.headers) as Array<[string, string]>,
    body: row.body,
  }
}
