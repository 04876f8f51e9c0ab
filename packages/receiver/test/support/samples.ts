/**
 * A good request of each provider, made from the vendor's description with node:crypto alone: nothing of the package
 * takes part in the signing. All of them are derived; the vendors' own vectors are in test/vectors.
 */
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { FetchKey, ProviderName } from '@posthorn/receiver/providers'
import { testCertificate } from './certificate.ts'

export const NOW = 1_700_000_000_500
const SECONDS = '1700000000'
const MILLISECONDS = '1700000000500'

export interface SampleRequest {
  headers: Record<string, string>
  body: Buffer
  method: string
  url: string
}

/** How a sample's signature is changed: a header's, or a text in the JSON body. */
export type SignaturePlace = { readonly header: string } | { readonly path: readonly string[] }

export interface Sample {
  readonly name: ProviderName
  readonly secret?: string
  readonly otherSecret?: string
  readonly settings?: Record<string, string | string[]>
  readonly fetchKey?: FetchKey
  readonly place: SignaturePlace
  readonly request: SampleRequest
  readonly id?: string
  readonly type?: string
  /** A static token: the body is not signed. */
  readonly token?: boolean
  /** Parts of the body that are not signed may change (Adyen, Mailgun). */
  readonly looseBody?: boolean
  readonly stamped?: boolean
}

const SECRET = 'test_secret_0123456789'
const OTHER = 'other_secret_987654321'
const WHSEC = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'
const OTHER_WHSEC = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const HEX_KEY = '44782def547aaa06c910c43932b1eb0c71fc68d9d0c057550c48ec2acf6ba056'
const OTHER_HEX = 'a'.repeat(64)
const URL_ = 'https://example.com/in/src_1?x=1'

type Parts = (string | Buffer)[]
const hmac = (algorithm: string, key: string | Buffer, ...parts: Parts) => {
  const made = createHmac(algorithm, key)
  for (const part of parts) made.update(part)
  return made
}
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value))
const request = (headers: Record<string, string>, body: Buffer, url = URL_): SampleRequest => ({
  headers: { 'Content-Type': 'application/json', ...headers },
  body,
  method: 'POST',
  url,
})
const EVENT = { id: 'evt_1', type: 'order.paid', note: 'café ☃ \u2028' }

/** HMAC-SHA256 over the body, in one header. */
function plain(
  name: ProviderName,
  header: string,
  options: {
    body?: unknown
    headers?: Record<string, string>
    prefix?: string
    encoding?: 'hex' | 'base64'
    algorithm?: string
    id?: string
    type?: string
  } = {},
): Sample {
  const { prefix = '', encoding = 'hex', algorithm = 'sha256', headers = {} } = options
  const body = json(options.body ?? EVENT)
  const value = prefix + hmac(algorithm, SECRET, body).digest(encoding)
  return {
    name,
    secret: SECRET,
    otherSecret: OTHER,
    place: { header },
    request: request({ ...headers, [header]: value }, body),
    ...(options.id === undefined ? {} : { id: options.id }),
    ...(options.type === undefined ? {} : { type: options.type }),
  }
}

/** HMAC-SHA256 in hex over a time stamp and the body. */
function stamped(
  name: ProviderName,
  header: string,
  options: {
    body: unknown
    content: (body: Buffer) => Parts
    write: (signature: string) => string
    headers?: Record<string, string>
    id?: string
    type?: string
  },
): Sample {
  const body = json(options.body)
  const signature = hmac('sha256', SECRET, ...options.content(body)).digest('hex')
  return {
    name,
    secret: SECRET,
    otherSecret: OTHER,
    place: { header },
    stamped: true,
    request: request({ ...options.headers, [header]: options.write(signature) }, body),
    ...(options.id === undefined ? {} : { id: options.id }),
    ...(options.type === undefined ? {} : { type: options.type }),
  }
}

function token(
  name: ProviderName,
  header: string,
  sample: Partial<Sample>,
  body: unknown,
  prefix = '',
): Sample {
  return {
    name,
    secret: SECRET,
    otherSecret: OTHER,
    token: true,
    place: { header },
    request: request({ [header]: prefix + SECRET, ...sample.request?.headers }, json(body)),
    ...(sample.id === undefined ? {} : { id: sample.id }),
    ...(sample.type === undefined ? {} : { type: sample.type }),
  }
}

