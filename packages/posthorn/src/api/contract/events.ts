import { LIMITS } from '../../domain/limits.ts'
import { type Operation, PUBLISHERS, READERS, WRITERS } from './operation.ts'
import { IdParams } from './schemas/common.ts'
import { DeliveryPage, EventDeliveriesQuery } from './schemas/delivery.ts'
import {
  BatchHeaders,
  BatchInput,
  BatchResult,
  Event,
  EventInput,
  EventPage,
  EventQuery,
  EventReplayed,
  EventsQuery,
  Published,
  PublishHeaders,
  ReplayEventInput,
} from './schemas/event.ts'

const publish = { tag: 'Events', scopes: PUBLISHERS, tenant: true } as const
const read = { tag: 'Events', scopes: READERS, tenant: true } as const

export const EVENT_OPERATIONS = {
  publishEvent: {
    ...publish,
    summary: 'Publish an event',
    description:
      'When the answer is 202 the event and its deliveries are in the store. The same id with the same content is answered with the first result; with other content it is refused.',
    headers: PublishHeaders,
    body: EventInput,
    responses: { 202: Published },
    errors: ['event_conflict', 'schema_mismatch', 'event_type_archived'],
  },
  publishEvents: {
    ...publish,
    summary: 'Publish up to 500 events',
    description: 'Each event on its own: one that is refused does not hold up the others.',
    headers: BatchHeaders,
    body: BatchInput,
    bodyLimit: LIMITS.batchBodyBytes,
    responses: { 202: BatchResult },
    errors: [],
  },
  listEvents: {
    ...read,
    summary: 'List events',
    query: EventsQuery,
    responses: { 200: EventPage },
    errors: ['cursor_invalid'],
  },
  getEvent: {
    ...read,
    summary: 'Get an event',
    params: IdParams,
    query: EventQuery,
    responses: { 200: Event },
    errors: ['not_found'],
  },
  listEventDeliveries: {
    ...read,
    summary: 'The deliveries of an event',
    params: IdParams,
    query: EventDeliveriesQuery,
    responses: { 200: DeliveryPage },
    errors: ['not_found', 'cursor_invalid'],
  },
  replayEvent: {
    ...publish,
    scopes: WRITERS,
    tag: 'Replays',
    summary: 'Make new deliveries of an old event',
    description: 'To all subscriptions that match now, or to one.',
    params: IdParams,
    query: EventQuery,
    body: ReplayEventInput,
    bodyOptional: true,
    responses: { 202: EventReplayed },
    errors: ['not_found', 'state_conflict'],
  },
} as const satisfies Record<string, Operation>
