import { schemeHeaderNames } from '@posthorn/receiver'
import { emailFlaw } from '../../domain/email.ts'
import { type Flaw, PosthornError } from '../../domain/error.ts'
import { filterListFlaws } from '../../domain/filter.ts'
import { checkCustomHeaders } from '../../domain/headers.ts'
import type { SourceId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import { RETRY_PRESETS } from '../../domain/retry-policy.ts'
import { BODY_FORMATS, type Subscription } from '../../domain/subscription.ts'
import type { SubscriptionInput, SubscriptionPatch } from '../use-cases.ts'
import {
  descriptionFlaw,
  flawAt,
  isObject,
  lineFlaw,
  numberFlaw,
  oneOfFlaw,
  refuse,
  textFlaw,
  wholeNumberFlaw,
} from './flaws.ts'
import { schemeOf, signatureFlaws } from './signing.ts'

/** A day: a longer window is a quota, and its counters would not survive a restart. */
const RATE_WINDOW_S_MAX = 86_400
const RATE_LIMIT_MAX = 1_000_000
/** Thirty days between two attempts: events older than that are gone from most logs. */
const RETRY_DELAY_S_MAX = 30 * 86_400

export const SUBSCRIPTION_DEFAULTS = {
  source: null,
  description: '',
  ownerEmail: null,
  headers: {},
  timeoutMs: LIMITS.timeoutMsDefault,
  maxInFlight: LIMITS.maxInFlightDefault,
  rateLimit: null,
  retry: 'standard',
  onClientError: 'retry',
  signature: { scheme: 'standard', headerPrefix: 'X-Webhook' },
  format: 'standard',
  active: true,
} as const

/** What a subscription's owner decides. */
export type SubscriptionSettings = Pick<
  Subscription,
  | 'name'
  | 'url'
  | 'events'
  | 'source'
  | 'description'
  | 'ownerEmail'
  | 'headers'
  | 'timeoutMs'
  | 'maxInFlight'
  | 'rateLimit'
  | 'retry'
  | 'onClientError'
  | 'signature'
  | 'format'
  | 'active'
>

type Check = (value: unknown) => Flaw[]

/** One check a field. `url`, `headers` and `secret` are checked further, with error codes of their own. */
const CHECKS: Readonly<Record<keyof SubscriptionInput, Check>> = {
  name: (value) => flawAt(lineFlaw(value, LIMITS.nameChars), 'name'),
  // Control characters too are for the transport to refuse, as `url_refused` and with a hint.
  url: (value) => flawAt(textFlaw(value, LIMITS.urlChars), 'url'),
  events: (value) =>
    filterListFlaws(value, 'inbound').flatMap(({ index, message }) =>
      index === null ? flawAt(message, 'events') : flawAt(message, 'events', index),
    ),
  source: sourceFlaws,
  description: (value) => flawAt(descriptionFlaw(value, LIMITS.descriptionChars), 'description'),
  ownerEmail: (value) => flawAt(value === null ? null : emailFlaw(value), 'owner_email'),
  headers: () => [],
  timeoutMs: (value) => flawAt(wholeNumberFlaw(value, 1, LIMITS.timeoutMsMax), 'timeout_ms'),
  maxInFlight: (value) => flawAt(wholeNumberFlaw(value, 1, LIMITS.maxInFlightMax), 'max_in_flight'),
  rateLimit: (value) => rateLimitFlaws(value),
  retry: retryFlaws,
  onClientError: (value) => flawAt(oneOfFlaw(value, ['retry', 'drop']), 'on_client_error'),
  signature: (value) =>
    isObject(value)
      ? unknownFields(value, ['scheme', 'headerPrefix'], 'signature')
      : flawAt('must be an object', 'signature'),
  format: (value) => flawAt(oneOfFlaw(value, BODY_FORMATS), 'format'),
  active: (value) => flawAt(oneOfFlaw(value, [true, false]), 'active'),
  secret: () => [],
}

/**
 * Ids or slugs. A slug may be that of a source of the application, or of one that is made later; whether there is a
 * source of an id is asked when the subscription is stored.
 */
function sourceFlaws(value: unknown): Flaw[] {
  if (value === null) return []
  if (!Array.isArray(value) || value.length === 0 || value.length > LIMITS.filtersPerSubscription)
    return flawAt(
      'must be null or a list of 1 to 100 ids or slugs of sources, "*" for every source',
      'source',
    )
  return value.flatMap((one, index) =>
    one === '*' || (typeof one === 'string' && SOURCE_NAME.test(one))
      ? []
      : flawAt('is no id or slug of a source', 'source', index),
  )
}

const SOURCE_NAME = /^(?:src_)?[a-z0-9][a-z0-9_-]{0,62}$/
/** The id of a stored source. */
const STORED = /^src_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Ids of sources that are not there. @throws PosthornError `invalid_request` */
export function checkSourcesExist(source: Subscription['source'], isThere: (id: SourceId) => boolean): void {
  const flaws = (source ?? []).flatMap((one, index) =>
    STORED.test(one) && !isThere(one as SourceId)
      ? flawAt('is the id of no source here', 'source', index)
      : [],
  )
  refuse(flaws, 'The subscription does not fit')
}

export function rateLimitFlaws(value: unknown, field = 'rate_limit'): Flaw[] {
  if (value === null) return []
  if (!isObject(value)) return flawAt('must be an object with "limit" and "window_s", or null', field)
  return [
    ...unknownFields(value, ['limit', 'windowS'], field),
    ...flawAt(wholeNumberFlaw(value.limit, 1, RATE_LIMIT_MAX), field, 'limit'),
    ...flawAt(numberFlaw(value.windowS, 0.001, RATE_WINDOW_S_MAX), field, 'window_s'),
  ]
}

export function retryFlaws(value: unknown): Flaw[] {
  if (typeof value === 'string') return flawAt(oneOfFlaw(value, Object.keys(RETRY_PRESETS)), 'retry')
  if (Array.isArray(value)) {
    if (value.length > LIMITS.retryDelays)
      return flawAt(`has ${value.length} delays, at most ${LIMITS.retryDelays} are allowed`, 'retry')
    return value.flatMap((delay, index) => flawAt(numberFlaw(delay, 0, RETRY_DELAY_S_MAX), 'retry', index))
  }
  if (!isObject(value))
    return flawAt(
      'must be the name of a preset, a list of delays in seconds, or an exponential curve',
      'retry',
    )
  return [
    ...unknownFields(value, ['baseS', 'factor', 'maxS', 'attempts'], 'retry'),
    ...flawAt(numberFlaw(value.baseS, 0.001, RETRY_DELAY_S_MAX), 'retry', 'base_s'),
    ...flawAt(numberFlaw(value.factor, 1, 1000), 'retry', 'factor'),
    ...flawAt(numberFlaw(value.maxS, 0.001, RETRY_DELAY_S_MAX), 'retry', 'max_s'),
    ...flawAt(wholeNumberFlaw(value.attempts, 1, LIMITS.retryDelays + 1), 'retry', 'attempts'),
  ]
}

function unknownFields(value: object, known: readonly string[], ...path: string[]): Flaw[] {
  return Object.keys(value).flatMap((key) =>
    known.includes(key) ? [] : flawAt('is not a field here', ...path, key),
  )
}

/** @throws PosthornError `invalid_request` with everything that is wrong by itself */
export function checkFields(fields: object, known: readonly string[], required: readonly string[]): void {
  if (!isObject(fields)) throw new PosthornError('invalid_request', 'A subscription must be an object.')
  const missing = required.flatMap((field) =>
    fields[field] === undefined ? flawAt('is missing', field) : [],
  )
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  const flaws = given.flatMap(([field, value]) =>
    known.includes(field)
      ? CHECKS[field as keyof SubscriptionInput](value)
      : flawAt('is not a field of a subscription that can be set here', field),
  )
  refuse([...missing, ...flaws], 'The subscription does not fit')
}

export const REQUIRED_FIELDS: readonly string[] = ['name', 'url', 'events']
export const INPUT_FIELDS: readonly string[] = Object.keys(CHECKS)
export const PATCH_FIELDS: readonly string[] = INPUT_FIELDS.filter((field) => field !== 'secret')

/** What is right for one who takes inbound events only, or for one who takes none. */
function sourceFitFlaws({ source, events, format }: SubscriptionSettings): Flaw[] {
  if (source !== null) return []
  const forwards = format === 'received'
  return [
    ...filterListFlaws(events).flatMap(({ index, message }) =>
      flawAt(`${message}; types of providers need "source"`, 'events', ...(index === null ? [] : [index])),
    ),
    ...flawAt(
      forwards ? 'forwards inbound requests as they came: give "source", of which ones' : null,
      'format',
    ),
  ]
}

/** The settings that result when only what is given is changed. @throws PosthornError `invalid_request`, `header_refused` */
export function mergeSettings(present: SubscriptionSettings, patch: SubscriptionPatch): SubscriptionSettings {
  const given = Object.fromEntries(
    Object.entries(patch).filter(([field, value]) => value !== undefined && PATCH_FIELDS.includes(field)),
  ) as Partial<SubscriptionSettings>
  const signature = {
    scheme: patch.signature?.scheme ?? present.signature.scheme,
    headerPrefix: patch.signature?.headerPrefix ?? present.signature.headerPrefix,
  }
  refuse(signatureFlaws(signature), 'The signature does not fit')
  const merged = { ...present, ...given, signature, events: [...new Set(given.events ?? present.events)] }
  refuse(sourceFitFlaws(merged), 'The subscription does not fit')
  const checked = checkCustomHeaders(merged.headers, schemeHeaderNames(schemeOf(signature)))
  refuse(checked.flaws, 'A custom header may not be set', 'header_refused')
  return { ...merged, headers: Object.fromEntries(checked.headers) }
}
