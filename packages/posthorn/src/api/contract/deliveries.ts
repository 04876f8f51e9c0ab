import { type Operation, READERS, WRITERS } from './operation.ts'
import { IdParams, PageQuery } from './schemas/common.ts'
import {
  AttemptPage,
  DeliveriesQuery,
  Delivery,
  DeliveryPage,
  Replay,
  ReplayPage,
  RequestBody,
} from './schemas/delivery.ts'

const read = { tag: 'Deliveries', scopes: READERS, tenant: true } as const
const write = { tag: 'Deliveries', scopes: WRITERS, tenant: true } as const

export const DELIVERY_OPERATIONS = {
  listDeliveries: {
    ...read,
    summary: 'List deliveries',
    description: '`state=dead` is the dead-letter list.',
    query: DeliveriesQuery,
    responses: { 200: DeliveryPage },
    errors: ['cursor_invalid'],
  },
  getDelivery: {
    ...read,
    summary: 'Get a delivery',
    params: IdParams,
    responses: { 200: Delivery },
    errors: ['not_found'],
  },
  listAttempts: {
    ...read,
    summary: 'The attempts of a delivery, oldest first',
    params: IdParams,
    query: PageQuery,
    responses: { 200: AttemptPage },
    errors: ['not_found', 'cursor_invalid'],
  },
  getRequestBody: {
    ...read,
    summary: 'The body that the attempts of a delivery send',
    description:
      'Made again from the event, byte for byte; 404 when the event or its inbound request is gone.',
    params: IdParams,
    responses: { 200: RequestBody },
    errors: ['not_found'],
  },
  retryDelivery: {
    ...write,
    summary: 'Attempt a delivery again',
    description: 'Works on `dead`, `cancelled` and `delivered` ones; the schedule starts anew.',
    params: IdParams,
    responses: { 200: Delivery },
    errors: ['not_found', 'state_conflict'],
  },
  cancelDelivery: {
    ...write,
    summary: 'Cancel a pending delivery',
    params: IdParams,
    responses: { 200: Delivery },
    errors: ['not_found', 'state_conflict'],
  },
  listReplays: {
    ...read,
    tag: 'Replays',
    summary: 'List replays',
    query: PageQuery,
    responses: { 200: ReplayPage },
    errors: ['cursor_invalid'],
  },
  getReplay: {
    ...read,
    tag: 'Replays',
    summary: 'How far a replay is',
    params: IdParams,
    responses: { 200: Replay },
    errors: ['not_found'],
  },
  cancelReplay: {
    ...write,
    tag: 'Replays',
    summary: 'Stop a replay',
    description: 'The deliveries it has made stay.',
    params: IdParams,
    responses: { 200: Replay },
    errors: ['not_found', 'state_conflict'],
  },
} as const satisfies Record<string, Operation>
