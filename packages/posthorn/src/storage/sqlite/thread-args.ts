import type { InboundRequest } from '../../domain/inbound-request.ts'
import type { Finish } from '../../ports/finish.ts'
import type { NewEvent } from '../../ports/insert.ts'
import type { ReceivedRequest } from '../../ports/request-store.ts'
import type { Call } from './calls.ts'

/** The calls that carry bytes, and how each of their items is made to stand alone. */
const COMPACTED: { readonly [P in Call['port']]?: Readonly<Record<string, (item: never) => unknown>> } = {
  events: { insert: compactEvent },
  requests: { receive: compactReceived, note: compactRequest },
  deliveries: { finish: compactFinish },
}

/**
 * A call whose bytes stand alone. Copying a view to a thread copies the whole buffer below it, and bodies are often
 * small views of something large: a batch of 500 events is one buffer of up to 5 MiB.
 */
export function compact(call: Call): Call {
  const each = COMPACTED[call.port]?.[call.method]
  if (each === undefined) return call
  const [batch, ...rest] = call.args as [readonly never[]]
  return { ...call, args: [batch.map(each), ...rest] }
}

function compactEvent(item: NewEvent): NewEvent {
  const data = alone(item.event.data)
  return data === item.event.data ? item : { ...item, event: { ...item.event, data } }
}

function compactReceived(received: ReceivedRequest): ReceivedRequest {
  return {
    ...received,
    request: compactRequest(received.request),
    events: received.events.map(compactEvent),
  }
}

function compactRequest(request: InboundRequest): InboundRequest {
  if (request.body === null) return request
  const body = alone(request.body)
  return body === request.body ? request : { ...request, body }
}

function compactFinish(finish: Finish): Finish {
  if (finish.attempt === null) return finish
  const responseBody = alone(finish.attempt.responseBody)
  return responseBody === finish.attempt.responseBody
    ? finish
    : { ...finish, attempt: { ...finish.attempt, responseBody } }
}

function alone(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : Uint8Array.from(bytes)
}
