import { Type } from 'typebox'
import { DELIVERY_STATES, OUTCOMES } from '../../../domain/delivery.ts'
import { LIMITS } from '../../../domain/limits.ts'
import { REPLAY_STATES } from '../../../domain/records.ts'
import { EventSource, fields, Id, Instant, named, nullable, page, pageQuery } from './common.ts'

const State = Type.Enum([...DELIVERY_STATES])
const EventTypeFilter = Type.String({
  minLength: 1,
  maxLength: LIMITS.eventTypeChars,
  description: '`*`, exact, or `user.*`.',
})

export const Delivery = named('Delivery', {
  id: Id,
  event_id: Type.String(),
  event_type: Type.String(),
  subscription_id: nullable(Id),
  handler: Type.Union([Type.String(), Type.Null()], {
    description: 'When it is for a function in the process.',
  }),
  state: State,
  due_at: Instant,
  next_attempt_at: Type.Union([Instant, Type.Null()], { description: 'null unless it is pending.' }),
  attempts: Type.Integer(),
  created_at: Instant,
  finished_at: nullable(Instant),
  last_status_code: nullable(Type.Integer()),
  last_error: nullable(Type.String()),
  replay_id: nullable(Id),
})

export const DeliveryPage = page(Delivery)

const narrowing = {
  state: Type.Optional(State),
  event_type: Type.Optional(EventTypeFilter),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
}

export const DeliveriesQuery = fields({
  ...narrowing,
  subscription_id: Type.Optional(Id),
  event_id: Type.Optional(Id),
  source: EventSource,
  ...pageQuery,
})
export const SubscriptionDeliveriesQuery = fields({ ...narrowing, ...pageQuery })
export const EventDeliveriesQuery = fields({
  source: EventSource,
  state: Type.Optional(State),
  ...pageQuery,
})

const shownHeaders = {
  headers: Type.Array(fields({ name: Type.String(), value: nullable(Type.String()) }), {
    description: 'In their order, names in lower case. A value that is null is hidden.',
  }),
  headers_omitted: Type.Integer({ description: 'How many more there were: 8 KiB are kept.' }),
}

export const Attempt = named('Attempt', {
  id: Id,
  number: Type.Integer({ description: '1 for the first.' }),
  started_at: Instant,
  duration_ms: Type.Number(),
  outcome: Type.Enum([...OUTCOMES]),
  status_code: nullable(Type.Integer()),
  error: nullable(fields({ code: Type.String(), detail: Type.String() })),
  response_body: Type.String({
    description: 'The first 16 KiB as text; NUL and what is not UTF-8 are replaced by U+FFFD.',
  }),
  response_base64: Type.Union([Type.String(), Type.Null()], {
    description: 'The very bytes, when the text does not show them faithfully.',
  }),
  response_truncated: Type.Boolean(),
  request: Type.Union([fields({ url: Type.String(), ...shownHeaders }), Type.Null()], {
    description:
      "What was sent, the signature as it was; the body is that of `GET /deliveries/{id}/request-body`. Values of the subscription's own headers and of credentials are hidden. null: nothing was sent.",
  }),
  response: Type.Union([fields(shownHeaders), Type.Null()], {
    description: 'Headers of the answer; cookies are hidden. null: no answer came.',
  }),
})

export const RequestBody = named('RequestBody', {
  content_type: Type.String(),
  bytes: Type.Integer(),
  body: Type.String({ description: 'As text; NUL and what is not UTF-8 are replaced by U+FFFD.' }),
  body_base64: Type.Union([Type.String(), Type.Null()], {
    description: 'The very bytes, when the text does not show them faithfully.',
  }),
})

export const AttemptPage = page(Attempt)

export const ReplayInput = named('ReplayInput', {
  since: Instant,
  until: Type.Optional(Instant),
  states: Type.Optional(
    Type.Array(State, {
      minItems: 1,
      maxItems: DELIVERY_STATES.length,
      uniqueItems: true,
      description: 'Only events whose last delivery to the subscription is in one of these.',
    }),
  ),
  event_types: Type.Optional(
    Type.Array(EventTypeFilter, { minItems: 1, maxItems: LIMITS.filtersPerSubscription }),
  ),
  dry_run: Type.Optional(Type.Boolean({ description: 'Only tell for how many events it would be.' })),
})

export const ReplayPreview = named('ReplayPreview', {
  events: Type.Integer({ description: 'For how many deliveries would be made now.' }),
  complete: Type.Boolean({ description: 'false: only the first 50,000 of the span were looked at.' }),
})

export const ReplayStarted = named('ReplayStarted', { replay_id: Id })

export const Replay = named('Replay', {
  id: Id,
  subscription_id: Id,
  since: Instant,
  until: Instant,
  states: nullable(Type.Array(State)),
  event_types: nullable(Type.Array(Type.String())),
  state: Type.Enum([...REPLAY_STATES]),
  created: Type.Integer({ description: 'New deliveries made so far.' }),
  scanned: Type.Integer({ description: 'Events looked at so far.' }),
  created_at: Instant,
  finished_at: nullable(Instant),
})

export const ReplayPage = page(Replay)
