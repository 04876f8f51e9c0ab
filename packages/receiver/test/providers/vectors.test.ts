/** The vendors' own vectors (test/vectors/providers.json names each source), by the presets. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { VerifyRequest } from '@posthorn/receiver'
import { nodeCrypto } from '@posthorn/receiver/node'
import { createProviderReceiver, PROVIDERS, type ProviderName } from '@posthorn/receiver/providers'
import { crc32 } from '../../src/providers/code/crc32.ts'

interface Vector {
  readonly name: string
  readonly source: string
  readonly secret?: string
  readonly secretHex?: string
  readonly publicKey?: string
  readonly timestamp?: string
  readonly id?: string
  readonly token?: string
  readonly url?: string
  readonly method?: string
  readonly params?: Record<string, string>
  readonly header?: string
  readonly signedContent?: string
  readonly expected: string
  readonly body?: string
}

const VECTORS: Vector[] = JSON.parse(
  readFileSync(new URL('../vectors/providers.json', import.meta.url), 'utf8'),
)
const STAMP_HEADERS: Partial<Record<ProviderName, string>> = {
  slack: 'X-Slack-Request-Timestamp',
  sendgrid: 'X-Twilio-Email-Event-Webhook-Timestamp',
  'standard-webhooks': 'webhook-timestamp',
  zoom: 'x-zm-request-timestamp',
  hubspot: 'X-HubSpot-Request-Timestamp',
}

/** Vector name → preset. Those that are missing belong to generic schemes and stand in signatures.json. */
const PRESET: Record<string, ProviderName> = {
  github: 'github',
  bitbucket: 'bitbucket',
  'standard-webhooks-v1': 'standard-webhooks',
  slack: 'slack',
  'twilio-form': 'twilio',
  'twilio-json-bodySHA256': 'twilio',
  'sendgrid-ecdsa': 'sendgrid',
  'sendgrid-ecdsa-batch-of-2-crlf': 'sendgrid',
  square: 'square',
  'adyen-payment-item': 'adyen',
  'hubspot-v1': 'hubspot-v1',
  'hubspot-v2-post': 'hubspot-v2',
  'hubspot-v3': 'hubspot',
  dropbox: 'dropbox',
  'meta-whatsapp': 'whatsapp',
  mailgun: 'mailgun',
  paddle: 'paddle',
  'convoy-shopify-base64': 'shopify',
  'intercom-sha1': 'intercom',
  stripe: 'stripe',
  'ts.body ms (WorkOS form)': 'workos',
  'sha256=base64 (Typeform form)': 'typeform',
  'v0:ts:body (Slack, Zoom form)': 'zoom',
  'ts:body (Paddle form)': 'paddle',
}

const clockOf = ({ timestamp = '1700000000' }: Vector): number =>
  Number(timestamp) * (timestamp.length > 10 ? 1 : 1000)

function requestOf(vector: Vector, name: ProviderName): VerifyRequest {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' }
  if (vector.header) headers[vector.header] = vector.expected
  if (vector.id) headers['webhook-id'] = vector.id
  const stampHeader = STAMP_HEADERS[name]
  if (stampHeader && vector.timestamp) headers[stampHeader] = vector.timestamp
  if (vector.params) headers['Content-Type'] = 'application/x-www-form-urlencoded'
  const { method, url } = vector
  return { headers, body: bodyOf(vector, name), method, url }
}

function bodyOf(vector: Vector, name: ProviderName): Buffer {
  if (vector.params) return Buffer.from(new URLSearchParams(vector.params).toString())
  if (name === 'mailgun') {
    const { timestamp, token, expected: signature } = vector
    return Buffer.from(JSON.stringify({ signature: { timestamp, token, signature }, 'event-data': {} }))
  }
  if (name !== 'adyen') return Buffer.from(vector.body ?? assert.fail('a vector without a body'))
  const [
    pspReference,
    originalReference,
    merchantAccountCode,
    merchantReference,
    value,
    currency,
    eventCode,
    success,
  ] = vector.signedContent?.split(':') ?? []
  const item = { pspReference, originalReference, merchantAccountCode, merchantReference, eventCode, success }
  const signed = {
    ...item,
    amount: { value: Number(value), currency },
    additionalData: { hmacSignature: vector.expected },
  }
  return Buffer.from(
    JSON.stringify({ live: 'false', notificationItems: [{ NotificationRequestItem: signed }] }),
  )
}

