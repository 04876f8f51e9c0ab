import type { HandshakeAnswer, Provider } from '@posthorn/receiver/providers'
import type { RequestId } from '../../domain/ids.ts'
import type { Verdict } from '../../domain/inbound-request.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { errorAnswer, laterAnswer, withRequestId } from './answers.ts'
import type { Turned } from './guard.ts'
import type { InboxSettings } from './inbox-settings.ts'
import type { RequestNotes } from './request-notes.ts'
import { notedRequest, type Visit } from './visit.ts'
import type { InboundAnswer } from './way-in.ts'

/** Answers of ours; for every other reason the provider says how it wants to be refused. */
const ANSWERS: ReadonlyMap<string, InboundAnswer> = new Map([
  ['address_refused', errorAnswer(403, 'forbidden')],
  ['https_required', errorAnswer(403, 'forbidden')],
  ['tenant_mismatch', errorAnswer(403, 'forbidden')],
  ['method_not_allowed', errorAnswer(405, 'method_not_allowed', { allow: 'POST' })],
  ['body_too_large', errorAnswer(413, 'body_too_large')],
  ['schema_mismatch', errorAnswer(422, 'unprocessable')],
  ['event_type_archived', errorAnswer(422, 'unprocessable')],
  ['body_not_bytes', errorAnswer(500, 'verification_failed')],
  ['request_malformed', errorAnswer(500, 'verification_failed')],
  ['crypto_failed', errorAnswer(500, 'verification_failed')],
  // A 401 would make the sender give up on a request that may be good.
  ['key_unavailable', laterAnswer('key_unavailable', 30)],
])

export interface RefusalsParts {
  readonly notes: RequestNotes
  readonly telemetry: Telemetry
}

/** What happens to requests that bring no event: kept, within bounds, told and answered. */
export class Refusals {
  readonly #settings: InboxSettings
  readonly #parts: RefusalsParts

  constructor(settings: InboxSettings, parts: RefusalsParts) {
    this.#settings = settings
    this.#parts = parts
  }

  /** @param answer default: as the reason wants it. @returns the answer, and under which id it is kept */
  refuse(
    visit: Visit,
    reason: string,
    answer: InboundAnswer = answerTo(reason, this.#settings.provider),
  ): { readonly answer: InboundAnswer; readonly id: RequestId | null } {
    const { status } = answer
    const id = this.#keep(visit, 'refused', reason, status)
    const { tenant, id: sourceId } = this.#settings
    const { address } = visit.sender
    this.#parts.telemetry.record({
      ...{ name: 'inbound.refused', tenantId: tenant.id, sourceId, requestId: id, reason, status, address },
    })
    visit.span.end(reason)
    return { answer: withRequestId(answer, id), id }
  }

  turnAway(visit: Visit, turned: Turned): InboundAnswer {
    const answer = turned.reason === 'rate_limited' ? tooMany(turned.rate.limit, turned.waitMs) : undefined
    return this.refuse(visit, turned.reason, answer).answer
  }

  /** A question that was answered; one that was not to be answered counts as refused. */
  handshake(visit: Visit, answer: HandshakeAnswer): InboundAnswer {
    const { status } = answer
    if (status >= 400)
      return this.refuse(visit, status >= 500 ? 'handshake_failed' : 'handshake_refused', answer).answer
    const requestId = this.#keep(visit, 'handshake', null, status)
    const { tenant, id: sourceId } = this.#settings
    this.#parts.telemetry.record({
      ...{ name: 'inbound.handshake', tenantId: tenant.id, sourceId, requestId, status },
    })
    visit.span.end(null)
    return withRequestId(answer, requestId)
  }

  #keep(visit: Visit, verdict: Verdict, reason: string | null, status: number): RequestId | null {
    const { notes } = this.#parts
    if (!notes.mayKeep(this.#settings.id)) return null
    notes.keep(notedRequest(visit, this.#settings, { verdict, reason, status }))
    return visit.id
  }
}

function answerTo(reason: string, { answers }: Provider): InboundAnswer {
  return ANSWERS.get(reason) ?? answers.refusal
}

/** With the fields of draft-ietf-httpapi-ratelimit-headers-03, which most clients know. */
function tooMany(limit: number, waitMs: number): InboundAnswer {
  const seconds = String(Math.max(1, Math.ceil(waitMs / 1000)))
  return errorAnswer(429, 'rate_limited', {
    'retry-after': seconds,
    'ratelimit-limit': String(limit),
    'ratelimit-remaining': '0',
    'ratelimit-reset': seconds,
  })
}
