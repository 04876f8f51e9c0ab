/** Requests of providers over plain `node:http`, signed by other people's libraries where there is one. */
import { createHmac } from 'node:crypto'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { sign as githubSign } from '@octokit/webhooks-methods'
import Stripe from 'stripe'

export interface Source {
  readonly id: string
  readonly slug: string
  readonly ingest_url: string
  readonly provider: string | null
  readonly secrets: ReadonlyArray<{ readonly created_at: string }>
  readonly let_through: ReadonlyArray<{ readonly event_id: string | null; readonly until: string }>
}

export interface Inbound {
  readonly id: string
  readonly verdict: string
  readonly reason: string | null
  readonly status: number
  readonly address: string | null
  readonly event_ids: readonly string[]
  readonly headers: ReadonlyArray<{ readonly name: string; readonly value: string }>
  readonly body_bytes: number | null
  readonly body_text?: string
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

export interface Sent {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | string[]>>
  /** Several: sent chunked, one after the other. */
  readonly body?: string | Buffer | readonly Buffer[]
}

export function send(url: string, { method = 'POST', headers = {}, body }: Sent): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const whole = typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.from(body) : null
    const length = whole === null ? {} : { 'content-length': String(whole.length) }
    const sent = httpRequest(url, { method, agent: false, headers: { ...length, ...headers } })
    sent.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    sent.on('error', reject)
    if (whole === null) for (const piece of (body ?? []) as readonly Buffer[]) sent.write(piece)
    sent.end(whole ?? undefined)
  })
}

export const GITHUB_SECRET = 'a secret of sixteen bytes and more'

/** As GitHub sends it; the signature is made by its own library. */
export async function githubHeaders(
  body: string,
  id: string,
  type = 'push',
): Promise<Record<string, string>> {
  return {
    'content-type': 'application/json',
    'user-agent': 'GitHub-Hookshot/044aadd',
    'x-github-delivery': id,
    'x-github-event': type,
    'x-hub-signature-256': await githubSign(GITHUB_SECRET, body),
  }
}

export const STRIPE_SECRET = 'whsec_test_secret_of_the_gateway'
const stripe = new Stripe('sk_test_1')

export function stripeHeaders(body: string): Record<string, string> {
  const options = { payload: body, secret: STRIPE_SECRET }
  return {
    'content-type': 'application/json; charset=utf-8',
    'stripe-signature': stripe.webhooks.generateTestHeaderString(options),
  }
}

export const SLACK_SECRET = '8f742231b10e8888abcd99yyyzzz85a5'

/** https://docs.slack.dev/authentication/verifying-requests-from-slack */
export function slackHeaders(body: string): Record<string, string> {
  const at = String(Math.floor(Date.now() / 1000))
  const digest = createHmac('sha256', SLACK_SECRET).update(`v0:${at}:${body}`).digest('hex')
  return {
    'content-type': 'application/json',
    'x-slack-request-timestamp': at,
    'x-slack-signature': `v0=${digest}`,
  }
}
