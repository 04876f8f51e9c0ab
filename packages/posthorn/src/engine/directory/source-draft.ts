import type { Provider } from '@posthorn/receiver/providers'
import { PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Source } from '../../domain/source.ts'
import type { SourcePatch } from '../receive/use-cases.ts'
import { refuse } from './flaws.ts'
import { sameJson } from './same-json.ts'
import { providerFlaws } from './source-input.ts'
import { providerOf, settingFlaws, snakeSettings } from './source-provider.ts'
import type { SourceSecrets } from './source-secrets.ts'

/** What a source is when nothing is said about it. */
export const SOURCE_DEFAULTS = {
  description: '',
  provider: null,
  scheme: null,
  settings: {},
  secrets: [],
  handshake: { verifyToken: null, allowedOrigins: [], allowedRate: null },
  toleranceS: null,
  bodyLimitBytes: LIMITS.inboundBodyBytesDefault,
  allowedIps: [],
  httpsOnly: false,
  rateLimit: null,
  addressRateLimit: null,
  publicUrl: null,
  dedupeS: LIMITS.dedupeSDefault,
  expectedTenant: null,
  checkSchemas: false,
  testEvents: 'handle',
  letThrough: [],
  active: true,
} as const satisfies Omit<Source, 'id' | 'tenantId' | 'slug' | 'createdAt' | 'updatedAt'>

/**
 * The source that results when what is given is put on `base`. Another provider or scheme goes on with the secrets and
 * settings that fit it; a time to remember ids that is too short for it is prolonged, and a tolerance that it has no use
 * for is dropped, unless they are given too.
 * @param given checked field by field
 * @throws PosthornError `invalid_request`, `secret_refused`, `secret_unreadable`
 */
export function applySource(base: Source, given: SourcePatch, secrets: SourceSecrets, now: number): Source {
  const kind = kindOf(base, given)
  const provider = providerOf({ slug: base.slug, ...kind })
  const other = !sameJson(kind, { provider: base.provider, scheme: base.scheme })
  const settings =
    given.settings === undefined ? kept(provider, base.settings) : snakeSettings(given.settings)
  const merged = { ...base, ...kind, settings, ...plain(base, given, other ? provider : null) }
  refuse([...settingFlaws(provider, settings), ...providerFlaws(provider, merged)], 'The source does not fit')
  return {
    ...merged,
    handshake: handshakeOf(base, given, secrets),
    secrets: secretsOf(base, given, { provider, settings, other }, secrets, now),
  }
}

/** Exactly one of provider and scheme: giving one takes the other away. */
function kindOf(base: Source, { provider, scheme }: SourcePatch): Pick<Source, 'provider' | 'scheme'> {
  if (provider !== undefined) return { provider, scheme: null }
  if (scheme !== undefined) return { provider: null, scheme }
  if (base.provider === null && base.scheme === null)
    throw new PosthornError(
      'invalid_request',
      'A source needs "provider", the name of a preset, or "scheme", the description of another one.',
      { flaws: [{ path: '/provider', message: 'is missing; give it or "scheme"' }] },
    )
  return { provider: base.provider, scheme: base.scheme }
}

/** Settings that the provider knows. */
function kept(provider: Provider, settings: Source['settings']): Source['settings'] {
  const unknown = new Set(settingFlaws(provider, settings).map(({ path }) => path))
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !unknown.has(`/settings/${name}`)))
}

/** Fields that are taken as they are given. @param other the provider, when it is another one than before */
function plain(base: Source, given: SourcePatch, other: Provider | null) {
  const { retrySpanS = 0, scheme } = other ?? {}
  const tolerance = other !== null && scheme?.timestamp === undefined ? null : base.toleranceS
  const pick = <K extends keyof SourcePatch & keyof Source>(field: K): Source[K] =>
    (given[field] === undefined ? base[field] : given[field]) as Source[K]
  return {
    description: pick('description'),
    toleranceS: given.toleranceS === undefined ? tolerance : given.toleranceS,
    bodyLimitBytes: pick('bodyLimitBytes'),
    allowedIps: [...new Set(pick('allowedIps'))],
    httpsOnly: pick('httpsOnly'),
    rateLimit: pick('rateLimit'),
    addressRateLimit: pick('addressRateLimit'),
    publicUrl: pick('publicUrl'),
    dedupeS: given.dedupeS ?? Math.max(base.dedupeS, retrySpanS),
    expectedTenant: pick('expectedTenant'),
    checkSchemas: pick('checkSchemas'),
    testEvents: pick('testEvents'),
    active: pick('active'),
  }
}

function handshakeOf(base: Source, given: SourcePatch, secrets: SourceSecrets): Source['handshake'] {
  const { verifyToken, allowedOrigins, allowedRate } = given
  const present = base.handshake
  return {
    verifyToken:
      typeof verifyToken === 'string'
        ? secrets.sealText(verifyToken, present.verifyToken)
        : verifyToken === undefined
          ? present.verifyToken
          : null,
    allowedOrigins: allowedOrigins === undefined ? present.allowedOrigins : [...new Set(allowedOrigins)],
    allowedRate: allowedRate === undefined ? present.allowedRate : allowedRate,
  }
}

function secretsOf(
  base: Source,
  { secrets: given }: SourcePatch,
  { provider, settings, other }: { provider: Provider; settings: Source['settings']; other: boolean },
  secrets: SourceSecrets,
  now: number,
): Source['secrets'] {
  if (given !== undefined) return secrets.replace(provider, settings, given, base.secrets, now)
  if (!other) return base.secrets
  // A new source has none to go on with: said as such, not as some that do not fit.
  return base.secrets.length === 0
    ? secrets.replace(provider, settings, [], [], now)
    : secrets.under(provider, settings, base.secrets)
}
