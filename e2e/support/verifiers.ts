/** Each signature scheme as a receiver would check it: by somebody else's library, or by `node:crypto` where none is. */
import assert from 'node:assert/strict'
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto'
import { Webhooks } from '@octokit/webhooks'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import type { CreatedSubscription } from './shapes.ts'
import { headersOf, type RecordedRequest } from './targets.ts'

export const SCHEMES = ['standard', 'standard-ed25519', 'timestamped', 'prefixed', 'split', 'plain'] as const
export type Scheme = (typeof SCHEMES)[number]

/** The header prefix that makes each scheme look like its model. */
export const PREFIXES: Readonly<Record<Scheme, string>> = {
  standard: 'X-Webhook',
  'standard-ed25519': 'X-Webhook',
  timestamped: 'Stripe',
  prefixed: 'X-Hub',
  split: 'X-Webhook',
  plain: 'X-Intelli',
}

/** Throws when the request is not what `subscription`'s scheme and secret sign. */
export type Verifier = (request: RecordedRequest) => void | Promise<void>

export function foreignVerifier(subscription: CreatedSubscription): Verifier {
  const secret = subscription.signing_secret
  const prefix = subscription.signature.header_prefix.toLowerCase()
  switch (subscription.signature.scheme as Scheme) {
    case 'standard': {
      const libraries = [new StandardWebhook(secret), new SvixWebhook(secret)]
      return (request) => {
        for (const library of libraries) library.verify(textOf(request), headersOf(request))
      }
    }
    case 'standard-ed25519':
      return ed25519(subscription.public_key ?? assert.fail('no public key was shown'))
    case 'timestamped': {
      const { webhooks } = new Stripe('sk_test_1')
      return (request) => {
        webhooks.constructEvent(textOf(request), headerOf(request, `${prefix}-signature`), secret)
      }
    }
    case 'prefixed': {
      const octokit = new Webhooks({ secret })
      return async (request) => {
        const header = headerOf(request, `${prefix}-signature`)
        assert.ok(await octokit.verify(textOf(request), header), 'octokit refused the signature')
      }
    }
    case 'split':
      return (request) => {
        const at = headerOf(request, `${prefix}-timestamp`)
        assert.match(at, /^\d{13}$/)
        checkHex(headerOf(request, `${prefix}-signature`), secret, `${at}.`, request.body)
      }
    case 'plain':
      return (request) => {
        assert.match(headerOf(request, `${prefix}-timestamp`), /^\d{10}$/)
        checkHex(headerOf(request, `${prefix}-signature`), secret, '', request.body)
      }
  }
}

/** Where the event id stands on the wire. */
export function eventIdOf(request: RecordedRequest, scheme: Scheme, prefix: string): string {
  if (scheme.startsWith('standard')) return headerOf(request, 'webhook-id')
  return headerOf(request, scheme === 'plain' ? `${prefix}-Event-Id` : `${prefix}-Id`)
}

export function headerOf(request: RecordedRequest, name: string): string {
  return request.header(name) ?? assert.fail(`no header ${name} among ${JSON.stringify(request.headers)}`)
}

export function textOf({ body }: RecordedRequest): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
}

function checkHex(hex: string, secret: string, before: string, body: Uint8Array): void {
  const wanted = createHmac('sha256', secret).update(before).update(body).digest()
  assert.match(hex, /^[0-9a-f]{64}$/)
  assert.ok(timingSafeEqual(Buffer.from(hex, 'hex'), wanted), 'the signature does not fit')
}

function ed25519(publicKey: string): Verifier {
  assert.match(publicKey, /^whpk_/)
  const x = Buffer.from(publicKey.slice('whpk_'.length), 'base64').toString('base64url')
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  return (request) => {
    const [id, at] = [headerOf(request, 'webhook-id'), headerOf(request, 'webhook-timestamp')]
    const [version, signature = ''] = headerOf(request, 'webhook-signature').split(',')
    assert.equal(version, 'v1a')
    const signed = Buffer.concat([Buffer.from(`${id}.${at}.`), request.body])
    assert.ok(verify(null, signed, key, Buffer.from(signature, 'base64')), 'the signature does not fit')
  }
}
