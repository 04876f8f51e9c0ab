import type { Static } from 'typebox'
import type { RetryPolicy } from '../../domain/retry-policy.ts'
import type { Subscription } from '../../domain/subscription.ts'
import type { SubscriptionInput, SubscriptionPatch, TestResult } from '../../engine/use-cases.ts'
import type { DeliveryStats } from '../../ports/stats.ts'
import type {
  Stats,
  SubscriptionInput as WireInput,
  SubscriptionPatch as WirePatch,
  Retry as WireRetry,
  Subscription as WireSubscription,
  TestResult as WireTestResult,
} from '../contract/schemas/subscription.ts'
import { toInstant, toInstantOrNull } from './instant.ts'
import { showText } from './text.ts'

export function fromSubscriptionInput(wire: Static<typeof WireInput>): SubscriptionInput {
  const { name, url, events, signing_secret: secret } = wire
  return { name, url, events, ...fromChangeable(wire), ...(secret === undefined ? {} : { secret }) }
}

/** Only what was given: an absent field is not a field set to nothing. */
export function fromSubscriptionPatch(wire: Static<typeof WirePatch>): SubscriptionPatch {
  const { name, url, events } = wire
  return {
    ...(name === undefined ? {} : { name }),
    ...(url === undefined ? {} : { url }),
    ...(events === undefined ? {} : { events }),
    ...fromChangeable(wire),
  }
}

function fromChangeable(wire: Static<typeof WirePatch>): SubscriptionPatch {
  const { source, description, headers, timeout_ms, max_in_flight, rate_limit, retry, on_client_error } = wire
  return {
    ...(source === undefined ? {} : { source: typeof source === 'string' ? [source] : source }),
    ...(description === undefined ? {} : { description }),
    ...(wire.owner_email === undefined ? {} : { ownerEmail: wire.owner_email }),
    ...(headers === undefined ? {} : { headers }),
    ...(timeout_ms === undefined ? {} : { timeoutMs: timeout_ms }),
    ...(max_in_flight === undefined ? {} : { maxInFlight: max_in_flight }),
    ...(rate_limit === undefined
      ? {}
      : { rateLimit: rate_limit && { limit: rate_limit.limit, windowS: rate_limit.window_s } }),
    ...(retry === undefined ? {} : { retry: fromRetry(retry) }),
    ...(on_client_error === undefined ? {} : { onClientError: on_client_error }),
    ...(wire.signature === undefined
      ? {}
      : { signature: { scheme: wire.signature.scheme, headerPrefix: wire.signature.header_prefix } }),
    ...(wire.format === undefined ? {} : { format: wire.format }),
    ...(wire.active === undefined ? {} : { active: wire.active }),
  }
}

function fromRetry(wire: Static<typeof WireRetry>): RetryPolicy {
  if (typeof wire === 'string' || Array.isArray(wire)) return wire
  return { baseS: wire.base_s, factor: wire.factor, maxS: wire.max_s, attempts: wire.attempts }
}

function toRetry(retry: RetryPolicy): Static<typeof WireRetry> {
  if (typeof retry === 'string') return retry
  if ('baseS' in retry)
    return { base_s: retry.baseS, factor: retry.factor, max_s: retry.maxS, attempts: retry.attempts }
  return [...retry]
}

const HIDDEN = '[hidden]'

/**
 * Never with a secret.
 * @param looking for somebody who may only look: values of headers are often keys to the target
 */
export function toSubscription(subscription: Subscription, looking = false): Static<typeof WireSubscription> {
  const { rateLimit } = subscription
  return {
    id: subscription.id,
    name: subscription.name,
    url: subscription.url,
    source: subscription.source && [...subscription.source],
    events: [...subscription.events],
    description: subscription.description,
    owner_email: subscription.ownerEmail,
    headers: looking ? hidden(subscription.headers) : subscription.headers,
    timeout_ms: subscription.timeoutMs,
    max_in_flight: subscription.maxInFlight,
    rate_limit: rateLimit && { limit: rateLimit.limit, window_s: rateLimit.windowS },
    retry: toRetry(subscription.retry),
    on_client_error: subscription.onClientError,
    signature: { scheme: subscription.signature.scheme, header_prefix: subscription.signature.headerPrefix },
    format: subscription.format,
    active: subscription.active,
    disabled_reason: subscription.disabledReason,
    failing_since: toInstantOrNull(subscription.failingSince),
    secrets: subscription.secrets.map(({ createdAt, expiresAt }) => ({
      created_at: toInstant(createdAt),
      expires_at: toInstantOrNull(expiresAt),
    })),
    created_at: toInstant(subscription.createdAt),
    updated_at: toInstant(subscription.updatedAt),
  }
}

function hidden(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(headers).map((name) => [name, HIDDEN]))
}

export function toTestResult(result: TestResult): Static<typeof WireTestResult> {
  return {
    success: result.success,
    status_code: result.statusCode,
    response_body: showText(result.responseBody).text,
    duration_ms: result.durationMs,
    error: result.error,
    delivery_id: result.deliveryId,
  }
}

export function toStats(windowS: number, stats: DeliveryStats): Static<typeof Stats> {
  return {
    window_s: windowS,
    attempts: stats.attempts,
    succeeded: stats.succeeded,
    failed: stats.failed,
    p50_ms: stats.p50Ms,
    p90_ms: stats.p90Ms,
    p99_ms: stats.p99Ms,
    pending: stats.pending,
    dead: stats.dead,
    oldest_due_at: toInstantOrNull(stats.oldestDueAt),
  }
}
