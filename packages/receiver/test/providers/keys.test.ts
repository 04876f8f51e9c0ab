/** Keys that are fetched: which URLs, how often, and what may come back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nodeCrypto } from '@posthorn/receiver/node'
import {
  createProviderReceiver,
  type FetchKey,
  type FetchKeyLimits,
  PROVIDERS,
} from '@posthorn/receiver/providers'
import { testCertificate } from '../support/certificate.ts'
import { NOW } from '../support/sample.ts'
import { reason, receiverOf, verifyBoth } from '../support/sample-receiver.ts'
import { SAMPLES } from '../support/samples.ts'
import { snsMessage, TOPIC } from '../support/samples-special.ts'

const paypal = SAMPLES.find(({ name }) => name === 'paypal') ?? assert.fail()
const sns = SAMPLES.find(({ name }) => name === 'aws-sns') ?? assert.fail()
const goodKey = paypal.fetchKey ?? assert.fail()

function counting(answer: (url: string) => Promise<string | Uint8Array>) {
  const calls: [string, FetchKeyLimits][] = []
  const fetchKey: FetchKey = (url, limits) => {
    calls.push([url, limits])
    return answer(url)
  }
  return { calls, fetchKey }
}

const withCertUrl = (url: string) => ({
  ...paypal.request,
  headers: { ...paypal.request.headers, 'PAYPAL-CERT-URL': url },
})

const WRONG_PAYPAL_URLS = [
  'http://api.paypal.com/v1/notifications/certs/CERT-1',
  'https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1',
  'https://evilpaypal.com/v1/notifications/certs/CERT-1',
  'https://paypal.com/v1/notifications/certs/CERT-1',
  'https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1',
  'https://user@api.paypal.com/v1/notifications/certs/CERT-1',
  'https://api.paypal.com:444/v1/notifications/certs/CERT-1',
  'https://api.paypal.com/upload/me.pem',
  'https://api.paypal.com/v1/notifications/certs/../../../upload/me',
  'https://api.paypal.com/v1/notifications/certs/a?b=c',
  'https://api.paypal.com/v1/notifications/certs/CERT-1#a',
  'https://API.paypal.com/v1/notifications/certs/CERT-1',
  'https://api.paypal.com/v1/notifications/certs/CERT-1 ',
  'https://api.paypal.com\\@evil.example/v1/notifications/certs/CERT-1',
  'https://169.254.169.254/v1/notifications/certs/CERT-1',
  'file:///etc/passwd',
  'nonsense',
]

test('PayPal: a certificate anywhere but at PayPal is refused and never fetched', async () => {
  const { calls, fetchKey } = counting(goodKey as (url: string) => Promise<string>)
  for (const url of WRONG_PAYPAL_URLS)
    assert.equal(reason(await receiverOf(paypal, { fetchKey }).verify(withCertUrl(url))), 'key_refused', url)
  assert.deepEqual(calls, [])
})

const WRONG_SNS_URLS = [
  'https://sns.us-east-1.amazonaws.com.evil.example/a.pem',
  'https://evil.example/sns.us-east-1.amazonaws.com/a.pem',
  'https://s3.us-east-1.amazonaws.com/a.pem',
  'https://sns-us-east-1.amazonaws.com/a.pem',
  'https://sns.us.east.amazonaws.com/a.pem',
  'https://sns.us-east-1.amazonaws.com/?Action=GetTopic&a.pem',
  'https://sns.us-east-1.amazonaws.com/deep/a.pem',
  'https://sns.us-east-1.amazonaws.com/a.pem?b',
  'http://sns.us-east-1.amazonaws.com/a.pem',
  'https://sns.us-east-1.amazonaws.com.ck/a.pem',
]

test('SNS: a certificate anywhere but at SNS is refused and never fetched', async () => {
  const { calls, fetchKey } = counting(goodKey as (url: string) => Promise<string>)
  for (const SigningCertURL of WRONG_SNS_URLS) {
    const body = Buffer.from(JSON.stringify({ ...JSON.parse(sns.request.body.toString()), SigningCertURL }))
    const result = await receiverOf(sns, { fetchKey }).verify({ ...sns.request, body })
    assert.equal(reason(result), 'key_refused', SigningCertURL)
  }
  assert.deepEqual(calls, [])
})

test('SNS: both versions of the signature, every type, in every partition; raw delivery is refused', async () => {
  const common = { MessageId: '1', TopicArn: TOPIC, Message: 'm', Timestamp: '2023-11-14T22:13:20.000Z' }
  const confirmation = { ...common, SubscribeURL: 'https://sns.us-east-1.amazonaws.com/?a', Token: 't' }
  const messages = [
    { Type: 'Notification', ...common },
    { Type: 'Notification', Subject: 'about', ...common },
    { Type: 'SubscriptionConfirmation', ...confirmation },
    { Type: 'UnsubscribeConfirmation', ...confirmation },
  ]
  for (const version of ['1', '2'] as const)
    for (const message of messages) {
      const signed = snsMessage(message, version)
      const asked = async (over: Record<string, unknown>) =>
        reason(
          await verifyBoth(sns, { headers: {}, body: Buffer.from(JSON.stringify({ ...signed, ...over })) }),
        )
      assert.equal(await asked({}), 'accepted')
      assert.equal(await asked({ Message: 'other' }), 'signature_mismatch')
      assert.equal(await asked({ SignatureVersion: version === '1' ? '2' : '1' }), 'signature_mismatch')
      assert.equal(await asked({ SignatureVersion: '3' }), 'signature_unsupported')
      assert.equal(await asked({ TopicArn: `${TOPIC}2` }), 'not_allowed')
      assert.equal(await asked({ Type: '__proto__' }), 'body_malformed')
      assert.equal(await asked({ MessageId: { a: 1 } }), 'body_malformed')
      if (!('Subject' in message))
        assert.equal(
          await asked({ Subject: 'added' }),
          message.Type === 'Notification' ? 'signature_mismatch' : 'accepted',
        )
    }
  assert.equal(
    reason(await verifyBoth(sns, { headers: {}, body: Buffer.from('{"order":1}') })),
    'body_malformed',
  )
})

test('PayPal: every signed part counts; the webhook id is not in the request', async () => {
  for (const [name, value] of [
    ['PAYPAL-TRANSMISSION-ID', 'tx-2'],
    ['PAYPAL-TRANSMISSION-TIME', '2023-11-14T22:13:21Z'],
  ] as const) {
    const request = { ...paypal.request, headers: { ...paypal.request.headers, [name]: value } }
    assert.equal(reason(await verifyBoth(paypal, request)), 'signature_mismatch', name)
  }
  assert.equal(
    reason(await verifyBoth(paypal, paypal.request, { settings: { webhookId: 'OTHER' } })),
    'signature_mismatch',
  )
  assert.equal(
    reason(await verifyBoth(paypal, paypal.request, { settings: { webhookId: ['OTHER', 'WEBHOOK_ID'] } })),
    'accepted',
  )
  const weak = {
    ...paypal.request,
    headers: { ...paypal.request.headers, 'PAYPAL-AUTH-ALGO': 'SHA1withRSA' },
  }
  assert.equal(reason(await verifyBoth(paypal, weak)), 'signature_unsupported')
  const recut = {
    ...paypal.request,
    headers: { ...paypal.request.headers, 'PAYPAL-TRANSMISSION-ID': 'tx|1' },
  }
  assert.equal(reason(await verifyBoth(paypal, recut)), 'id_malformed')
})

test('without fetchKey it says what is missing, and takes no secrets', async () => {
  const result = await createProviderReceiver({
    provider: PROVIDERS.paypal,
    settings: { webhookId: 'W' },
  }).verify(paypal.request)
  assert.ok(!result.ok)
  assert.equal(result.reason, 'key_unavailable')
  assert.match(result.detail ?? '', /PayPal signs with keys to be fetched: give fetchKey/)
  assert.throws(
    () =>
      createProviderReceiver({ provider: PROVIDERS.paypal, secrets: ['a'], settings: { webhookId: 'W' } }),
    { code: 'option_invalid' },
  )
})

test('settings that are missing, unknown or empty are refused when the receiver is made', () => {
  const make = (settings: Record<string, string | string[]>) => () =>
    createProviderReceiver({ provider: PROVIDERS.paypal, settings })
  assert.throws(make({}), /PayPal needs the setting "webhookId": the id that PayPal gave/)
  assert.throws(make({ webhookId: [] }), { code: 'option_invalid' })
  assert.throws(make({ webhookId: '' }), /empty/)
  assert.throws(make({ webhookId: 'a', webhok: 'b' }), /has no setting "webhok"; it knows: webhookId/)
  assert.throws(() => createProviderReceiver({ provider: PROVIDERS['aws-sns'] }), /topicArns/)
  assert.throws(() => createProviderReceiver({ provider: PROVIDERS.stripe, secrets: [] }), {
    code: 'secrets_missing',
  })
  assert.throws(() => createProviderReceiver({ provider: PROVIDERS.stripe, secrets: [''] }), {
    code: 'secret_empty',
  })
  assert.throws(() => createProviderReceiver({ provider: PROVIDERS.adyen, secrets: ['not hex'] }), {
    code: 'secret_malformed',
  })
  const ed25519 = 'MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE='
  assert.throws(
    () => createProviderReceiver({ provider: PROVIDERS.sendgrid, secrets: [ed25519], crypto: nodeCrypto() }),
    { code: 'secret_malformed' },
  )
})

test('a key is fetched once, with caps, also when requests come together, and again after a day', async () => {
  let now = NOW
  const { calls, fetchKey } = counting(goodKey as (url: string) => Promise<string>)
  const receiver = receiverOf(paypal, { fetchKey, clock: () => now })
  const results = await Promise.all(Array.from({ length: 20 }, () => receiver.verify(paypal.request)))
  assert.ok(results.every(({ ok }) => ok))
  assert.deepEqual(calls, [
    [paypal.request.headers['PAYPAL-CERT-URL'], { maxBytes: 16_384, timeoutMs: 3000 }],
  ])
  now += 86_399_000
  assert.ok((await receiver.verify(paypal.request)).ok)
  assert.equal(calls.length, 1)
  now += 2000
  assert.ok((await receiver.verify(paypal.request)).ok)
  assert.equal(calls.length, 2)
})

test('what failed is remembered for a minute, then tried again', async () => {
  let now = NOW
  let fails = true
  const { calls, fetchKey } = counting(async (url) =>
    fails
      ? Promise.reject(new Error(`no route to ${url}`))
      : String(await goodKey(url, { maxBytes: 1, timeoutMs: 1 })),
  )
  const receiver = receiverOf(paypal, { fetchKey, clock: () => now })
  for (let i = 0; i < 3; i++) assert.equal(reason(await receiver.verify(paypal.request)), 'key_unavailable')
  assert.equal(calls.length, 1)
  fails = false
  now += 60_001
  assert.equal(reason(await receiver.verify(paypal.request)), 'accepted')
  assert.equal(calls.length, 2)
})

test('the cache and the number of fetches at a time are bounded', async () => {
  const waiting: ((pem: string) => void)[] = []
  const { calls, fetchKey } = counting(() => new Promise((resolve) => waiting.push(resolve)))
  const receiver = receiverOf(paypal, { fetchKey })
  const asked = Array.from({ length: 10 }, (_, index) =>
    receiver.verify(withCertUrl(`https://api.paypal.com/v1/notifications/certs/CERT-${index}`)),
  )
  const refused = await Promise.all(asked.slice(4))
  assert.deepEqual(new Set(refused.map(reason)), new Set(['key_unavailable']))
  assert.equal(calls.length, 4)
  for (const resolve of waiting) resolve(String(await goodKey('', { maxBytes: 1, timeoutMs: 1 })))
  assert.ok((await Promise.all(asked.slice(0, 4))).every(({ ok }) => ok))

  const many = counting(goodKey as (url: string) => Promise<string>)
  const busy = receiverOf(paypal, { fetchKey: many.fetchKey })
  const first = withCertUrl('https://api.paypal.com/v1/notifications/certs/FIRST')
  await busy.verify(first)
  for (let i = 0; i < 32; i++)
    await busy.verify(withCertUrl(`https://api.paypal.com/v1/notifications/certs/C${i}`))
  await busy.verify(first)
  assert.equal(many.calls.filter(([url]) => url.endsWith('FIRST')).length, 2, 'the oldest had to go')
})

const BAD_KEYS: [what: string, text: string | Uint8Array][] = [
  ['nothing', ''],
  ['a page', '<html>not found</html>'],
  ['broken base64', '-----BEGIN CERTIFICATE-----\nAAAA=AA\n-----END CERTIFICATE-----'],
  ['DER of something else', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----'],
  ['too much', `${testCertificate().pem}${' '.repeat(17_000)}`],
  ['bytes that are no text', Uint8Array.of(0xff, 0xfe)],
  ['a certificate that has run out', testCertificate('200101000000Z', '210101000000Z').pem],
  ['a certificate that is not valid yet', testCertificate('20500101000000Z', '20990101000000Z').pem],
  ['a certificate cut short', testCertificate().pem.replace(/\n.{10}/, '\n')],
]

for (const [what, text] of BAD_KEYS)
  test(`refused as a key: ${what}`, async () => {
    assert.equal(
      reason(await verifyBoth(paypal, paypal.request, { fetchKey: async () => text })),
      'key_refused',
    )
  })

test('the certificate of somebody else does not fit', async () => {
  const { pem } = testCertificate()
  assert.equal(
    reason(await verifyBoth(paypal, paypal.request, { fetchKey: async () => Buffer.from(pem) })),
    'signature_mismatch',
  )
})
