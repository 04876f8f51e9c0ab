/** Sources: who may send here, and how it signs. */
import { Type } from 'typebox'
import { LIMITS } from '../../../domain/limits.ts'
import { fields, Id, Instant, line, named, nullable, Prose } from './common.ts'
import { RateLimit } from './subscription.ts'

const Text = (most: number) => Type.String({ minLength: 1, maxLength: most })

const slug = Type.String({
  pattern: '^(?!src_)[a-z0-9][a-z0-9_-]{0,62}$',
  description: 'Never changed: subscriptions and handlers may name the source by it.',
  'x-expects': 'a slug of 1 to 63 small letters, digits, hyphens and underscores, not beginning with src_',
})
const provider = line(1, LIMITS.nameChars, 'A preset, see `GET /providers`. Exactly one of it and `scheme`.')
const scheme = Type.Record(Type.String(), Type.Unknown(), {
  description: 'A scheme of your own, as data: `{ name, header, signed, algorithm?, key?, encoding?, … }`.',
  'x-expects': 'an object that describes a signature scheme',
})
const Setting = Type.Union([Text(1000), Type.Array(Text(1000), { minItems: 1, maxItems: 100 })], {
  'x-expects': 'a text or a list of texts',
})
const settings = Type.Record(Type.String(), Setting, {
  maxProperties: 50,
  propertyNames: { minLength: 1, maxLength: 100, not: { const: '__proto__' } },
  description: 'What the provider needs to know besides secrets, see `GET /providers`.',
  'x-expects': 'an object of names with texts, or lists of texts',
})
const secrets = Type.Array(Type.String({ maxLength: 8192 }), {
  maxItems: LIMITS.sourceSecrets,
  writeOnly: true,
  description: 'The current one first, those that are rotated out after it. Never shown again.',
  'x-expects': `a list of at most ${LIMITS.sourceSecrets} texts`,
})
const origin_rate = Type.Integer({ minimum: 1, maximum: 1_000_000 })
const seconds = (minimum: number, maximum: number, description: string) =>
  Type.Integer({ minimum, maximum, description })
const body_limit_bytes = Type.Integer({
  minimum: 1,
  maximum: LIMITS.inboundBodyBytesMax,
  default: LIMITS.inboundBodyBytesDefault,
  description: 'Larger requests are answered 413 before anything is verified.',
})
const test_events = Type.Enum(['handle', 'skip'], {
  description: '`skip`: what has `data.test = true` is stored and goes nowhere.',
})

const changeable = {
  description: Type.Optional(Prose),
  provider: Type.Optional(provider),
  scheme: Type.Optional(scheme),
  settings: Type.Optional(settings),
  secrets: Type.Optional(secrets),
  verify_token: Type.Optional(
    Type.Union([Text(1024), Type.Null()], {
      writeOnly: true,
      description: "The text that was typed into the provider's page (Meta).",
    }),
  ),
  allowed_origins: Type.Optional(
    Type.Array(Text(255), { maxItems: 100, description: 'Senders of CloudEvents that may send, or `*`.' }),
  ),
  allowed_rate: Type.Optional(nullable(origin_rate)),
  tolerance_s: Type.Optional(
    nullable(seconds(0, 86_400, 'How far a time stamp may be off, both ways; null: as the scheme says.')),
  ),
  allowed_ips: Type.Optional(
    Type.Array(Text(64), {
      maxItems: LIMITS.allowedIps,
      description: 'Networks and addresses; empty: from everywhere. Behind a proxy: see `--trusted-proxy`.',
      examples: [['203.0.113.0/24', '2001:db8::/32']],
    }),
  ),
  https_only: Type.Optional(Type.Boolean({ description: 'Plain http is answered 403.' })),
  rate_limit: Type.Optional(nullable(RateLimit)),
  address_rate_limit: Type.Optional(nullable(RateLimit)),
  body_limit_bytes: Type.Optional(body_limit_bytes),
  public_url: Type.Optional(
    Type.Union([Text(LIMITS.urlChars), Type.Null()], {
      description: 'As the provider calls it, for schemes that sign the URL.',
    }),
  ),
  dedupe_s: Type.Optional(
    seconds(60, LIMITS.dedupeSMax, "How long an event's id is remembered; default 30 days."),
  ),
  expected_tenant: Type.Optional(
    Type.Union([line(1, LIMITS.nameChars), Type.Null()], { description: 'What `tenant.id` must be.' }),
  ),
  check_schemas: Type.Optional(
    Type.Boolean({ description: 'Whether bodies must fit the schema of their event type.' }),
  ),
  test_events: Type.Optional(test_events),
  active: Type.Optional(Type.Boolean({ description: 'false: its requests are answered 404.' })),
}

