import { isJson } from '../../domain/body.ts'
import type { StoredEvent } from '../../domain/event.ts'

/** An event as a handler sees it. */
export interface HandledEvent<Data = unknown, Type extends string = string> {
  /** The provider's or publisher's id: the same in every attempt. */
  readonly id: string
  readonly type: Type
  /** Name of the source. */
  readonly source: string
  /** The body parsed as JSON, undefined when it is none; with a schema, what the schema made of it. */
  readonly data: Data
  /** The exact bytes that came in. */
  readonly body: Uint8Array
  readonly contentType: string
  /** epoch ms */
  readonly receivedAt: number
}

export function handledEvent(event: StoredEvent, source: string): HandledEvent {
  const { id, type, data: body, contentType, receivedAt } = event
  return { id, type, source, data: parsed(event), body, contentType, receivedAt }
}

function parsed({ data, contentType }: StoredEvent): unknown {
  if (!isJson(contentType)) return undefined
  try {
    return JSON.parse(new TextDecoder().decode(data))
  } catch {
    return undefined
  }
}