for (const [index, vector] of VECTORS.entries()) {
  const name = PRESET[vector.name]
  if (!name) continue
  const kind = vector.source.startsWith('derived') ? 'derived' : 'public'
  test(`${kind} vector ${index} ${vector.name}: the preset ${name} accepts it, and not with another byte`, async () => {
    const secret = vector.secret ?? vector.secretHex ?? vector.publicKey ?? ''
    for (const crypto of [nodeCrypto(), undefined]) {
      const receiver = createProviderReceiver({
        provider: PROVIDERS[name],
        secrets: [secret],
        crypto,
        clock: () => clockOf(vector),
      })
      const request = requestOf(vector, name)
      const result = await receiver.verify(request)
      assert.ok(result.ok, JSON.stringify(result))
      const other = Buffer.from(request.body)
      // In the signed part: of Mailgun's and Adyen's bodies that is not every byte.
      const at =
        name === 'mailgun' ? other.indexOf('token":"') + 10 : name === 'adyen' ? other.indexOf('EUR') : 2
      other[at]! ^= 1
      const refused = await receiver.verify({ ...request, body: other })
      assert.ok(!refused.ok)
    }
  })
}

test('each preset with a public vector in the collection is tried with it', () => {
  const tried = new Set(VECTORS.filter(({ name }) => PRESET[name]).map(({ name }) => name))
  assert.deepEqual(
    Object.keys(PRESET).filter((name) => !tried.has(name)),
    [],
  )
  const untried = VECTORS.filter(({ name, source }) => !source.startsWith('derived') && !PRESET[name]).map(
    ({ name }) => name,
  )
  assert.deepEqual(untried, [
    'standard-webhooks-v1a-ed25519',
    'convoy-simple-sha256-hex',
    'convoy-advanced-comma',
  ])
})

// twilio-node spec/validation.spec.js
const TWILIO = [
  ['https://mycompany.com/myapp.php?foo=1&bar=2', 'RSOYDt4T1cUTdK1PDd93/VVr8B8='],
  ['https://mycompany.com:443/myapp.php?foo=1&bar=2', 'kvajT1Ptam85bY51eRf/AJRuM3w='],
  ['http://mycompany.com:80/myapp.php?foo=1&bar=2', '0ZXoZLH/DfblKGATFgpif+LLRf4='],
] as const

