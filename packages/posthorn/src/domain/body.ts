/**
 * The bytes that are sent, in the formats of `docs/reference/wire.md`. They depend on nothing that can change
 * between two attempts, so every attempt sends the same ones. JSON data goes in as the very text that was published:
 * numbers keep all their digits, keys their order.
 */
import type { EventRecord } from './event.ts'
import type { Tenant } from './records.ts'
import type { BodyFormat } from './subscription.ts'

const encoder = new TextEncoder()
const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function buildBody(format: BodyFormat, event: EventRecord, tenant: Tenant): Uint8Array {
  if (format === 'raw' || format === 'received') return event.data
  const [name, value] = dataMember(event)
  const data = [encoder.encode(`"${name}":`), value]
  const type = JSON.stringify(event.type)
  const at = new Date(event.occurredAt).toISOString()
  const owner = `"tenant":{"id":${JSON.stringify(tenant.id)},"slug":${JSON.stringify(tenant.slug)}}`
  switch (format) {
    case 'standard':
      return join(`{"type":${type},"timestamp":"${at}",`, data, `,${owner}}`)
    case 'envelope':
      return join(
        `{"event_id":${JSON.stringify(event.id)},"event_type":${type},"occurred_at":"${at}",${owner},`,
        data,
        '}',
      )
    case 'event':
      return join(
        `{"id":${JSON.stringify(event.id)},"type":${type},"timestamp":${event.occurredAt},`,
        data,
        '}',
      )
  }
}

/** The content type of what `buildBody` gives. */
export function bodyContentType(format: BodyFormat, event: EventRecord): string {
  return format === 'raw' || format === 'received' ? event.contentType : 'application/json'
}

export function isJson(contentType: string): boolean {
  return /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(contentType)
}

/** JSON as it is, other text as a JSON string, other bytes as `data_base64`. */
function dataMember(event: EventRecord): ['data' | 'data_base64', Uint8Array] {
  if (isJson(event.contentType)) return ['data', event.data]
  try {
    return ['data', encoder.encode(JSON.stringify(strictText.decode(event.data)))]
  } catch {
    return ['data_base64', encoder.encode(JSON.stringify(Buffer.from(event.data).toString('base64')))]
  }
}

function join(head: string, middle: readonly Uint8Array[], tail: string): Uint8Array {
  return Buffer.concat([encoder.encode(head), ...middle, encoder.encode(tail)])
}
