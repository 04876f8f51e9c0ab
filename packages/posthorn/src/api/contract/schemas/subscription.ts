import { Type } from 'typebox'
import { LIMITS } from '../../../domain/limits.ts'
import { RETRY_PRESETS, type RetryPresetName } from '../../../domain/retry-policy.ts'
import { BODY_FORMATS, SIGNATURE_SCHEMES } from '../../../domain/subscription.ts'
import { fields, Id, Instant, line, named, nullable, Prose } from './common.ts'

const PRESETS = Object.keys(RETRY_PRESETS) as [RetryPresetName, ...RetryPresetName[]]

/** A delay of at most 30 days; 0 is at once. */
const DelayS = Type.Number({ minimum: 0, maximum: 30 * 86_400 })

export const Retry = Type.Union(
  [
    Type.Enum(PRESETS),
    Type.Array(DelayS, { minItems: 0, maxItems: LIMITS.retryDelays }),
    fields({
      base_s: Type.Number({ minimum: 0.001, maximum: 30 * 86_400 }),
      factor: Type.Number({ minimum: 1, maximum: 1000 }),
      max_s: Type.Number({ minimum: 0.001, maximum: 30 * 86_400 }),
      attempts: Type.Integer({ minimum: 1, maximum: LIMITS.retryDelays + 1 }),
    }),
  ],
  {
    title: 'Retry',
    description:
      'When a failed delivery is attempted again: a preset, a list of delays in seconds (fractions allowed), or an exponential curve; `attempts` counts the first one too.',
    'x-expects': `${PRESETS.map((name) => `"${name}"`).join(', ')}, a list of at most ${LIMITS.retryDelays} delays in seconds, or {base_s, factor, max_s, attempts}`,
  },
)

export const RateLimit = fields({
  limit: Type.Integer({ minimum: 1, maximum: 1_000_000 }),
  window_s: Type.Number({ minimum: 0.001, maximum: 86_400 }),
})

const Headers = Type.Record(Type.String(), Type.String({ maxLength: LIMITS.customHeaderBytes }), {
  maxProperties: LIMITS.customHeaders,
  propertyNames: { minLength: 1, maxLength: 200, not: { const: '__proto__' } },
  description:
    'Sent with every attempt. Hop-by-hop, `host`, `content-*`, `webhook-*` and signature headers are refused.',
  'x-expects': `an object of at most ${LIMITS.customHeaders} names with text values`,
})

const name = line(1, LIMITS.nameChars)
const url = Type.String({
  minLength: 1,
  maxLength: LIMITS.urlChars,
  description: 'https, unless the operator allows http.',
})
const events = Type.Array(Type.String({ minLength: 1, maxLength: LIMITS.eventTypeChars }), {
  minItems: 1,
  maxItems: LIMITS.filtersPerSubscription,
  description:
    '`*`, an exact type, or a category: `user.*` matches `user.created` and `user.profile.updated`.',
  examples: [['user.signed_up', 'invoice.*']],
})
const timeout_ms = Type.Integer({
  minimum: 1,
  maximum: LIMITS.timeoutMsMax,
  default: LIMITS.timeoutMsDefault,
  description: 'Deadline of one attempt over DNS, connect, TLS, headers and body together.',
})
const max_in_flight = Type.Integer({
  minimum: 1,
  maximum: LIMITS.maxInFlightMax,
  default: LIMITS.maxInFlightDefault,
})
const on_client_error = Type.Enum(['retry', 'drop'], {
  description: 'What a 4xx answer means, other than 408, 410, 425 and 429.',
})
const format = Type.Enum([...BODY_FORMATS], {
  description:
    'What the body is made of; `received`: an inbound request as it came, headers and bytes, not signed again.',
})

const SourceName = Type.String({ minLength: 1, maxLength: LIMITS.nameChars })
const source = Type.Union(
  [SourceName, Type.Array(SourceName, { minItems: 1, maxItems: LIMITS.filtersPerSubscription }), Type.Null()],
  {
    description:
      'Whose events: ids or slugs of sources, or `*` for all of them; null: what is published over the API.',
    examples: ['github', ['github', 'stripe']],
    'x-expects': 'the id or slug of a source, a list of them, "*", or null',
  },
)

const OwnerEmail = Type.String({
  'x-expects': 'an e-mail address such as ops@example.com',
  minLength: 3,
  maxLength: 254,
  description: 'Hears when the subscription begins to fail, is disabled, recovers.',
})