const STANDARD = [
  'standard-webhooks',
  'svix',
  'clerk',
  'resend',
  'openai',
  'anthropic',
  'replicate',
  'render',
] as const
const STANDARD_TOO = ['brex', 'loops', 'xai', 'glean', 'gitlab'] as const

function standard(name: ProviderName): Sample {
  const body = json(name === 'gitlab' ? { object_kind: 'push' } : EVENT)
  const key = Buffer.from(WHSEC.slice(6), 'base64')
  const signature = hmac('sha256', key, `msg_1.${SECONDS}.`, body).digest('base64')
  const prefix = ['svix', 'clerk', 'resend'].includes(name) ? 'svix' : 'webhook'
  return {
    name,
    secret: WHSEC,
    otherSecret: OTHER_WHSEC,
    stamped: true,
    place: { header: `${prefix}-signature` },
    request: request(
      {
        [`${prefix}-id`]: 'msg_1',
        [`${prefix}-timestamp`]: SECONDS,
        [`${prefix}-signature`]: `v1,${signature}`,
      },
      body,
    ),
    id: 'msg_1',
    type: name === 'gitlab' ? 'push' : 'order.paid',
  }
}

function discord(name: 'discord' | 'discord-events'): Sample {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const other = generateKeyPairSync('ed25519').publicKey
  const body = json(
    name === 'discord'
      ? { id: '77', type: 2, data: { name: 'ask' } }
      : { type: 1, event: { type: 'ENTITLEMENT_CREATE', timestamp: 't' } },
  )
  const signature = sign(null, Buffer.concat([Buffer.from(SECONDS), body]), privateKey).toString('hex')
  return {
    name,
    secret: rawKey(publicKey),
    otherSecret: rawKey(other),
    stamped: true,
    place: { header: 'X-Signature-Ed25519' },
    request: request({ 'X-Signature-Ed25519': signature, 'X-Signature-Timestamp': SECONDS }, body),
    ...(name === 'discord' ? { id: '77' } : { type: 'ENTITLEMENT_CREATE' }),
  }
}

const rawKey = (key: KeyObject): string =>
  Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url').toString('hex')

function sendgrid(): Sample {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const spki = (key: KeyObject): string => key.export({ format: 'der', type: 'spki' }).toString('base64')
  const body = Buffer.from('[{"sg_event_id":"a","event":"open"},\r\n{"sg_event_id":"b","event":"click"}]\r\n')
  const header = 'X-Twilio-Email-Event-Webhook-Signature'
  const signature = sign('sha256', Buffer.concat([Buffer.from(SECONDS), body]), privateKey).toString('base64')
  const headers = { [header]: signature, 'X-Twilio-Email-Event-Webhook-Timestamp': SECONDS }
  return {
    name: 'sendgrid',
    secret: spki(publicKey),
    otherSecret: spki(other),
    stamped: true,
    place: { header },
    request: request(headers, body),
  }
}

function twilio(): Sample {
  const fields = { To: '+18005551212', Body: 'café & more', From: '+14158675309' }
  const text = Object.entries(fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => key + value)
    .join('')
  const header = 'X-Twilio-Signature'
  const signature = hmac('sha1', SECRET, URL_, text).digest('base64')
  const headers = {
    [header]: signature,
    'Content-Type': 'application/x-www-form-urlencoded',
    'I-Twilio-Idempotency-Token': 'idem-1',
  }
  return {
    name: 'twilio',
    secret: SECRET,
    otherSecret: OTHER,
    place: { header },
    request: request(headers, Buffer.from(new URLSearchParams(fields).toString())),
    id: 'idem-1',
  }
}

function square(): Sample {
  const body = json({ event_id: 'sq_1', type: 'payment.updated' })
  const header = 'x-square-hmacsha256-signature'
  const signature = hmac('sha256', SECRET, URL_, body).digest('base64')
  return {
    name: 'square',
    secret: SECRET,
    otherSecret: OTHER,
    place: { header },
    request: request({ [header]: signature }, body),
    id: 'sq_1',
    type: 'payment.updated',
  }
}

