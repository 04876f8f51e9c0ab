/**
 * @module posthorn
 * Posthorn inside an application: send webhooks to your customers, and take those of your providers, on one embedded
 * store.
 *
 * @example
 * const posthorn = await createPosthorn({ dataDir: '.posthorn' })
 * const shop = posthorn.source<MyEvents>('shop', { provider: 'stripe', secrets: [process.env.STRIPE_WEBHOOK_SECRET] })
 * shop.on('invoice.*', async ({ data }, { signal }) => book(data, signal))
 * app.post('/webhooks/stripe', expressAdapter(shop))
 * await posthorn.start()
 * await posthorn.publish({ type: 'user.signed_up', data: { id: 7 } })
 */
export type { Attempt, Delivery, DeliveryState, Outcome } from './domain/delivery.ts'
export { type ErrorCode, type Flaw, isPosthornError, PosthornError } from './domain/error.ts'
export type { StoredEvent } from './domain/event.ts'
export type { ApiKey, EventType, KeyScope, Replay, Tenant } from './domain/records.ts'
export type { RetryPolicy } from './domain/retry-policy.ts'
export type { BodyFormat, RateLimit, SignatureSchemeName, Subscription } from './domain/subscription.ts'
export type { FittingEvent, PatternOf } from './engine/handle/event-map.ts'
export type { HandledEvent } from './engine/handle/handled-event.ts'
export type { HandlerContext, HandlerFunction } from './engine/handle/handler-context.ts'
export type { HandlerOptions } from './engine/handle/handler-options.ts'
export type { StandardSchema } from './engine/handle/standard-schema.ts'
export type {
  Page,
  PageRequest,
  Published,
  SubscriptionInput,
  SubscriptionPatch,
  UseCases,
} from './engine/use-cases.ts'
export {
  createPosthorn,
  type LibraryEvent,
  type LibraryOptions,
  type Posthorn,
  type PublishOptions,
} from './library/posthorn.ts'
export type { SourceHandle } from './library/source-handle.ts'
export type { SourceInbox } from './library/source-inbox.ts'
export type { SourceOptions } from './library/source-options.ts'
export type { ApplicationTransaction, PgTransaction } from './ports/application-sql.ts'
export type { Logger } from './ports/logger.ts'
export type { Role } from './ports/peers.ts'
export type { Queue, Wake, WakeUp } from './ports/queue.ts'
export type { Happening, Telemetry } from './ports/telemetry.ts'
export type { SqlChanges, SqlParams, SqlRow, SqlValue, Transaction } from './ports/transactions.ts'
