import type { Static } from 'typebox'
import type { Source } from '../../domain/source.ts'
import type { RateLimit } from '../../domain/subscription.ts'
import type { SourceInput, SourcePatch } from '../../engine/receive/use-cases.ts'
import type {
  SourceInput as WireInput,
  SourcePatch as WirePatch,
  Source as WireSource,
} from '../contract/schemas/source.ts'
import { toInstant, toInstantOrNull } from './instant.ts'

type Patch = Static<typeof WirePatch>

/** The engine's names of the fields that are taken as they are. */
const PLAIN = {
  description: 'description',
  provider: 'provider',
  scheme: 'scheme',
  settings: 'settings',
  secrets: 'secrets',
  verify_token: 'verifyToken',
  allowed_origins: 'allowedOrigins',
  allowed_rate: 'allowedRate',
  tolerance_s: 'toleranceS',
  allowed_ips: 'allowedIps',
  https_only: 'httpsOnly',
  body_limit_bytes: 'bodyLimitBytes',
  public_url: 'publicUrl',
  dedupe_s: 'dedupeS',
  expected_tenant: 'expectedTenant',
  check_schemas: 'checkSchemas',
  test_events: 'testEvents',
  active: 'active',
} as const satisfies Record<Exclude<keyof Patch, RateField>, keyof SourcePatch>

type RateField = 'rate_limit' | 'address_rate_limit'

export function fromSourceInput(wire: Static<typeof WireInput>): SourceInput {
  const { slug, ...rest } = wire
  return { slug, ...fromSourcePatch(rest) }
}

/** Only what was given: an absent field is not a field set to nothing. */
export function fromSourcePatch(wire: Patch): SourcePatch {
  const plain = Object.entries(PLAIN).flatMap(([field, name]) => {
    const value = wire[field as keyof typeof PLAIN]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...(Object.fromEntries(plain) as SourcePatch),
    ...(wire.rate_limit === undefined ? {} : { rateLimit: fromRate(wire.rate_limit) }),
    ...(wire.address_rate_limit === undefined ? {} : { addressRateLimit: fromRate(wire.address_rate_limit) }),
  }
}

/** Never with a secret. @param uses when each of them was last used, by what is sealed */
export function toSource(
  source: Source,
  ingestUrl: string,
  uses: ReadonlyMap<string, number>,
): Static<typeof WireSource> {
  const { handshake } = source
  return {
    id: source.id,
    slug: source.slug,
    ingest_url: ingestUrl,
    description: source.description,
    provider: source.provider,
    scheme: source.scheme,
    settings: source.settings as Record<string, string | string[]>,
    secrets: source.secrets.map(({ sealed, createdAt }) => ({
      created_at: toInstant(createdAt),
      last_used_at: toInstantOrNull(uses.get(sealed) ?? null),
    })),
    has_verify_token: handshake.verifyToken !== null,
    allowed_origins: [...handshake.allowedOrigins],
    allowed_rate: handshake.allowedRate,
    tolerance_s: source.toleranceS,
    allowed_ips: [...source.allowedIps],
    https_only: source.httpsOnly,
    rate_limit: toRate(source.rateLimit),
    address_rate_limit: toRate(source.addressRateLimit),
    body_limit_bytes: source.bodyLimitBytes,
    public_url: source.publicUrl,
    dedupe_s: source.dedupeS,
    expected_tenant: source.expectedTenant,
    check_schemas: source.checkSchemas,
    test_events: source.testEvents,
    let_through: source.letThrough.map(({ eventId, until }) => ({
      event_id: eventId,
      until: toInstant(until),
    })),
    active: source.active,
    created_at: toInstant(source.createdAt),
    updated_at: toInstant(source.updatedAt),
  }
}

function fromRate(wire: { limit: number; window_s: number } | null): RateLimit | null {
  return wire && { limit: wire.limit, windowS: wire.window_s }
}

function toRate(rate: RateLimit | null): { limit: number; window_s: number } | null {
  return rate && { limit: rate.limit, window_s: rate.windowS }
}