export const SourceInput = named('SourceInput', { slug, ...changeable })

export const SourcePatch = Type.Object(changeable, {
  title: 'SourcePatch',
  additionalProperties: false,
  minProperties: 1,
})

export const Source = named('Source', {
  id: Id,
  slug: Type.String(),
  ingest_url: Type.String({ description: 'What to type into the provider’s page.' }),
  description: Type.String(),
  provider: Type.Union([Type.String(), Type.Null()], { description: 'null: `scheme` describes it.' }),
  scheme: nullable(Type.Record(Type.String(), Type.Unknown())),
  settings: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
  secrets: Type.Array(
    fields({
      created_at: Instant,
      last_used_at: Type.Union([Instant, Type.Null()], {
        description: 'When it has last verified a request, to within a minute; null: not yet.',
      }),
    }),
    { description: 'How many there are, the current one first; never the secrets.' },
  ),
  has_verify_token: Type.Boolean(),
  allowed_origins: Type.Array(Type.String()),
  allowed_rate: nullable(Type.Integer()),
  tolerance_s: nullable(Type.Integer()),
  allowed_ips: Type.Array(Type.String()),
  https_only: Type.Boolean(),
  rate_limit: nullable(RateLimit),
  address_rate_limit: nullable(RateLimit),
  body_limit_bytes: Type.Integer(),
  public_url: nullable(Type.String()),
  dedupe_s: Type.Integer(),
  expected_tenant: nullable(Type.String()),
  check_schemas: Type.Boolean(),
  test_events,
  let_through: Type.Array(
    fields({
      event_id: Type.Union([Type.String(), Type.Null()], { description: 'null: any event of the source.' }),
      until: Instant,
    }),
    { description: 'Redeliveries that are delivered again instead of being dropped as duplicates.' },
  ),
  active: Type.Boolean(),
  created_at: Instant,
  updated_at: Instant,
})

export const LetThroughInput = named('LetThroughInput', {
  event_id: Type.Optional(
    Type.Union([Text(LIMITS.eventIdChars), Type.Null()], {
      description: 'Left out: any event of the source.',
    }),
  ),
  for_s: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400, default: 600 })),
})

export const Provider = named('Provider', {
  name: Type.String(),
  title: Type.String(),
  docs: Type.Array(Type.String(), { description: "The vendor's own pages." }),
  secret_hint: Type.String({ description: 'Where the secret is found and what it looks like.' }),
  keys_fetched: Type.Boolean({ description: 'true: it has no secret; its public keys are fetched.' }),
  settings: Type.Array(
    fields({ name: Type.String(), required: Type.Boolean(), many: Type.Boolean(), hint: Type.String() }),
  ),
  handshakes: Type.Array(Type.String(), { description: 'Which questions of its are answered.' }),
  batches: Type.Boolean({ description: 'true: one request may bring several events.' }),
  signs_url: Type.Boolean({ description: 'true: the source needs `public_url`.' }),
  tolerance_s: Type.Union([Type.Integer(), Type.Null()], {
    description: 'How far its time stamp may be off; null: it sends none.',
  }),
  answer_deadline_ms: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Within which it wants an answer; null: not published.',
  }),
  retry_span_s: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Over which it tries again; null: not published.',
  }),
})
