import type { Finish } from '../../ports/finish.ts'
import type { NewEvent } from '../../ports/insert.ts'
import type { Call } from './calls.ts'

/**
 * A call whose bytes stand alone. Copying a view to a thread copies the whole buffer below it, and bodies are often
 * small views of something large: a batch of 500 events is one buffer of up to 5 MiB.
 */
export function compact(call: Call): Call {
  if (call.port === 'events' && call.method === 'insert') {
    const [batch] = call.args as [readonly NewEvent[]]
    return { ...call, args: [batch.map(compactEvent)] }
  }
  if (call.port === 'deliveries' && call.method === 'finish') {
    const [batch] = call.args as [readonly Finish[]]
    return { ...call, args: [batch.map(compactFinish)] }
  }
  return call
}

function compactEvent(item: NewEvent): NewEvent {
  const data = alone(item.event.data)
  return data === item.event.data ? item : { ...item, event: { ...item.event, data } }
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
