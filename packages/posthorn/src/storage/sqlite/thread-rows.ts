/**
 * What is stored most often crosses to the thread as rows: the names of an object's members are copied with every one
 * of them, so that a request with its event and a delivery took 8 µs to copy as objects, and takes 4 as rows.
 */
import type { NewDelivery } from '../../domain/delivery.ts'
import type { InboundRequest } from '../../domain/inbound-request.ts'
import type { NewEvent } from '../../ports/insert.ts'
import type { ReceivedRequest } from '../../ports/request-store.ts'
import type { ReceivedToWrite, RequestToWrite } from './request-rows.ts'

export function receivedRow({ request, events, onceToken, onDuplicate }: ReceivedRequest) {
  return [requestRow(request), events.map(eventRow), onceToken, onDuplicate] as const
}

export function toReceived(row: ReturnType<typeof receivedRow>): ReceivedToWrite {
  const [request, events, onceToken, onDuplicate] = row
  return { request: toRequestToWrite(request), events: events.map(toNewEvent), onceToken, onDuplicate }
}

export function requestRow(request: InboundRequest) {
  const { body } = request
  return [
    request.id,
    request.tenantId,
    request.sourceId,
    request.receivedAt,
    request.method,
    request.url,
    // The text that the table keeps; as a list it would be an array for each header.
    JSON.stringify(request.headers),
    request.address,
    request.verdict,
    request.reason,
    request.status,
    request.secretIndex,
    request.eventIds,
    body === null ? null : alone(body),
  ] as const
}

export function toRequestToWrite(row: ReturnType<typeof requestRow>): RequestToWrite {
  return {
    id: row[0],
    tenantId: row[1],
    sourceId: row[2],
    receivedAt: row[3],
    method: row[4],
    url: row[5],
    headers: row[6],
    address: row[7],
    verdict: row[8],
    reason: row[9],
    status: row[10],
    secretIndex: row[11],
    eventIds: row[12],
    body: row[13],
  }
}

export function eventRow({ event, deliveries }: NewEvent) {
  return [
    event.tenantId,
    event.sourceId,
    event.id,
    event.type,
    event.contentType,
    alone(event.data),
    event.contentHash,
    event.occurredAt,
    event.receivedAt,
    event.requestId,
    event.trace,
    event.dedupeUntil,
    deliveries.map(deliveryRow),
  ] as const
}

export function toNewEvent(row: ReturnType<typeof eventRow>): NewEvent {
  const event = {
    tenantId: row[0],
    sourceId: row[1],
    id: row[2],
    type: row[3],
    contentType: row[4],
    data: row[5],
    contentHash: row[6],
    occurredAt: row[7],
    receivedAt: row[8],
    requestId: row[9],
    trace: row[10],
    dedupeUntil: row[11],
  }
  return { event, deliveries: row[12].map(toNewDelivery) }
}

function deliveryRow({ id, targetId, format, dueAt, createdAt, replayId, lease }: NewDelivery) {
  return [
    id,
    targetId,
    format,
    dueAt,
    createdAt,
    replayId,
    lease === null ? null : lease.token,
    lease === null ? 0 : lease.until,
  ] as const
}

function toNewDelivery(row: ReturnType<typeof deliveryRow>): NewDelivery {
  const [id, targetId, format, dueAt, createdAt, replayId, token, until] = row
  return { id, targetId, format, dueAt, createdAt, replayId, lease: token === null ? null : { token, until } }
}

/**
 * Bytes in memory of their own. Copying a view to a thread copies the whole buffer below it, and bodies are often small
 * views of something large: a batch of 500 events is one buffer of up to 5 MiB.
 */
export function alone(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)
}
