/** Requests to sources, as they came. */
import { Type } from 'typebox'
import { VERDICTS } from '../../../domain/inbound-request.ts'
import { fields, Id, Instant, named, nullable, page, pageQuery } from './common.ts'

const Verdict = Type.Enum([...VERDICTS], {
  description:
    '`accepted`: a new event; `duplicate`: nothing new; `redelivered`: nothing new, delivered again as was asked for; `refused`; `handshake`: a question, answered.',
})

const listed = {
  id: Id,
  received_at: Instant,
  method: Type.String(),
  url: Type.String({ description: 'Path and query as the sender wrote them.' }),
  address: Type.Union([Type.String(), Type.Null()], {
    description: 'Of the sender, behind trusted proxies only; null: not known.',
  }),
  verdict: Verdict,
  reason: Type.Union([Type.String(), Type.Null()], { description: 'Why it was refused; null: it was not.' }),
  status: Type.Integer({ description: 'What it was answered.' }),
  secret_index: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Which secret of the source fitted, 0 for the current one; null: none.',
  }),
  event_ids: Type.Array(Type.String(), { description: 'Of the events it brought, the first 100.' }),
}

export const InboundRequestPage = page(named('ListedInboundRequest', listed))

export const InboundRequest = named('InboundRequest', {
  ...listed,
  headers: Type.Array(fields({ name: Type.String(), value: Type.String() }), {
    description: 'In their order, names in lower case; credentials are hidden.',
  }),
  body_bytes: Type.Union([Type.Integer(), Type.Null()], {
    description: 'The size of the body; null: it was not kept.',
  }),
  body_text: Type.Optional(Type.String({ description: 'The body, when it is text.' })),
  body_base64: Type.Optional(Type.String({ description: 'The body, when it is other bytes.' })),
})

export const RequestParams = fields({ id: Id, request_id: Id })

export const RequestsQuery = fields({ verdict: Type.Optional(Verdict), ...pageQuery })

export const Reverified = named('Reverified', {
  ok: Type.Boolean({ description: 'Whether it fits as of its receipt, with the source as it is now.' }),
  reason: nullable(Type.String()),
  detail: nullable(Type.String()),
  diagnoses: Type.Array(
    fields({
      cause: Type.String({ description: 'A known mistake without which the signature would have fitted.' }),
      detail: Type.String(),
      remedy: Type.String({ description: 'What to do.' }),
    }),
  ),
})

export const ReplayRequestInput = named(
  'ReplayRequestInput',
  {
    body_text: Type.Optional(Type.String({ description: 'Replaces the body: text, as UTF-8.' })),
    body_base64: Type.Optional(Type.String({ description: 'Replaces the body: any bytes.' })),
    headers: Type.Optional(
      Type.Record(Type.String(), nullable(Type.String({ maxLength: 8192 })), {
        maxProperties: 100,
        propertyNames: { pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$", not: { const: '__proto__' } },
        description: 'By name; null takes the header away.',
        'x-expects': 'an object of header names with texts, or null to take one away',
      }),
    ),
    unverified: Type.Optional(
      Type.Boolean({ description: 'Take it in although its signature does not fit, by your word.' }),
    ),
  },
  'At most one of `body_text` and `body_base64`.',
)

export const RequestReplayed = named('RequestReplayed', {
  request_id: Id,
  event_ids: Type.Array(Type.String()),
  deliveries: Type.Integer({ description: 'How many were made.' }),
})
