import type { Static } from 'typebox'
import type { Attempt, Delivery } from '../../domain/delivery.ts'
import { readExchange, type ShownHeaders } from '../../domain/exchange.ts'
import type { Replay } from '../../domain/records.ts'
import type { RequestBody } from '../../engine/use-cases.ts'
import type {
  Attempt as WireAttempt,
  Delivery as WireDelivery,
  Replay as WireReplay,
  RequestBody as WireRequestBody,
} from '../contract/schemas/delivery.ts'
import { toInstant, toInstantOrNull } from './instant.ts'
import { asBuffer, showText } from './text.ts'

const HANDLER_PREFIX = 'hdl_'

export function toDelivery(delivery: Delivery): Static<typeof WireDelivery> {
  const { targetId } = delivery
  const toHandler = targetId.startsWith(HANDLER_PREFIX)
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    subscription_id: toHandler ? null : targetId,
    handler: toHandler ? targetId.slice(HANDLER_PREFIX.length) : null,
    state: delivery.state,
    due_at: toInstant(delivery.dueAt),
    next_attempt_at: delivery.state === 'pending' ? toInstant(delivery.dueAt) : null,
    attempts: delivery.attempts,
    created_at: toInstant(delivery.createdAt),
    finished_at: toInstantOrNull(delivery.finishedAt),
    last_status_code: delivery.lastStatusCode,
    last_error: delivery.lastError,
    replay_id: delivery.replayId,
  }
}

export function toAttempt(attempt: Attempt): Static<typeof WireAttempt> {
  const { text, faithful } = showText(attempt.responseBody)
  return {
    id: attempt.id,
    number: attempt.number,
    started_at: toInstant(attempt.startedAt),
    duration_ms: attempt.durationMs,
    outcome: attempt.outcome,
    status_code: attempt.statusCode,
    error: attempt.errorCode === null ? null : { code: attempt.errorCode, detail: attempt.errorDetail ?? '' },
    response_body: text,
    response_base64: faithful ? null : asBuffer(attempt.responseBody).toString('base64'),
    response_truncated: attempt.responseTruncated,
    ...toExchange(attempt),
  }
}

function toExchange(attempt: Attempt): Pick<Static<typeof WireAttempt>, 'request' | 'response'> {
  if (attempt.exchange === null) return { request: null, response: null }
  const { request, response } = readExchange(attempt.exchange, attempt)
  return {
    request: { url: request.url, ...toHeaders(request) },
    response: response && toHeaders(response),
  }
}

function toHeaders({ headers, omitted }: ShownHeaders) {
  return { headers: headers.map(([name, value]) => ({ name, value })), headers_omitted: omitted }
}

export function toRequestBody({ contentType, body }: RequestBody): Static<typeof WireRequestBody> {
  const { text, faithful } = showText(body)
  return {
    content_type: contentType,
    bytes: body.length,
    body: text,
    body_base64: faithful ? null : asBuffer(body).toString('base64'),
  }
}

export function toReplay(replay: Replay): Static<typeof WireReplay> {
  return {
    id: replay.id,
    subscription_id: replay.subscriptionId,
    since: toInstant(replay.since),
    until: toInstant(replay.until),
    states: replay.states && [...replay.states],
    event_types: replay.eventTypes && [...replay.eventTypes],
    state: replay.state,
    created: replay.created,
    scanned: replay.scanned,
    created_at: toInstant(replay.createdAt),
    finished_at: toInstantOrNull(replay.finishedAt),
  }
}
