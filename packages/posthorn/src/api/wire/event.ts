/** An event on the wire. Its data is spliced in as the text that was published, never parsed and written again. */
import { isUtf8 } from 'node:buffer'
import type { Static } from 'typebox'
import { isPosthornError } from '../../domain/error.ts'
import type { StoredEvent } from '../../domain/event.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Event } from '../contract/schemas/event.ts'
import { checkJson } from '../json/scan.ts'
import { type JsonText, jsonText } from '../json/text.ts'
import { toInstant } from './instant.ts'
import { asBuffer, isJsonType } from './text.ts'

export function toEventText(event: StoredEvent): JsonText<Static<typeof Event>> {
  return jsonText(`${head(event)}${dataMember(asBuffer(event.data), event.contentType)}}`)
}

/** As text of one row of a list. */
export function toListedEventText(event: StoredEvent): string {
  const omitted = event.omittedBytes !== undefined || event.data.length > LIMITS.listedDataBytes
  const data = omitted ? '' : dataMember(asBuffer(event.data), event.contentType)
  return `${head(event)},"data_omitted":${omitted}${data}}`
}

/** Everything but the data, without the closing brace. */
function head(event: StoredEvent): string {
  const fields = {
    event_id: event.id,
    event_type: event.type,
    source: event.sourceId,
    request_id: event.requestId,
    content_type: event.contentType,
    occurred_at: toInstant(event.occurredAt),
    received_at: toInstant(event.receivedAt),
    data_bytes: event.omittedBytes ?? event.data.length,
  }
  return JSON.stringify(fields).slice(0, -1)
}

function dataMember(data: Buffer, contentType: string): string {
  if (isJsonType(contentType) && isSoundJson(data)) return `,"data":${data.toString('utf8')}`
  if (isUtf8(data)) return `,"data_text":${JSON.stringify(data.toString('utf8'))}`
  return `,"data_base64":"${data.toString('base64')}"`
}

/** Published as text or base64 with a JSON content type, it may be anything. */
function isSoundJson(data: Buffer): boolean {
  try {
    checkJson(data, LIMITS.jsonDepth)
    return true
  } catch (error) {
    if (isPosthornError(error)) return false
    throw error
  }
}
