/** A subscription as a form has it, and back. */
import type { Body, Result } from 'posthorn/client'
import { fromHeaderLines, fromLines, headerLines, toLines } from '../../text/lines.ts'

export type Subscription = Result<'getSubscription'>
type Input = Body<'createSubscription'>

export interface FormValues {
  readonly name: string
  readonly url: string
  readonly events: string
  readonly source: string
  readonly description: string
  readonly headers: string
  readonly timeout_ms: string
  readonly max_in_flight: string
  readonly rate: string
  readonly rateWindow: string
  readonly retry: string
  readonly on_client_error: string
  readonly scheme: string
  readonly format: string
  readonly owner_email: string
}

export const RETRY_PRESETS = ['standard', 'fast', 'patient'] as const

export const NEW_VALUES: FormValues = {
  ...{ name: '', url: '', events: '', source: '', description: '', headers: '', owner_email: '' },
  ...{ timeout_ms: '15000', max_in_flight: '', rate: '', rateWindow: '1' },
  ...{ retry: 'standard', on_client_error: 'retry', scheme: 'standard', format: 'standard' },
}

export function valuesOf(subscription: Subscription): FormValues {
  const { rate_limit, retry } = subscription
  return {
    name: subscription.name,
    url: subscription.url,
    events: toLines(subscription.events),
    source: toLines(subscription.source ?? []),
    description: subscription.description,
    headers: headerLines(subscription.headers),
    timeout_ms: String(subscription.timeout_ms),
    max_in_flight: String(subscription.max_in_flight),
    rate: rate_limit === null ? '' : String(rate_limit.limit),
    rateWindow: rate_limit === null ? '1' : String(rate_limit.window_s),
    retry: typeof retry === 'string' ? retry : JSON.stringify(retry),
    on_client_error: subscription.on_client_error,
    scheme: subscription.signature.scheme,
    format: subscription.format,
    owner_email: subscription.owner_email ?? '',
  }
}

/** @throws SyntaxError when a header has no colon or the schedule is no JSON: the API never sees these */
export function inputOf(values: FormValues): Input {
  const source = fromLines(values.source)
  return {
    name: values.name,
    url: values.url,
    events: fromLines(values.events),
    source: source.length === 0 ? null : source,
    description: values.description,
    headers: fromHeaderLines(values.headers),
    ...(values.timeout_ms === '' ? {} : { timeout_ms: Number(values.timeout_ms) }),
    ...(values.max_in_flight === '' ? {} : { max_in_flight: Number(values.max_in_flight) }),
    rate_limit:
      values.rate === '' ? null : { limit: Number(values.rate), window_s: Number(values.rateWindow) },
    retry: retryOf(values.retry),
    on_client_error: values.on_client_error as NonNullable<Input['on_client_error']>,
    signature: { scheme: values.scheme as NonNullable<NonNullable<Input['signature']>['scheme']> },
    format: values.format as NonNullable<Input['format']>,
    owner_email: values.owner_email.trim() === '' ? null : values.owner_email.trim(),
  }
}

function retryOf(text: string): NonNullable<Input['retry']> {
  const preset = RETRY_PRESETS.find((name) => name === text.trim())
  if (preset !== undefined) return preset
  try {
    return JSON.parse(text) as NonNullable<Input['retry']>
  } catch {
    throw new SyntaxError(`The retry schedule “${text}” is neither a preset nor JSON.`)
  }
}
