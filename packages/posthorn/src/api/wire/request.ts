import { isUtf8 } from 'node:buffer'
import type { Static } from 'typebox'
import type { InboundRequest } from '../../domain/inbound-request.ts'
import type { RequestEdits, Reverified } from '../../engine/receive/use-cases.ts'
import type {
  ReplayRequestInput,
  InboundRequest as WireRequest,
  Reverified as WireReverified,
} from '../contract/schemas/request.ts'
import { invalid } from '../http/validation.ts'
import { toInstant } from './instant.ts'
import { asBuffer } from './text.ts'

type Shown = Static<typeof WireRequest>
type Listed = Omit<Shown, 'headers' | 'body_bytes' | 'body_text' | 'body_base64'>

export function toListedRequest(request: InboundRequest): Listed {
  return {
    id: request.id,
    received_at: toInstant(request.receivedAt),
    method: request.method,
    url: request.url,
    address: request.address,
    verdict: request.verdict,
    reason: request.reason,
    status: request.status,
    secret_index: request.secretIndex,
    event_ids: [...request.eventIds],
  }
}

/** Text is what reads back as the same bytes, a byte order mark and NUL included: it can be edited and replayed. */
export function toRequest(request: InboundRequest): Shown {
  const body = request.body === null ? null : asBuffer(request.body)
  return {
    ...toListedRequest(request),
    headers: request.headers.map(([name, value]) => ({ name, value })),
    body_bytes: body === null ? null : body.length,
    ...(body === null
      ? {}
      : isUtf8(body)
        ? { body_text: body.toString('utf8') }
        : { body_base64: body.toString('base64') }),
  }
}

/** @throws PosthornError invalid_request */
export function fromReplayInput(wire: Static<typeof ReplayRequestInput>): RequestEdits {
  const body = editedBody(wire)
  return {
    ...(body === undefined ? {} : { body }),
    ...(wire.headers === undefined ? {} : { headers: wire.headers }),
    ...(wire.unverified === undefined ? {} : { unverified: wire.unverified }),
  }
}

function editedBody(wire: Static<typeof ReplayRequestInput>): Uint8Array | undefined {
  const { body_text: text, body_base64: base64 } = wire
  if (text !== undefined && base64 !== undefined)
    throw invalid([{ path: '/body_base64', message: 'excludes body_text' }])
  if (text !== undefined) {
    if (text.isWellFormed()) return Buffer.from(text, 'utf8')
    const message = 'holds half a surrogate pair, which UTF-8 cannot carry; use body_base64'
    throw invalid([{ path: '/body_text', message }])
  }
  if (base64 === undefined) return undefined
  const bytes = Buffer.from(base64, 'base64')
  // Node's decoder skips what is not base64; what it made of the text must read the same.
  if (bytes.toString('base64') === base64) return bytes
  throw invalid([{ path: '/body_base64', message: 'must be base64 (RFC 4648 §4, with padding)' }])
}

export function toReverified({ ok, reason, detail, diagnoses }: Reverified): Static<typeof WireReverified> {
  return { ok, reason, detail, diagnoses: diagnoses.map((one) => ({ ...one })) }
}