test('Twilio: signed with or without the port, accepted for the URL with or without it', async () => {
  const vector = VECTORS.find(({ name }) => name === 'twilio-form') ?? assert.fail()
  const receiver = createProviderReceiver({
    provider: PROVIDERS.twilio,
    secrets: ['12345'],
    crypto: nodeCrypto(),
  })
  for (const [signedUrl, signature] of TWILIO)
    for (const url of [signedUrl, signedUrl.replace(/:\d+\//, '/')]) {
      const request = requestOf({ ...vector, url, expected: signature }, 'twilio')
      const result = await receiver.verify(request)
      assert.ok(result.ok, `${url} ${signature} ${JSON.stringify(result)}`)
    }
  for (const url of [
    'https://mycompany.com/myapp.php?foo=1',
    'http://mycompany.com/myapp.php?foo=1&bar=2',
    'https://evil.example/myapp.php?foo=1&bar=2',
  ]) {
    const result = await receiver.verify({ ...requestOf(vector, 'twilio'), url })
    assert.ok(!result.ok, url)
  }
})

test('Twilio: values of one key are sorted and each is signed once; legacy escapes in the query', async () => {
  const { createHmac } = await import('node:crypto')
  const sign = (text: string) => createHmac('sha1', '12345').update(text).digest('base64')
  const receiver = createProviderReceiver({
    provider: PROVIDERS.twilio,
    secrets: ['12345'],
    crypto: nodeCrypto(),
  })
  const headers = (signature: string) => ({
    'X-Twilio-Signature': signature,
    'Content-Type': 'application/x-www-form-urlencoded',
  })
  const url = "https://a.example/in?who=it's+(me)"
  const body = Buffer.from('B=2&A=z&A=a&A=z')
  for (const signedUrl of [
    url,
    'https://a.example/in?who=it%27s+(me)',
    "https://a.example:443/in?who=it's%20(me)",
  ]) {
    const result = await receiver.verify({ headers: headers(sign(`${signedUrl}AaAzB2`)), body, url })
    assert.ok(result.ok, signedUrl)
  }
})

test('Twilio: a body that is not covered by the signature is refused', async () => {
  const vector = VECTORS.find(({ name }) => name === 'twilio-json-bodySHA256') ?? assert.fail()
  const receiver = createProviderReceiver({
    provider: PROVIDERS.twilio,
    secrets: ['12345'],
    crypto: nodeCrypto(),
  })
  const request = requestOf(vector, 'twilio')
  const reason = async (over: Partial<VerifyRequest>) => {
    const result = await receiver.verify({ ...request, ...over })
    return result.ok ? 'accepted' : result.reason
  }
  assert.equal(await reason({}), 'accepted')
  assert.equal(await reason({ body: Buffer.from('{}') }), 'signature_mismatch')
  assert.equal(await reason({ url: `${vector.url}&bodySHA256=00` }), 'body_malformed')
  assert.equal(await reason({ url: vector.url?.replace(/bodySHA256=.*/, 'bodySHA256=zz') }), 'body_malformed')
  assert.equal(
    await reason({ url: 'https://mycompany.com/myapp.php' }),
    'body_malformed',
    'JSON without a hash',
  )
  assert.equal(await reason({ url: '/myapp.php' }), 'request_malformed')
  assert.equal(await reason({ url: undefined }), 'request_malformed')
})

test('HubSpot version 3: the escapes that it decodes may be decoded or not', async () => {
  const { createHmac } = await import('node:crypto')
  const body = Buffer.from('[]')
  const stamp = '1700000000000'
  const url = 'https://a.example/in?to=https%3A%2F%2Fb.example%2F%C3%A9'
  const receiver = createProviderReceiver({
    provider: PROVIDERS.hubspot,
    secrets: ['s'],
    crypto: nodeCrypto(),
    clock: () => Number(stamp),
  })
  for (const [signedUrl, expected] of [
    [url, true],
    ['https://a.example/in?to=https://b.example/%C3%A9', true],
    ['https://a.example/in', false],
  ] as const) {
    const signature = createHmac('sha256', 's').update(`POST${signedUrl}[]${stamp}`).digest('base64')
    const headers = { 'X-HubSpot-Signature-v3': signature, 'X-HubSpot-Request-Timestamp': stamp }
    assert.equal((await receiver.verify({ headers, body, url, method: 'POST' })).ok, expected, signedUrl)
  }
})

test('the checksum of PayPal is the CRC-32 of zlib', async () => {
  const { crc32: reference } = await import('node:zlib')
  assert.equal(crc32(Buffer.from('{"id":"evt_1","type":"order.paid","note":"café ☃"}')), 430693962)
  for (const text of ['', 'a', '\u0000', 'x'.repeat(1000)])
    assert.equal(crc32(Buffer.from(text)), reference(text))
})

test('SendGrid: another spelling of the same ECDSA signature is refused, by both runtimes alike', async () => {
  const vector = VECTORS.find(({ name }) => name === 'sendgrid-ecdsa') ?? assert.fail()
  const der = Buffer.from(vector.expected, 'base64')
  const spellings = [
    Buffer.concat([der, Buffer.from([0])]),
    Buffer.concat([Buffer.from([0x30, 0x81]), der.subarray(1)]),
    Buffer.concat([Buffer.from([0x30, der[1]! + 1, 2, der[3]! + 1, 0]), der.subarray(4)]),
    der.subarray(0, -1),
    Buffer.alloc(0),
    Buffer.from([0x30, 0]),
  ]
  for (const crypto of [nodeCrypto(), undefined])
    for (const spelling of spellings) {
      const receiver = createProviderReceiver({
        provider: PROVIDERS.sendgrid,
        secrets: [vector.publicKey ?? ''],
        crypto,
        clock: () => clockOf(vector),
      })
      const request = requestOf({ ...vector, expected: spelling.toString('base64') }, 'sendgrid')
      assert.equal((await receiver.verify(request)).ok, false, spelling.toString('hex'))
    }
})
