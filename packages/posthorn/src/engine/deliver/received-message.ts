import type { StoredEvent } from '../../domain/event.ts'
import { forwardedHeaders } from '../../domain/forwarded-headers.ts'
import type { RequestId } from '../../domain/ids.ts'
import type { InboundRequest } from '../../domain/inbound-request.ts'
import type { RequestStore } from '../../ports/request-store.ts'

/** What is sent to a target: headers with names in lower case, each once. */
export interface Message {
  readonly headers: Array<readonly [name: string, value: string]>
  readonly body: Uint8Array
}

/**
 * The inbound request of an event as it came, to be sent on; null: it is no longer stored. Of a request that brought
 * several events, the event's own bytes.
 * @param own headers of ours that stand in for those that did not come
 */
export async function receivedMessage(
  requests: Pick<RequestStore, 'get'>,
  event: StoredEvent,
  own: ReadonlyArray<readonly [name: string, value: string]>,
): Promise<Message | null> {
  const { tenantId, sourceId, requestId } = event
  if (sourceId === null || requestId === null) return null
  const request = await requests.get(tenantId, sourceId, requestId as RequestId)
  if (request === null) return null
  const came = forwardedHeaders(request.headers)
  const names = new Set(came.map(([name]) => name))
  const added = own.filter(([name]) => !names.has(name))
  return { headers: [...came, ...added], body: bytesOf(request, event) }
}

/** The store keeps a body beside the events only where it is not that of the only one. */
function bytesOf({ body, eventIds }: InboundRequest, event: StoredEvent): Uint8Array {
  return body !== null && eventIds.length <= 1 ? body : event.data
}
