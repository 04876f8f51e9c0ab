import type { Provider } from '@posthorn/receiver/providers'
import { type Flaw, PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import { networkFlaw } from '../receive/address-list.ts'
import type { SourceInput } from '../receive/use-cases.ts'
import {
  descriptionFlaw,
  flawAt,
  isObject,
  lineFlaw,
  oneOfFlaw,
  refuse,
  textFlaw,
  wholeNumberFlaw,
} from './flaws.ts'
import { secretListFlaw } from './source-secrets.ts'
import { rateLimitFlaws } from './subscription-input.ts'

/** As a tenant's, with `_`. Never an id: those begin with `src_`. */
const SLUG = /^(?!src_)[a-z0-9][a-z0-9_-]{0,62}$/
/** A day is what the receiver takes at most. */
const TOLERANCE_S_MAX = 86_400
const TOKEN_CHARS = 1024
const ORIGINS_MAX = 100
const ORIGIN_CHARS = 255
const ORIGIN_RATE_MAX = 1_000_000
/** Shorter than any provider's first retry makes no sense. */
const DEDUPE_S_MIN = 60

type Check = (value: unknown) => Flaw[]

const BOOLEAN = [true, false]

/** One check a field, for what can be said without the others. Secrets and settings are looked into further on. */
const CHECKS: Readonly<Record<keyof SourceInput, Check>> = {
  slug: (value) => flawAt(slugFlaw(value), 'slug'),
  description: (value) => flawAt(descriptionFlaw(value, LIMITS.descriptionChars), 'description'),
  provider: (value) => flawAt(lineFlaw(value, LIMITS.nameChars), 'provider'),
  scheme: (value) => flawAt(isObject(value) ? null : 'must be an object', 'scheme'),
  settings: (value) => flawAt(isObject(value) ? null : 'must be an object of names and texts', 'settings'),
  secrets: (value) => flawAt(secretListFlaw(value), 'secrets'),
  verifyToken: (value) =>
    flawAt(
      orNull(value, () => lineFlaw(value, TOKEN_CHARS)),
      'verify_token',
    ),
  allowedOrigins: (value) =>
    listFlaws(value, 'allowed_origins', ORIGINS_MAX, (one) => lineFlaw(one, ORIGIN_CHARS)),
  allowedRate: (value) =>
    flawAt(
      orNull(value, () => wholeNumberFlaw(value, 1, ORIGIN_RATE_MAX)),
      'allowed_rate',
    ),
  toleranceS: (value) =>
    flawAt(
      orNull(value, () => wholeNumberFlaw(value, 0, TOLERANCE_S_MAX)),
      'tolerance_s',
    ),
  bodyLimitBytes: (value) =>
    flawAt(wholeNumberFlaw(value, 1, LIMITS.inboundBodyBytesMax), 'body_limit_bytes'),
  allowedIps: (value) => listFlaws(value, 'allowed_ips', LIMITS.allowedIps, networkFlaw),
  httpsOnly: (value) => flawAt(oneOfFlaw(value, BOOLEAN), 'https_only'),
  rateLimit: (value) => rateLimitFlaws(value, 'rate_limit'),
  addressRateLimit: (value) => rateLimitFlaws(value, 'address_rate_limit'),
  publicUrl: (value) =>
    flawAt(
      orNull(value, () => publicUrlFlaw(value)),
      'public_url',
    ),
  dedupeS: (value) => flawAt(wholeNumberFlaw(value, DEDUPE_S_MIN, LIMITS.dedupeSMax), 'dedupe_s'),
  expectedTenant: (value) =>
    flawAt(
      orNull(value, () => lineFlaw(value, LIMITS.nameChars)),
      'expected_tenant',
    ),
  checkSchemas: (value) => flawAt(oneOfFlaw(value, BOOLEAN), 'check_schemas'),
  testEvents: (value) => flawAt(oneOfFlaw(value, ['handle', 'skip']), 'test_events'),
  active: (value) => flawAt(oneOfFlaw(value, BOOLEAN), 'active'),
}

export const SOURCE_FIELDS: readonly string[] = Object.keys(CHECKS)
export const SOURCE_PATCH_FIELDS: readonly string[] = SOURCE_FIELDS.filter((field) => field !== 'slug')

/** @throws PosthornError `invalid_request` with everything that is wrong by itself */
export function checkSourceFields(
  fields: object,
  known: readonly string[],
  required: readonly string[],
): void {
  if (!isObject(fields)) throw new PosthornError('invalid_request', 'A source must be an object.')
  const missing = required.flatMap((field) =>
    fields[field] === undefined ? flawAt('is missing', field) : [],
  )
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const flaws = given.flatMap(([field, value]) =>
    known.includes(field)
      ? CHECKS[field as keyof SourceInput](value)
      : flawAt('is not a field of a source that can be set here', field),
  )
  const { provider, scheme } = fields
  const both = provider !== undefined && scheme !== undefined
  refuse(
    [
      ...missing,
      ...flaws,
      ...flawAt(both ? 'stands beside "provider"; give one of the two' : null, 'scheme'),
    ],
    'The source does not fit',
  )
}

/** What fits by itself must fit the provider too. */
export function providerFlaws(
  provider: Provider,
  given: { toleranceS: number | null; publicUrl: string | null; dedupeS: number },
): Flaw[] {
  const { title, scheme, retrySpanS = 0 } = provider
  const { toleranceS, publicUrl, dedupeS } = given
  const timeless = toleranceS !== null && scheme.timestamp === undefined
  return [
    ...flawAt(
      timeless ? `does nothing: ${title} sends no time stamp that could be checked` : null,
      'tolerance_s',
    ),
    ...flawAt(
      scheme.signed.includes('url') && publicUrl === null
        ? `is missing: ${title} signs the URL as it calls it, which only you know`
        : null,
      'public_url',
    ),
    ...flawAt(
      dedupeS < retrySpanS
        ? `must be at least ${retrySpanS}: ${title} tries again for that long, and would be taken for new`
        : null,
      'dedupe_s',
    ),
  ]
}

function slugFlaw(slug: unknown): string | null {
  if (typeof slug === 'string' && SLUG.test(slug)) return null
  return 'must be 1 to 63 characters a-z, 0-9, "-" and "_", begin with a letter or digit, and not with "src_"'
}

/** It is signed byte for byte: so it is kept as it was written, and nothing in it may be open to a repair. */
function publicUrlFlaw(value: unknown): string | null {
  const flaw = textFlaw(value, LIMITS.urlChars)
  if (flaw !== null) return flaw
  const text = value as string
  if (!/^https?:\/\/[\x21-\x7e]+$/.test(text)) return 'must be an http or https URL in visible ASCII'
  if (!URL.canParse(text)) return 'is no URL'
  const { username, password, hash } = new URL(text)
  if (username !== '' || password !== '') return 'must have no user name and no password'
  return hash !== '' || text.includes('#') ? 'must have no fragment: it is never sent' : null
}

function orNull(value: unknown, flaw: () => string | null): string | null {
  return value === null ? null : flaw()
}

function listFlaws(
  value: unknown,
  field: string,
  most: number,
  flaw: (one: unknown) => string | null,
): Flaw[] {
  if (!Array.isArray(value)) return flawAt('must be a list', field)
  if (value.length > most) return flawAt(`has ${value.length} entries, at most ${most} are allowed`, field)
  return value.flatMap((one, index) => flawAt(flaw(one), field, index))
}