const changeable = {
  source: Type.Optional(source),
  description: Type.Optional(Prose),
  owner_email: Type.Optional(nullable(OwnerEmail)),
  headers: Type.Optional(Headers),
  timeout_ms: Type.Optional(timeout_ms),
  max_in_flight: Type.Optional(max_in_flight),
  rate_limit: Type.Optional(nullable(RateLimit)),
  retry: Type.Optional(Retry),
  on_client_error: Type.Optional(on_client_error),
  signature: Type.Optional(
    fields({
      scheme: Type.Optional(Type.Enum([...SIGNATURE_SCHEMES])),
      header_prefix: Type.Optional(
        Type.String({
          minLength: 2,
          maxLength: 64,
          description: 'Start of the names of the signature headers; `X-Webhook` by default.',
        }),
      ),
    }),
  ),
  format: Type.Optional(format),
  active: Type.Optional(Type.Boolean()),
}

const SigningSecret = Type.String({
  minLength: 1,
  maxLength: 1024,
  writeOnly: true,
  description: 'An own secret in the form the scheme wants; left out: one is made.',
})

export const SubscriptionInput = named('SubscriptionInput', {
  name,
  url,
  events,
  ...changeable,
  signing_secret: Type.Optional(SigningSecret),
})

export const SubscriptionPatch = Type.Object(
  { name: Type.Optional(name), url: Type.Optional(url), events: Type.Optional(events), ...changeable },
  { title: 'SubscriptionPatch', additionalProperties: false, minProperties: 1 },
)

const shown = {
  id: Id,
  name: Type.String(),
  url: Type.String(),
  source: Type.Union([Type.Array(Type.String()), Type.Null()], {
    description: 'null: what is published over the API.',
  }),
  events: Type.Array(Type.String()),
  description: Type.String(),
  owner_email: nullable(Type.String()),
  headers: Type.Record(Type.String(), Type.String(), {
    description: 'Their values read `[hidden]` for keys and sessions that may only look.',
  }),
  timeout_ms: Type.Integer(),
  max_in_flight: Type.Integer(),
  rate_limit: nullable(RateLimit),
  retry: Retry,
  on_client_error,
  signature: fields({ scheme: Type.Enum([...SIGNATURE_SCHEMES]), header_prefix: Type.String() }),
  format,
  active: Type.Boolean(),
  disabled_reason: Type.Union([Type.Enum(['user', 'gone', 'failing']), Type.Null()], {
    description:
      'Why it is not active: by hand, the target answered 410, or nothing but failures for too long.',
  }),
  failing_since: nullable(Instant),
  secrets: Type.Array(fields({ created_at: Instant, expires_at: nullable(Instant) }), {
    description:
      'The signing secrets in force, newest first; only when they were made and until when they hold.',
  }),
  created_at: Instant,
  updated_at: Instant,
}

export const Subscription = named('Subscription', shown)

const secretShown = {
  signing_secret: Type.String({ description: 'Shown this once.' }),
  public_key: Type.Optional(
    Type.String({ description: 'For `standard-ed25519`: what receivers verify with (`whpk_…`).' }),
  ),
}

export const SubscriptionCreated = named('SubscriptionCreated', { ...shown, ...secretShown })

export const RotateSecret = named('RotateSecret', {
  overlap_s: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: LIMITS.rotationOverlapSMax,
      default: LIMITS.rotationOverlapSDefault,
      description: 'How long the previous secret goes on signing beside the new one.',
    }),
  ),
  signing_secret: Type.Optional(SigningSecret),
})

export const SecretRotated = named('SecretRotated', {
  ...secretShown,
  previous_expires_at: Instant,
  both_signatures: Type.Boolean({
    description: 'false: the scheme has room for one signature, so deliveries carry only the new one.',
  }),
})

export const TestResult = named('TestResult', {
  success: Type.Boolean(),
  status_code: nullable(Type.Integer()),
  response_body: Type.String({ description: 'As text; what is not UTF-8 is replaced by U+FFFD.' }),
  duration_ms: Type.Number(),
  error: nullable(Type.String()),
  delivery_id: Id,
})

export const StatsQuery = fields({
  window_s: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 30 * 86_400,
      default: 86_400,
      description: 'Attempts of the last … seconds.',
    }),
  ),
})

export const Stats = named('SubscriptionStats', {
  window_s: Type.Integer(),
  attempts: Type.Integer({ description: 'In the window.' }),
  succeeded: Type.Integer(),
  failed: Type.Integer(),
  p50_ms: nullable(Type.Number()),
  p90_ms: nullable(Type.Number()),
  p99_ms: nullable(Type.Number()),
  pending: Type.Integer({ description: 'Now, whenever the deliveries were made.' }),
  dead: Type.Integer(),
  oldest_due_at: nullable(Instant),
})