function hubspot(name: 'hubspot' | 'hubspot-v1' | 'hubspot-v2'): Sample {
  const body = json([
    { eventId: 1, subscriptionId: 2, occurredAt: 3, subscriptionType: 'contact.creation' },
    { eventId: 4, subscriptionId: 2, occurredAt: 5, subscriptionType: 'contact.deletion' },
  ])
  const plainHash = (...parts: Parts) => {
    const hash = createHash('sha256').update(SECRET)
    for (const part of parts) hash.update(part)
    return hash.digest('hex')
  }
  const v3 = hmac('sha256', SECRET, 'POST', URL_, body, MILLISECONDS).digest('base64')
  const headers: Record<string, string> =
    name === 'hubspot'
      ? { 'X-HubSpot-Signature-v3': v3, 'X-HubSpot-Request-Timestamp': MILLISECONDS }
      : { 'X-HubSpot-Signature': name === 'hubspot-v1' ? plainHash(body) : plainHash('POST', URL_, body) }
  return {
    name,
    secret: SECRET,
    otherSecret: OTHER,
    stamped: name === 'hubspot',
    place: { header: Object.keys(headers)[0] ?? '' },
    request: request(headers, body),
  }
}

function mailgun(): Sample {
  const mailToken = 'a1'.repeat(25)
  const signature = hmac('sha256', SECRET, SECONDS, mailToken).digest('hex')
  return {
    name: 'mailgun',
    secret: SECRET,
    otherSecret: OTHER,
    looseBody: true,
    stamped: true,
    place: { path: ['signature', 'signature'] },
    request: request(
      {},
      json({
        signature: { timestamp: SECONDS, token: mailToken, signature },
        'event-data': { id: 'mg_1', event: 'delivered' },
      }),
    ),
    id: 'mg_1',
    type: 'delivered',
  }
}

function adyen(): Sample {
  const item = (pspReference: string) => {
    const fields = {
      pspReference,
      originalReference: '',
      merchantAccountCode: 'Shop',
      merchantReference: 'order-1',
      amount: { value: 1000, currency: 'EUR' },
      eventCode: 'AUTHORISATION',
      success: 'true',
    }
    const content = [pspReference, '', 'Shop', 'order-1', '1000', 'EUR', 'AUTHORISATION', 'true'].join(':')
    const hmacSignature = hmac('sha256', Buffer.from(HEX_KEY, 'hex'), content).digest('base64')
    return { NotificationRequestItem: { ...fields, additionalData: { hmacSignature } } }
  }
  return {
    name: 'adyen',
    secret: HEX_KEY,
    otherSecret: OTHER_HEX,
    looseBody: true,
    place: { path: ['notificationItems', '1', 'NotificationRequestItem', 'additionalData', 'hmacSignature'] },
    request: request({}, json({ live: 'false', notificationItems: [item('psp_1'), item('psp_2')] })),
  }
}

function adyenPlatform(): Sample {
  const body = json({ type: 'balancePlatform.accountHolder.created' })
  return {
    name: 'adyen-platform',
    secret: HEX_KEY,
    otherSecret: OTHER_HEX,
    place: { header: 'hmacsignature' },
    request: request(
      { hmacsignature: hmac('sha256', Buffer.from(HEX_KEY, 'hex'), body).digest('base64') },
      body,
    ),
    type: 'balancePlatform.accountHolder.created',
  }
}

const certificate = testCertificate()
const fetchKey: FetchKey = () => Promise.resolve(certificate.pem)

function paypal(): Sample {
  const body = json({ id: 'WH-1', event_type: 'PAYMENT.SALE.COMPLETED' })
  const time = '2023-11-14T22:13:20Z'
  const content = `tx-1|${time}|WEBHOOK_ID|${crc32(body)}`
  return {
    name: 'paypal',
    settings: { webhookId: 'WEBHOOK_ID' },
    fetchKey,
    place: { header: 'PAYPAL-TRANSMISSION-SIG' },
    request: request(
      {
        'PAYPAL-TRANSMISSION-ID': 'tx-1',
        'PAYPAL-TRANSMISSION-TIME': time,
        'PAYPAL-AUTH-ALGO': 'SHA256withRSA',
        'PAYPAL-CERT-URL': 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42',
        'PAYPAL-TRANSMISSION-SIG': sign('sha256', Buffer.from(content), certificate.privateKey).toString(
          'base64',
        ),
      },
      body,
    ),
    id: 'WH-1',
    type: 'PAYMENT.SALE.COMPLETED',
  }
}

