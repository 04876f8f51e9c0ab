/**
 * What of a request its signature covers, worked out apart from the package: a changed request may be accepted only
 * when all of this is unchanged.
 */
import type { LooseRequest } from './mutate.ts'
import { MILLISECONDS, type Sample, SECONDS, SECRET } from './sample.ts'

/** Why an accepted request must not have been; undefined when it means the same. */
export function falseAccept(sample: Sample, changed: LooseRequest): string | undefined {
  const special = SPECIAL[sample.name]
  const original = sample.request
  if (special) {
    const [before, after] = [special({ ...original, headers: [] }), special(changed)]
    if (!after.every((one) => before.includes(one))) return `${after} instead of ${before}`
  } else if (!sample.token && !changed.body.equals(original.body)) return 'another body'
  // Of DocuSign's headers one that fits is enough, however many there are.
  if ('path' in sample.place || sample.name === 'docusign') return undefined
  const value =
    only(changed, sample.place.header) ?? only(changed, sample.place.header.replace('svix-', 'webhook-'))
  if (value === undefined) return 'the signature is not there once'
  const given = original.headers[sample.place.header] ?? ''
  if (sample.token) return tokenOf(value) === tokenOf(given) ? undefined : 'another token'
  return (
    values(sample, changed)
      .find(([is, was]) => is !== was)
      ?.join(' instead of ') ?? signature(value, given)
  )
}

type Special = (request: LooseRequest | (Sample['request'] & { headers: unknown })) => string[]

/** Pieces that may come in another order, or be left out, but never new. */
const SPECIAL: Partial<Record<Sample['name'], Special>> = {
  twilio: ({ body }) => {
    const fields = [...new URLSearchParams(body.toString())]
    const names = [...new Set(fields.map(([name]) => name))].sort()
    const own = (name: string) =>
      [...new Set(fields.filter(([key]) => key === name).map(([, value]) => value))].sort()
    return [
      names
        .map((name) =>
          own(name)
            .map((value) => name + value)
            .join(''),
        )
        .join(''),
    ]
  },
  mailgun: ({ body }) => {
    const { signature } = JSON.parse(stripped(body))
    return [`${signature.timestamp} ${signature.token} ${String(signature.signature).toLowerCase()}`]
  },
  adyen: ({ body }) =>
    JSON.parse(stripped(body)).notificationItems.map(
      ({ NotificationRequestItem: item }: { NotificationRequestItem: Record<string, unknown> }) => {
        const { value, currency } = (item.amount ?? {}) as { value?: unknown; currency?: unknown }
        const fields = [
          item.pspReference,
          item.originalReference,
          item.merchantAccountCode,
          item.merchantReference,
          value,
          currency,
          item.eventCode,
          item.success,
        ]
        return fields.map((field) => String(field ?? '')).join(':')
      },
    ),
  'aws-sns': ({ body }) => {
    const { Message, MessageId, Subject, Timestamp, TopicArn, Type } = JSON.parse(stripped(body))
    return [JSON.stringify([Message, MessageId, Subject, Timestamp, TopicArn, Type])]
  },
  'ms-graph': ({ body }) =>
    JSON.parse(stripped(body)).value.map(({ clientState }: { clientState: unknown }) =>
      String(clientState === SECRET),
    ),
}

const stripped = (body: Buffer): string => body.toString('utf8').replace(/^\ufeff/, '')

function only({ headers }: LooseRequest, name: string): string | undefined {
  const found = headers.filter(([own]) => own.toLowerCase() === name.toLowerCase())
  return found.length === 1 ? found[0]?.[1] : undefined
}

const tokenOf = (value: string): string => value.replace(/^bearer /i, '')

const SIGNED_HEADERS: Partial<Record<Sample['name'], readonly string[]>> = {
  slack: ['X-Slack-Request-Timestamp'],
  zoom: ['x-zm-request-timestamp'],
  sendgrid: ['X-Twilio-Email-Event-Webhook-Timestamp'],
  discord: ['X-Signature-Timestamp'],
  'discord-events': ['X-Signature-Timestamp'],
  hubspot: ['X-HubSpot-Request-Timestamp'],
  fal: ['X-Fal-Webhook-Request-Id', 'X-Fal-Webhook-User-Id', 'X-Fal-Webhook-Timestamp'],
  paypal: ['PAYPAL-TRANSMISSION-ID', 'PAYPAL-TRANSMISSION-TIME', 'PAYPAL-AUTH-ALGO'],
}
const STANDARD_HEADERS = ['webhook-id', 'webhook-timestamp', 'svix-id', 'svix-timestamp']

/** Signed values beside the body, as they are and as they were. */
function values({ name, request }: Sample, changed: LooseRequest): [unknown, unknown][] {
  const headers = SIGNED_HEADERS[name] ?? STANDARD_HEADERS.filter((header) => header in request.headers)
  const pairs = headers.map((header): [unknown, unknown] => [only(changed, header), request.headers[header]])
  if (name === 'square' || name === 'hubspot-v2' || name === 'hubspot') pairs.push([changed.url, request.url])
  if (name === 'twilio') pairs.push([spelling(changed.url), spelling(request.url)])
  return pairs
}

/** Port and old escapes apart, which Twilio's own library takes either way. */
function spelling(url: string): string {
  const { protocol, hostname, pathname, searchParams } = new URL(url)
  return `${protocol}//${hostname}${pathname}?${searchParams}`
}

/** The digest that was computed must still stand in the header, and so must its time stamp. */
function signature(value: string, given: string): string | undefined {
  const digests = given.match(/[A-Za-z0-9+/_-]{20,}={0,2}/g) ?? []
  const hex = /^[0-9a-f]+$/i
  const normal = (text: string, like: string): string =>
    hex.test(like) ? text.toLowerCase() : text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', '')
  const digest = digests.at(-1) ?? ''
  if (!normal(value, digest).includes(normal(digest, digest))) return `no digest in ${value}`
  for (const stamp of [SECONDS, MILLISECONDS])
    if (
      new RegExp(`^ts?=${stamp}[,;]`).test(given) &&
      !new RegExp(`(?:^|[,;\\s])ts?=${stamp}\\s*(?:[,;]|$)`).test(value)
    )
      return `no time stamp in ${value}`
  return undefined
}
