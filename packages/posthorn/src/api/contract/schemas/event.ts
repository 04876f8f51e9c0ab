import { Type } from 'typebox'
import { LIMITS } from '../../../domain/limits.ts'
import {
  EventSource,
  fields,
  Id,
  Instant,
  line,
  named,
  nullable,
  Problem,
  page,
  pageQuery,
} from './common.ts'

const EventId = Type.String({
  minLength: 1,
  maxLength: LIMITS.eventIdChars,
  description: 'The idempotency key: the same id with the same content is the same event.',
})

export const EventInput = named(
  'EventInput',
  {
    event_type: Type.String({ minLength: 1, maxLength: LIMITS.eventTypeChars, examples: ['user.signed_up'] }),
    data: Type.Optional(
      Type.Unknown({
        description: `Any JSON of at most ${LIMITS.eventDataBytes} bytes; kept byte for byte.`,
      }),
    ),
    data_text: Type.Optional(Type.String({ description: 'Instead of `data`: text, sent as UTF-8.' })),
    data_base64: Type.Optional(Type.String({ description: 'Instead of `data`: any bytes.' })),
    content_type: Type.Optional(
      Type.String({
        maxLength: 255,
        pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+[ -~]*$",
        description: 'Needed with `data_text` and `data_base64`.',
        'x-expects': 'a media type such as text/plain',
      }),
    ),
    event_id: Type.Optional(EventId),
    occurred_at: Type.Optional(Instant),
    deliver_at: Type.Optional(Instant),
  },
  'Exactly one of `data`, `data_text` and `data_base64`.',
)

const traceparent = Type.Optional(
  Type.String({ description: 'W3C Trace Context: the deliveries become part of the trace.' }),
)

export const PublishHeaders = fields({
  'idempotency-key': Type.Optional(Type.String({ minLength: 1, maxLength: LIMITS.eventIdChars })),
  traceparent,
})

export const BatchHeaders = fields({ traceparent })

export const Published = named('Published', {
  event_id: Type.String(),
  deliveries: Type.Integer({ description: 'How many deliveries the event has.' }),
  duplicate: Type.Boolean({ description: 'true: it was published before; this is the first result.' }),
})

export const BatchInput = named('BatchInput', {
  events: Type.Array(EventInput, { minItems: 1, maxItems: LIMITS.batchEvents }),
})

export const BatchResult = named('BatchResult', {
  results: Type.Array(Type.Union([Published, Problem]), {
    description: 'In the order of the request: what was published, or why it was refused.',
  }),
})

const shown = {
  event_id: Type.String(),
  event_type: Type.String(),
  source: Type.Union([Type.String(), Type.Null()], { description: 'null: published over the API.' }),
  request_id: Type.Union([Type.String(), Type.Null()], { description: 'The request that brought it.' }),
  content_type: Type.String(),
  occurred_at: Instant,
  received_at: Instant,
  data_bytes: Type.Integer({ description: 'The size of the data.' }),
  data: Type.Optional(Type.Unknown({ description: 'When it is JSON: the text that was published.' })),
  data_text: Type.Optional(Type.String({ description: 'When it is other text.' })),
  data_base64: Type.Optional(Type.String({ description: 'When it is other bytes.' })),
}

export const Event = named('Event', shown)

const ListedEvent = named('ListedEvent', {
  ...shown,
  data_omitted: Type.Boolean({
    description: 'true: the data is larger than a list shows; get the event by its id.',
  }),
})

export const EventPage = fields({
  ...page(ListedEvent).properties,
  searched_until: Type.Optional(
    Type.Union([Instant, Type.Null()], {
      description:
        'With `text`: events received before this were not looked at, go on with `next_cursor`; null: all were.',
    }),
  ),
})

export const EventsQuery = fields({
  event_type: Type.Optional(
    Type.String({ minLength: 1, maxLength: LIMITS.eventTypeChars, description: '`*`, exact, or `user.*`.' }),
  ),
  source: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'Id or slug of a source.' })),
  since: Type.Optional(Instant),
  until: Type.Optional(Instant),
  text: Type.Optional(
    line(
      2,
      200,
      'Only those whose data has this text, as it was published, byte for byte. A page takes a second at most, and may be empty.',
    ),
  ),
  ...pageQuery,
})

export const EventQuery = fields({ source: EventSource })

export const ReplayEventInput = named('ReplayEventInput', {
  subscription_id: Type.Optional(nullable(Id)),
})

export const EventReplayed = named('EventReplayed', {
  event_id: Type.String(),
  deliveries: Type.Integer({ description: 'How many new deliveries were made.' }),
  delivery_ids: Type.Array(Id),
})
