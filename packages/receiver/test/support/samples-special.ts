import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { FetchKey } from '@posthorn/receiver/providers'
import { testCertificate } from './certificate.ts'
import {
  HEX_KEY,
  hmac,
  json,
  MILLISECONDS,
  OTHER,
  OTHER_HEX,
  type Parts,
  request,
  type Sample,
  SECONDS,
  SECRET,
  URL_,
} from './sample.ts'

export function discord(name: 'discord' | 'discord-events'): Sample {
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

export function sendgrid(): Sample {
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

export function twilio(): Sample {
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

export function square(): Sample {
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

export function hubspot(name: 'hubspot' | 'hubspot-v1' | 'hubspot-v2'): Sample {
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

export function mailgun(): Sample {
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

export function adyen(): Sample {
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

export function adyenPlatform(): Sample {
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

export function paypal(): Sample {
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

export function sns(): Sample {
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

export const falKey = generateKeyPairSync('ed25519')
export const keySetOf = (...keys: KeyObject[]): string =>
  JSON.stringify({ keys: keys.map((key, index) => ({ ...key.export({ format: 'jwk' }), kid: `k${index}` })) })

export function fal(): Sample {
  const body = json({ request_id: 'fal-1', status: 'OK', payload: { seed: 1 } })
  const lines = ['fal-1', 'user-1', SECONDS, createHash('sha256').update(body).digest('hex')]
  const header = 'X-Fal-Webhook-Signature'
  const signature = sign(null, Buffer.from(lines.join('\n')), falKey.privateKey).toString('hex')
  const headers = {
    [header]: signature,
    'X-Fal-Webhook-Request-Id': 'fal-1',
    'X-Fal-Webhook-User-Id': 'user-1',
    'X-Fal-Webhook-Timestamp': SECONDS,
  }
  return {
    name: 'fal',
    settings: { userIds: ['user-1'] },
    fetchKey: () => Promise.resolve(keySetOf(falKey.publicKey)),
    stamped: true,
    place: { header },
    request: request(headers, body),
    id: 'fal-1',
    type: 'OK',
  }
}

export function graph(): Sample {
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
