/** From the bytes of a publish to what the engine stores. */
import type { Static } from 'typebox'
import { type Flaw, PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import { pointer } from '../../domain/pointer.ts'
import type { PublishInput } from '../../engine/use-cases.ts'
import { EventInput } from '../contract/schemas/event.ts'
import { invalid, type Validator } from '../http/validation.ts'
import type { ObjectSpan, Span } from '../json/scan.ts'
import { fromInstant } from './instant.ts'

type WireEvent = Static<typeof EventInput>

export interface PublishContext {
  readonly validator: Validator
  /** Of the HTTP request. */
  readonly requestId: string
  /** `traceparent`, or null. */
  readonly trace: string | null
}

/**
 * @param object the event's object in `body`
 * @param where JSON Pointer of the object: '' or `/events/3`
 * @throws PosthornError invalid_request, body_too_large
 */
export function fromEventObject(
  body: Buffer,
  object: ObjectSpan,
  where: string,
  { validator, requestId, trace }: PublishContext,
  idempotencyKey?: string,
): PublishInput {
  if (object.duplicate !== null)
    throw invalid([{ path: where + pointer(object.duplicate), message: 'is given twice' }])
  const wire = readEnvelope(body, object)
  validator.check(EventInput, wire, where)
  const id = eventId(wire, idempotencyKey, where)
  const { data, contentType } = readData(body, object, wire, where)
  const occurredAt = fromInstant(wire.occurred_at)
  const deliverAt = fromInstant(wire.deliver_at)
  return {
    type: wire.event_type,
    requestId,
    ...(trace === null ? {} : { trace }),
    data,
    ...(contentType === undefined ? {} : { contentType }),
    ...(id === undefined ? {} : { id }),
    ...(occurredAt === null ? {} : { occurredAt }),
    ...(deliverAt === null ? {} : { deliverAt }),
  }
}

/** Parses every member but `data`. Without a prototype: a key `__proto__` is an unknown field, nothing else. */
function readEnvelope(body: Buffer, object: ObjectSpan): WireEvent {
  const wire: Record<string, unknown> = Object.create(null)
  for (const [key, { start, end }] of object.members) {
    wire[key] = key === 'data' ? null : JSON.parse(body.toString('utf8', start, end))
  }
  return wire as WireEvent
}

function eventId(wire: WireEvent, idempotencyKey: string | undefined, where: string): string | undefined {
  if (idempotencyKey === undefined || wire.event_id === undefined || wire.event_id === idempotencyKey)
    return wire.event_id ?? idempotencyKey
  throw invalid([
    { path: `${where}/event_id`, message: 'is not the same as the header idempotency-key; send one of them' },
  ])
}

function readData(
  body: Buffer,
  object: ObjectSpan,
  wire: WireEvent,
  where: string,
): { data: Uint8Array; contentType: string | undefined } {
  const span = object.members.get('data')
  const given =
    (span ? 1 : 0) + (wire.data_text === undefined ? 0 : 1) + (wire.data_base64 === undefined ? 0 : 1)
  if (given !== 1) {
    const message =
      given === 0
        ? 'is missing (or data_text, or data_base64)'
        : 'must be the only one of data, data_text and data_base64'
    throw invalid([{ path: `${where}/data`, message }])
  }
  if (span !== undefined) {
    if (wire.content_type !== undefined)
      throw flaw(where, 'content_type', 'is for data_text and data_base64; data is application/json')
    return { data: bounded(cut(body, span), where, 'data'), contentType: undefined }
  }
  if (wire.content_type === undefined)
    throw flaw(where, 'content_type', 'is missing; it goes with data_text and data_base64')
  return { data: otherData(wire, where), contentType: wire.content_type }
}

/** A view where the data is most of the body; else a copy, so that one small event does not hold a batch in memory. */
function cut(body: Buffer, { start, end }: Span): Buffer {
  const view = body.subarray(start, end)
  return view.length * 2 >= body.length ? view : Buffer.from(view)
}

function otherData(wire: WireEvent, where: string): Uint8Array {
  if (wire.data_text !== undefined) {
    if (!wire.data_text.isWellFormed())
      throw flaw(where, 'data_text', 'holds half a surrogate pair, which UTF-8 cannot carry; use data_base64')
    return bounded(Buffer.from(wire.data_text, 'utf8'), where, 'data_text')
  }
  const text = wire.data_base64 ?? ''
  const data = Buffer.from(text, 'base64')
  // Node's decoder skips what is not base64; what it made of the text must read the same.
  if (data.toString('base64') !== text)
    throw flaw(where, 'data_base64', 'must be base64 (RFC 4648 §4, with padding)')
  return bounded(data, where, 'data_base64')
}

function bounded(data: Buffer, where: string, field: string): Buffer {
  if (data.length <= LIMITS.eventDataBytes) return data
  const path = `${where}/${field}`
  throw new PosthornError(
    'body_too_large',
    `${path} is ${data.length} bytes; an event's data may have ${LIMITS.eventDataBytes}.`,
    { flaws: [{ path, message: `must be at most ${LIMITS.eventDataBytes} bytes` }] },
  )
}

function flaw(where: string, field: string, message: string): PosthornError {
  const flaws: Flaw[] = [{ path: `${where}/${field}`, message }]
  return invalid(flaws)
}
