import { Type } from 'typebox'
import { BULK_ACTIONS, BULK_RESULTS, BULK_STATES } from '../../../domain/bulk.ts'
import { LIMITS } from '../../../domain/limits.ts'
import { fields, Id, Instant, line, named, nullable, page } from './common.ts'

const Count = Type.Integer({ minimum: 0 })
const Rate = Type.Union([Type.Number(), Type.Null()], { description: '0 to 1; null without attempts.' })
const Part = fields({ kind: Type.String(), ready: Type.Boolean() })

export const OverviewQuery = fields({
  window_s: Type.Optional(
    Type.Integer({ minimum: 60, maximum: 86_400, default: 3600, description: 'How far back, in seconds.' }),
  ),
})

export const Overview = named('Overview', {
  from: Instant,
  to: Instant,
  step_s: Count,
  series: Type.Array(
    fields({
      at: Instant,
      events: Count,
      delivered: Type.Integer({ description: 'Attempts that succeeded.' }),
      failed: Type.Integer({ description: 'Attempts that did not.' }),
      p50_ms: Type.Union([Type.Number(), Type.Null()], {
        description: 'Duration of attempts, to within 5 %; null without attempts.',
      }),
      p99_ms: nullable(Type.Number()),
    }),
  ),
  success_rate: Rate,
  oldest_due_s: Type.Union([Type.Number(), Type.Null()], {
    description: 'For how long the oldest waiting delivery has been due; null: nothing waits.',
  }),
  waiting: Type.Integer({ description: 'Counted up to 10,000, like the next two.' }),
  retrying: Count,
  dead: Count,
  event_types: Type.Array(fields({ event_type: Type.String(), events: Count })),
  failing: Type.Array(
    fields({
      subscription_id: Id,
      name: Type.String(),
      url: Type.String(),
      active: Type.Boolean(),
      failing_since: Type.Union([Instant, Type.Null()], {
        description: 'The first failure since the last success; null: the last attempt has succeeded.',
      }),
      cause: nullable(Type.String()),
      status_code: Type.Union([Type.Integer(), Type.Null()], {
        description: 'What the newest delivery that failed was answered; null: no answer came.',
      }),
      failed: Type.Integer({ description: 'Attempts within the window.' }),
      dead: Count,
      success_rate: Rate,
    }),
    { description: 'Worst first, at most 20.' },
  ),
  processes: Type.Array(
    fields({
      id: Type.String(),
      name: Type.String({ description: 'Host and process id.' }),
      role: Type.String(),
      version: Type.String(),
      started_at: Instant,
      seen_at: Instant,
    }),
    { description: "Of the server; empty with a tenant's key." },
  ),
  store: Part,
  queue: Part,
})

export const SearchQuery = fields({ q: line(1, 200, 'An id, or the beginning of a name.') })

export const SearchResult = named('SearchResult', {
  data: Type.Array(
    fields({
      kind: Type.Enum([
        ...['event', 'delivery', 'subscription', 'source', 'request', 'event_type', 'replay', 'bulk'],
      ] as ['event', 'delivery', 'subscription', 'source', 'request', 'event_type', 'replay', 'bulk']),
      id: Type.String(),
      name: Type.String({ description: 'Of an event and a delivery: the event type.' }),
      source: Type.Union([Type.String(), Type.Null()], {
        description: 'Of an event and a request: the id of its source; null: published over the API.',
      }),
    }),
  ),
})

export const LiveQuery = fields({
  topics: Type.Optional(
    Type.String({
      pattern: '^(deliveries|events|overview|changes)(,(deliveries|events|overview|changes))*$',
      'x-expects': 'some of deliveries, events, overview, changes, with commas between',
      default: 'deliveries',
    }),
  ),
  subscription_id: Type.Optional(Id),
})

export const LiveHeaders = fields({
  'last-event-id': Type.Optional(
    Type.String({
      pattern: '^\\d{1,15}$',
      'x-expects': 'the id of the last message',
      description: 'What has happened since that message comes first.',
    }),
  ),
})

export const DeadLetters = named('DeadLetters', {
  data: Type.Array(
    fields({
      cause: Type.String({ description: '`last_error` of the deliveries.' }),
      status_codes: Type.Array(fields({ status_code: Type.Integer(), count: Count }), {
        description: 'What they were answered at last, the most frequent first; empty: no answer came.',
      }),
      subscription_id: nullable(Id),
      handler: nullable(Type.String()),
      count: Count,
      oldest_at: Instant,
      newest_at: Instant,
      sample_delivery_id: Id,
    }),
    { description: 'The largest first.' },
  ),
  complete: Type.Boolean({ description: 'false: only the newest 10,000 were looked at.' }),
})

const Cause = Type.String({ minLength: 1, maxLength: 500 })
const EventTypeFilter = Type.String({ minLength: 1, maxLength: LIMITS.eventTypeChars })

export const BulkInput = named(
  'BulkInput',
  {
    action: Type.Enum([...BULK_ACTIONS], {
      description:
        '`retry`: attempt them again; `drop`: cancel them, so that they are dead letters no longer.',
    }),
    ids: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 1000 })),
    filter: Type.Optional(
      fields({
        state: Type.Optional(Type.Enum(['dead'])),
        subscription_id: Type.Optional(Id),
        event_type: Type.Optional(EventTypeFilter),
        cause: Type.Optional(Cause),
        since: Type.Optional(Instant),
        until: Type.Optional(Instant),
      }),
    ),
  },
  'Either `ids` or `filter`; `{}` as the filter is all dead letters there are now.',
)

export const BulkStarted = named('BulkStarted', { bulk_id: Id, matched: Count })

export const Bulk = named('Bulk', {
  id: Id,
  action: Type.Enum([...BULK_ACTIONS]),
  filter: nullable(
    fields({
      subscription_id: nullable(Id),
      event_type: nullable(Type.String()),
      cause: nullable(Type.String()),
      since: nullable(Instant),
      until: Instant,
    }),
  ),
  state: Type.Enum([...BULK_STATES]),
  matched: Type.Integer({ description: 'When it was begun; of a filter counted up to 10,000.' }),
  done: Type.Integer({ description: 'Deliveries it has come to.' }),
  changed: Type.Integer({ description: 'Of these, those it has changed; why not the others: its items.' }),
  created_at: Instant,
  finished_at: nullable(Instant),
})

export const BulkPage = page(Bulk)

export const BulkItemPage = page(
  named('BulkItem', {
    delivery_id: Id,
    result: Type.Enum([...BULK_RESULTS], {
      description: '`state_conflict`: it was no dead letter any more.',
    }),
  }),
)
