import { type Operation, READERS, WRITERS } from './operation.ts'
import { IdParams, PageQuery, page } from './schemas/common.ts'
import {
  DeliveryPage,
  ReplayInput,
  ReplayPreview,
  ReplayStarted,
  SubscriptionDeliveriesQuery,
} from './schemas/delivery.ts'
import {
  RotateSecret,
  SecretRotated,
  Stats,
  StatsQuery,
  Subscription,
  SubscriptionCreated,
  SubscriptionInput,
  SubscriptionPatch,
  TestResult,
} from './schemas/subscription.ts'

const read = { tag: 'Subscriptions', scopes: READERS, tenant: true } as const
const write = { tag: 'Subscriptions', scopes: WRITERS, tenant: true } as const

export const SUBSCRIPTION_OPERATIONS = {
  createSubscription: {
    ...write,
    summary: 'Create a subscription',
    description: 'The answer holds the signing secret, this once.',
    body: SubscriptionInput,
    responses: { 201: SubscriptionCreated },
    errors: ['url_refused', 'header_refused', 'secret_refused'],
  },
  listSubscriptions: {
    ...read,
    summary: 'List subscriptions',
    query: PageQuery,
    responses: { 200: page(Subscription) },
    errors: ['cursor_invalid'],
  },
  getSubscription: {
    ...read,
    summary: 'Get a subscription',
    params: IdParams,
    responses: { 200: Subscription },
    errors: ['not_found'],
  },
  updateSubscription: {
    ...write,
    summary: 'Change a subscription',
    description: 'Changes only the fields that are given.',
    params: IdParams,
    body: SubscriptionPatch,
    responses: { 200: Subscription },
    errors: ['not_found', 'url_refused', 'header_refused', 'secret_refused', 'changed_meanwhile'],
  },
  deleteSubscription: {
    ...write,
    summary: 'Delete a subscription',
    description: 'What still waits for it is cancelled.',
    params: IdParams,
    responses: { 204: null },
    errors: ['not_found', 'changed_meanwhile'],
  },
  rotateSubscriptionSecret: {
    ...write,
    summary: 'Replace the signing secret',
    description:
      'Until `previous_expires_at` every delivery carries both signatures, where the scheme has room for two.',
    params: IdParams,
    body: RotateSecret,
    bodyOptional: true,
    responses: { 200: SecretRotated },
    errors: ['not_found', 'secret_refused', 'state_conflict', 'changed_meanwhile'],
  },
  testSubscription: {
    ...write,
    summary: 'Send a test event now',
    description: '`test.ping` with `data.test = true`, once; works on an inactive subscription too.',
    params: IdParams,
    responses: { 200: TestResult },
    errors: ['not_found'],
  },
  enableSubscription: {
    ...write,
    summary: 'Enable a subscription',
    params: IdParams,
    responses: { 200: Subscription },
    errors: ['not_found', 'changed_meanwhile'],
  },
  disableSubscription: {
    ...write,
    summary: 'Disable a subscription',
    params: IdParams,
    responses: { 200: Subscription },
    errors: ['not_found', 'changed_meanwhile'],
  },
  listSubscriptionDeliveries: {
    ...read,
    summary: 'The delivery feed of a subscription',
    params: IdParams,
    query: SubscriptionDeliveriesQuery,
    responses: { 200: DeliveryPage },
    errors: ['not_found', 'cursor_invalid'],
  },
  getSubscriptionStats: {
    ...read,
    summary: 'Counts and latency percentiles',
    params: IdParams,
    query: StatsQuery,
    responses: { 200: Stats },
    errors: ['not_found'],
  },
  replaySubscription: {
    ...write,
    tag: 'Replays',
    summary: 'Replay old events to a subscription',
    description: 'Goes on in the background and survives a restart; `GET /replays/{id}` tells how far it is.',
    params: IdParams,
    body: ReplayInput,
    responses: { 200: ReplayPreview, 202: ReplayStarted },
    errors: ['not_found', 'state_conflict'],
  },
} as const satisfies Record<string, Operation>
