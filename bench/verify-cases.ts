/** A genuine request of each of some providers, and verifying it with nothing but `node:crypto`. */
import {
  createHmac,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  timingSafeEqual,
  verify,
} from 'node:crypto'
import { type SignatureScheme, standardWebhooks } from '@posthorn/receiver'
import { discord, github, sendgrid, shopify, slack, stripe } from '@posthorn/receiver/providers'

export interface VerifyCase {
  readonly name: string
  readonly scheme: SignatureScheme
  readonly secret: string
  /** As Node gives them: a record with names in lower case, those that every request has among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly bare: () => boolean
}

const TEXT = 'a-secret-for-the-benchmark-only-0123456789'
const NOW_S = String(Math.floor(Date.now() / 1000))
const body = Buffer.from(
  JSON.stringify({ id: 'evt_1', type: 'invoice.paid', event_id: 'Ev1', padding: 'x'.repeat(954) }),
)
const USUAL = {
  host: 'webhooks.example.com',
  'user-agent': 'Sender/1.0 (+https://example.com)',
  accept: '*/*',
  'accept-encoding': 'gzip',
  'content-type': 'application/json',
  'content-length': String(body.length),
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-proto': 'https',
}

interface Hmac {
  readonly scheme: SignatureScheme
  readonly secret?: string
  readonly key?: KeyObject
  /** What is signed before the body. */
  readonly before?: string
  readonly encoding: 'hex' | 'base64'
  readonly headers: (signature: string) => Record<string, string>
}

function hmac(name: string, given: Hmac): VerifyCase {
  const { scheme, secret = TEXT, key = createSecretKey(Buffer.from(TEXT)), before = '', encoding } = given
  const signed = () => {
    const digest = createHmac('sha256', key)
    return (before === '' ? digest : digest.update(before)).update(body).digest()
  }
  const signature = signed().toString(encoding)
  const bare = () => timingSafeEqual(signed(), Buffer.from(signature, encoding))
  return { name, scheme, secret, headers: { ...USUAL, ...given.headers(signature) }, body, bare }
}

function publicKey(
  name: string,
  given: Pick<VerifyCase, 'scheme' | 'secret'> & {
    readonly keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
    readonly hash: string | null
    readonly encoding: 'hex' | 'base64'
    readonly headers: (signature: string) => Record<string, string>
  },
): VerifyCase {
  const { scheme, secret, keys, hash, encoding } = given
  const signed = Buffer.concat([Buffer.from(NOW_S), body])
  const signature = sign(hash, signed, keys.privateKey).toString(encoding)
  const bare = () => verify(hash, signed, keys.publicKey, Buffer.from(signature, encoding))
  return { name, scheme, secret, headers: { ...USUAL, ...given.headers(signature) }, body, bare }
}

const standardKey = Buffer.alloc(32, 7)
const ed25519 = generateKeyPairSync('ed25519')
const p256 = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })

export const VERIFY_CASES: readonly VerifyCase[] = [
  hmac('GitHub', {
    scheme: github.scheme,
    encoding: 'hex',
    headers: (signature) => ({
      'x-hub-signature-256': `sha256=${signature}`,
      'x-github-delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
      'x-github-event': 'issues',
    }),
  }),
  hmac('Stripe', {
    scheme: stripe.scheme,
    before: `${NOW_S}.`,
    encoding: 'hex',
    headers: (signature) => ({ 'stripe-signature': `t=${NOW_S},v1=${signature}` }),
  }),
  hmac('Shopify', {
    scheme: shopify.scheme,
    encoding: 'base64',
    headers: (signature) => ({
      'x-shopify-hmac-sha256': signature,
      'x-shopify-event-id': '98880550-7158-44d4-b7cd-2c97c8a091b5',
      'x-shopify-topic': 'orders/create',
    }),
  }),
  hmac('Slack', {
    scheme: slack.scheme,
    before: `v0:${NOW_S}:`,
    encoding: 'hex',
    headers: (signature) => ({
      'x-slack-signature': `v0=${signature}`,
      'x-slack-request-timestamp': NOW_S,
    }),
  }),
  hmac('Standard Webhooks', {
    scheme: standardWebhooks(),
    secret: `whsec_${standardKey.toString('base64')}`,
    key: createSecretKey(standardKey),
    before: `msg_1.${NOW_S}.`,
    encoding: 'base64',
    headers: (signature) => ({
      'webhook-id': 'msg_1',
      'webhook-timestamp': NOW_S,
      'webhook-signature': `v1,${signature}`,
    }),
  }),
  publicKey('Discord (ed25519)', {
    scheme: discord.scheme,
    secret: Buffer.from(ed25519.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('hex'),
    keys: ed25519,
    hash: null,
    encoding: 'hex',
    headers: (signature) => ({ 'x-signature-ed25519': signature, 'x-signature-timestamp': NOW_S }),
  }),
  publicKey('SendGrid (ECDSA P-256)', {
    scheme: sendgrid.scheme,
    secret: p256.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    keys: p256,
    hash: 'sha256',
    encoding: 'base64',
    headers: (signature) => ({
      'x-twilio-email-event-webhook-signature': signature,
      'x-twilio-email-event-webhook-timestamp': NOW_S,
    }),
  }),
]
