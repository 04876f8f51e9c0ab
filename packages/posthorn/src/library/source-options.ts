import type { SignatureScheme } from '@posthorn/receiver'
import { findProvider, PROVIDERS, type Provider, schemeProvider } from '@posthorn/receiver/providers'
import { PosthornError } from '../domain/error.ts'
import { LIMITS } from '../domain/limits.ts'
import type { Tenant } from '../domain/records.ts'
import type { RateLimit } from '../domain/subscription.ts'
import { INBOX_DEFAULTS, type InboxSettings } from '../engine/receive/inbox-settings.ts'

/** A source of an application: whose requests, and what is let in. Either `provider` or `scheme`. */
export interface SourceOptions extends Partial<Omit<InboxSettings, keyof Given>> {
  /** A preset by its name, such as `'github'`, or one of `@posthorn/receiver/providers`. */
  readonly provider?: Provider | string | undefined
  /** A scheme alone, such as `stripe()` or `customScheme({ … })` of `@posthorn/receiver`. */
  readonly scheme?: SignatureScheme | undefined
  /** The current one first, those that are being rotated out after it. None where keys are fetched (PayPal, SNS). */
  readonly secrets?: readonly string[] | undefined
  /** Seconds a time stamp may lie on either side. Default: as the provider or the scheme says. */
  readonly toleranceS?: number | undefined
  /** Larger bodies are answered 413 before anything is computed. Default 1 MiB, at most 25 MiB. */
  readonly maxBodyBytes?: number | undefined
  /** Answers Meta's question. */
  readonly verifyToken?: string | undefined
  /** Requests a minute that a sender of CloudEvents is allowed. Default: what it asks for. */
  readonly allowedRate?: number | undefined
  /** Of all requests together. */
  readonly rateLimit?: RateLimit | undefined
  /** Of the requests from one address; for an IPv6 address, from its /64. */
  readonly addressRateLimit?: RateLimit | undefined
  /** As the provider calls it: for schemes that sign the URL (Twilio, Square, HubSpot). */
  readonly publicUrl?: string | undefined
  /** `tenant.id` in the body must be this. */
  readonly expectedTenant?: string | undefined
}

/** Said otherwise by an application, or not by it. */
type Given = Pick<
  InboxSettings,
  | 'id'
  | 'name'
  | 'tenant'
  | 'provider'
  | 'secrets'
  | 'toleranceS'
  | 'bodyLimitBytes'
  | 'verifyToken'
  | 'allowedRate'
  | 'rateLimit'
  | 'addressRateLimit'
  | 'publicUrl'
  | 'expectedTenant'
  | 'letThrough'
>

const OPTIONS: ReadonlySet<string> = new Set([
  ...Object.keys(INBOX_DEFAULTS).filter(
    (name) => !['bodyLimitBytes', 'letThrough', 'secretNames'].includes(name),
  ),
  ...['provider', 'scheme', 'maxBodyBytes'],
])

/** @throws PosthornError `config_invalid` */
export function inboxSettings(tenant: Tenant, name: string, options: SourceOptions): InboxSettings {
  const refuse = (why: string) => new PosthornError('config_invalid', `The source ${name}: ${why}`)
  for (const option of Object.keys(options))
    if (!OPTIONS.has(option)) throw refuse(`${option} is not an option of a source.`)
  const { provider, scheme, maxBodyBytes = LIMITS.inboundBodyBytesDefault, ...given } = options
  if ((provider === undefined) === (scheme === undefined))
    throw refuse('give either provider (a preset or its name) or scheme.')
  const found = scheme === undefined ? providerOf(provider) : schemeProvider(scheme)
  if (found === undefined)
    throw refuse(
      `there is no preset ${JSON.stringify(provider)}; known are ${Object.keys(PROVIDERS).join(', ')}.`,
    )
  if (!Number.isSafeInteger(maxBodyBytes) || maxBodyBytes < 1 || maxBodyBytes > LIMITS.inboundBodyBytesMax)
    throw refuse(`maxBodyBytes must be a whole number from 1 to ${LIMITS.inboundBodyBytesMax}.`)
  const { dedupeS = LIMITS.dedupeSDefault } = given
  if (!Number.isSafeInteger(dedupeS) || dedupeS < 1 || dedupeS > LIMITS.dedupeSMax)
    throw refuse(`dedupeS must be a whole number from 1 to ${LIMITS.dedupeSMax}.`)
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  return {
    ...{ ...INBOX_DEFAULTS, ...said, bodyLimitBytes: maxBodyBytes },
    ...{ id: `src_${name}`, name, tenant, provider: found },
  }
}

function providerOf(given: Provider | string | undefined): Provider | undefined {
  return typeof given === 'string' ? findProvider(given) : given
}