export const TOPIC = 'arn:aws:sns:us-east-1:123456789012:orders'

export function snsMessage(
  message: Record<string, string>,
  version: '1' | '2' = '2',
): Record<string, string> {
  const names = ['Message', 'MessageId', 'Subject', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const content = names.flatMap((name) =>
    message[name] === undefined ? [] : [`${name}\n${message[name]}\n`],
  )
  const hash = version === '1' ? 'sha1' : 'sha256'
  return {
    ...message,
    SignatureVersion: version,
    Signature: sign(hash, Buffer.from(content.join('')), certificate.privateKey).toString('base64'),
    SigningCertURL: 'https://sns.us-east-1.amazonaws.com/SimpleNotificationService-abc123.pem',
  }
}

function sns(): Sample {
  const message = {
    Type: 'Notification',
    MessageId: 'sns-1',
    TopicArn: TOPIC,
    Message: '{"a":1}',
    Timestamp: '2023-11-14T22:13:20.000Z',
  }
  return {
    name: 'aws-sns',
    settings: { topicArns: [TOPIC] },
    fetchKey,
    looseBody: true,
    place: { path: ['Signature'] },
    request: request({ 'Content-Type': 'text/plain; charset=UTF-8' }, json(snsMessage(message))),
    id: 'sns-1',
    type: 'Notification',
  }
}

function graph(): Sample {
  const item = { clientState: SECRET, changeType: 'created', resource: 'Users/1/Messages/2' }
  return {
    name: 'ms-graph',
    secret: SECRET,
    otherSecret: OTHER,
    token: true,
    looseBody: true,
    place: { path: ['value', '1', 'clientState'] },
    request: request({}, json({ value: [item, { ...item, changeType: 'updated' }] })),
  }
}

const dot = (stamp: string) => (body: Buffer) => [`${stamp}.`, body]
const pairs =
  (stamp: string, gap = '') =>
  (signature: string) =>
    `t=${stamp},${gap}v1=${signature}`
const v0 = {
  content: (body: Buffer) => [`v0:${SECONDS}:`, body],
  write: (signature: string) => `v0=${signature}`,
}
const meta = {
  object: 'page',
  entry: [{ id: '1', time: 2, changes: [{ field: 'feed', value: { text: 'caf\\u00e9' } }] }],
}
const whatsapp = {
  object: 'whatsapp_business_account',
  entry: [
    {
      id: '1',
      changes: [{ field: 'messages', value: { messages: [{ id: 'wamid.1' }, { id: 'wamid.2' }] } }],
    },
  ],
}
const calendly = {
  event: 'invitee.created',
  created_at: '2020-11-23T17:51:19Z',
  payload: { uri: 'https://x/1' },
}

export const SAMPLES: readonly Sample[] = [
  stamped('stripe', 'Stripe-Signature', {
    body: EVENT,
    content: dot(SECONDS),
    write: pairs(SECONDS),
    id: 'evt_1',
    type: 'order.paid',
  }),
  plain('github', 'X-Hub-Signature-256', {
    body: { action: 'opened' },
    prefix: 'sha256=',
    headers: { 'X-GitHub-Event': 'issues', 'X-GitHub-Delivery': 'guid-1' },
    id: 'guid-1',
    type: 'issues.opened',
  }),
  plain('shopify', 'X-Shopify-Hmac-Sha256', {
    encoding: 'base64',
    headers: {
      'X-Shopify-Topic': 'orders/create',
      'X-Shopify-Event-Id': 'ev-1',
      'X-Shopify-Webhook-Id': 'wh-1',
    },
    id: 'ev-1',
    type: 'orders/create',
  }),
  stamped('slack', 'X-Slack-Signature', {
    body: { type: 'event_callback', event_id: 'Ev1', event: { type: 'app_mention' } },
    headers: { 'X-Slack-Request-Timestamp': SECONDS },
    ...v0,
    id: 'Ev1',
    type: 'app_mention',
  }),
  stamped('zoom', 'x-zm-signature', {
    body: { event: 'meeting.started' },
    headers: { 'x-zm-request-timestamp': SECONDS },
    ...v0,
    type: 'meeting.started',
  }),
  stamped('linear', 'Linear-Signature', {
    body: { type: 'Issue', action: 'create', webhookTimestamp: Number(MILLISECONDS) },
    headers: { 'Linear-Delivery': 'lin-1', 'Linear-Event': 'Issue' },
    content: (body) => [body],
    write: (signature) => signature,
    id: 'lin-1',
    type: 'Issue.create',
  }),
  plain('intercom', 'X-Hub-Signature', {
    body: { id: 'notif_1', topic: 'user.created' },
    prefix: 'sha1=',
    algorithm: 'sha1',
    id: 'notif_1',
    type: 'user.created',
  }),
  plain('bitbucket', 'X-Hub-Signature', {
    prefix: 'sha256=',
    headers: { 'X-Request-UUID': 'bb-1', 'X-Event-Key': 'repo:push' },
    id: 'bb-1',
    type: 'repo:push',
  }),
  stamped('paddle', 'Paddle-Signature', {
    body: { event_id: 'evt_p', event_type: 'transaction.paid' },
    content: (body) => [`${SECONDS}:`, body],
    write: (signature) => `ts=${SECONDS};h1=${signature}`,
    id: 'evt_p',
    type: 'transaction.paid',
  }),
  plain('lemon-squeezy', 'X-Signature', {
    headers: { 'X-Event-Name': 'order_created' },
    type: 'order_created',
  }),
  plain('xero', 'x-xero-signature', {
    encoding: 'base64',
    body: {
      events: [{ eventCategory: 'CONTACT', eventType: 'UPDATE', resourceId: 'r' }],
      firstEventSequence: 1,
    },
  }),
  plain('dropbox', 'X-Dropbox-Signature', {
    body: { list_folder: { accounts: ['dbid:1', 'dbid:2'] } },
    type: 'list_folder',
  }),
  stamped('workos', 'WorkOS-Signature', {
    body: { id: 'event_1', event: 'dsync.user.created' },
    content: dot(MILLISECONDS),
    write: pairs(MILLISECONDS, ' '),
    id: 'event_1',
    type: 'dsync.user.created',
  }),
  plain('typeform', 'Typeform-Signature', {
    encoding: 'base64',
    prefix: 'sha256=',
    body: { event_id: 'tf_1', event_type: 'form_response' },
    id: 'tf_1',
    type: 'form_response',
  }),
  stamped('calendly', 'Calendly-Webhook-Signature', {
    body: calendly,
    content: dot(SECONDS),
    write: pairs(SECONDS),
    id: 'invitee.created 2020-11-23T17:51:19Z https://x/1',
    type: 'invitee.created',
  }),
  plain('docusign', 'X-DocuSign-Signature-1', {
    encoding: 'base64',
    body: { event: 'envelope-completed', generatedDateTime: 'T', data: { envelopeId: 'E' } },
    id: 'envelope-completed T E',
    type: 'envelope-completed',
  }),
  plain('meta', 'X-Hub-Signature-256', { prefix: 'sha256=', body: meta, type: 'page' }),
  plain('whatsapp', 'X-Hub-Signature-256', {
    prefix: 'sha256=',
    body: whatsapp,
    type: 'whatsapp_business_account',
  }),
  token(
    'telegram',
    'X-Telegram-Bot-Api-Secret-Token',
    { id: '10', type: 'message' },
    { update_id: 10, message: {} },
  ),
  token('gitlab-token', 'X-Gitlab-Token', { type: 'push' }, { object_kind: 'push' }),
  token('okta', 'Authorization', {}, { data: { events: [{ uuid: 'u1', eventType: 'user.session.start' }] } }),
  token('auth0', 'Authorization', {}, [{ log_id: 'l1', data: { type: 's' } }]),
  token(
    'cloudevents',
    'Authorization',
    { id: '/orders 1', type: 'order.paid' },
    { specversion: '1.0', id: '1', source: '/orders', type: 'order.paid' },
    'Bearer ',
  ),
  ...[...STANDARD, ...STANDARD_TOO].map(standard),
  discord('discord'),
  discord('discord-events'),
  sendgrid(),
  twilio(),
  square(),
  hubspot('hubspot'),
  hubspot('hubspot-v2'),
  hubspot('hubspot-v1'),
  mailgun(),
  adyen(),
  adyenPlatform(),
  paypal(),
  sns(),
  graph(),
]
