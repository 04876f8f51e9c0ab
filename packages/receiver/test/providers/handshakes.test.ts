import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import {
  answerHandshake,
  HANDSHAKES,
  type HandshakeAnswer,
  type HandshakeContext,
  type HandshakeKind,
  PROVIDERS,
} from '@posthorn/receiver/providers'
import fc from 'fast-check'
import { NOW } from '../support/sample.ts'

interface Asked {
  readonly method?: string
  readonly url?: string
  readonly headers?: Record<string, string>
  readonly body?: unknown
}

const bytes = (body: unknown): Uint8Array =>
  body === undefined ? new Uint8Array(0) : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))

function ask(kind: HandshakeKind, asked: Asked, context: Partial<HandshakeContext> = {}) {
  const { when } = HANDSHAKES[kind]
  const request = {
    method: asked.method ?? 'POST',
    url: asked.url ?? '/in/src_1',
    headers: asked.headers ?? {},
    body: bytes(asked.body),
  }
  return answerHandshake([kind], when, request, { verified: when === 'after', ...context })
}

function assertPlain(answer: HandshakeAnswer | null, body: string): void {
  assert.equal(answer?.status, 200)
  assert.equal(answer?.body, body)
  assert.match(answer?.headers?.['content-type'] ?? '', /^text\/plain/)
  assert.equal(answer?.headers?.['x-content-type-options'], 'nosniff')
}

const ABUSIVE = [
  '<script>alert(1)</script>',
  'a\r\nset-cookie: a=b',
  'a\nb',
  'x'.repeat(2000),
  '"',
  "'",
  '&lt;',
  'é',
  '\u0000',
  '`',
]
const SECRET = 'test_secret_0123456789'

test('Slack: a verified url_verification gets its challenge as text', async () => {
  const body = {
    type: 'url_verification',
    token: 't',
    challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
  }
  assertPlain(await ask('slack', { body }), body.challenge)
  assert.equal(await ask('slack', { body }, { verified: false }), null, 'not before it is verified')
  assert.equal(await ask('slack', { body: { ...body, type: 'event_callback' } }), null)
  for (const challenge of [...ABUSIVE, 7, null, undefined, {}])
    assert.equal(
      (await ask('slack', { body: { ...body, challenge } }))?.status,
      400,
      JSON.stringify(challenge),
    )
})

test('Zoom: a verified url_validation gets the token and its HMAC', async () => {
  const asked = (plainToken: unknown) => ({
    body: { event: 'endpoint.url_validation', payload: { plainToken } },
  })
  const answer = await ask('zoom', asked('qgg8vlvZRS6UYooatFL8Aw'), { secrets: [SECRET, 'old'] })
  assert.deepEqual(JSON.parse(answer?.body ?? ''), {
    plainToken: 'qgg8vlvZRS6UYooatFL8Aw',
    encryptedToken: '18023db3fdde67132badfd9b4c83d079d3e830a28dc7bdd68d6943ab04198cc7',
  })
  assert.equal(await ask('zoom', asked('a'), { secrets: [SECRET], verified: false }), null)
  for (const token of [...ABUSIVE, undefined, 1, `v0:${NOW}:{}`])
    assert.equal((await ask('zoom', asked(token), { secrets: [SECRET] }))?.status, 400, JSON.stringify(token))
  assert.equal((await ask('zoom', asked('abc'), { secrets: [] }))?.status, 400)
})

test('Zoom: the answer is never the signature of a request that somebody chose', async () => {
  const forged = `v0:${Math.floor(NOW / 1000)}:{"event":"meeting.ended"}`
  const signature = createHmac('sha256', SECRET).update(forged).digest('hex')
  const answer = await ask(
    'zoom',
    { body: { event: 'endpoint.url_validation', payload: { plainToken: forged } } },
    { secrets: [SECRET] },
  )
  assert.ok(!JSON.stringify(answer).includes(signature))
})

test('Meta: the challenge for the right verify token, else 403', async () => {
  const url = (over: Record<string, string> = {}) =>
    `https://example.com/in/src_1?${new URLSearchParams({ 'hub.mode': 'subscribe', 'hub.verify_token': 'tok', 'hub.challenge': '1158201444', ...over })}`
  const context = { verifyToken: 'tok' }
  assertPlain(await ask('meta', { method: 'GET', url: url() }, context), '1158201444')
  assert.equal(
    (await ask('meta', { method: 'GET', url: url({ 'hub.verify_token': 'tox' }) }, context))?.status,
    403,
  )
  assert.equal(
    (await ask('meta', { method: 'GET', url: url({ 'hub.verify_token': 'to' }) }, context))?.status,
    403,
  )
  assert.equal(
    (await ask('meta', { method: 'GET', url: url({ 'hub.mode': 'unsubscribe' }) }, context))?.status,
    403,
  )
  assert.equal(
    (await ask('meta', { method: 'GET', url: `${url()}&hub.verify_token=tok` }, context))?.status,
    403,
  )
  assert.equal((await ask('meta', { method: 'GET', url: url() }, {}))?.status, 403, 'no token is configured')
  assert.equal(
    (await ask('meta', { method: 'GET', url: url({ 'hub.verify_token': '' }) }, { verifyToken: '' }))?.status,
    403,
  )
  assert.equal(await ask('meta', { method: 'POST', url: url() }, context), null)
  assert.equal(await ask('meta', { method: 'GET' }, context), null)
  for (const challenge of ABUSIVE)
    assert.equal(
      (await ask('meta', { method: 'GET', url: url({ 'hub.challenge': challenge }) }, context))?.status,
      400,
    )
})

test('Dropbox: the challenge as text, without sniffing', async () => {
  assertPlain(await ask('dropbox', { method: 'GET', url: '/in/src_1?challenge=abc-123' }), 'abc-123')
  assert.equal(await ask('dropbox', { method: 'POST', url: '/in/src_1?challenge=abc' }), null)
  assert.equal(await ask('dropbox', { method: 'GET', url: '/in/src_1' }), null)
  assert.equal(
    (await ask('dropbox', { method: 'GET', url: '/in/src_1?challenge=a&challenge=b' }))?.status,
    400,
  )
  for (const challenge of ABUSIVE) {
    const url = `/in/src_1?${new URLSearchParams({ challenge })}`
    assert.equal((await ask('dropbox', { method: 'GET', url }))?.status, 400, challenge)
  }
})

test('Okta: the challenge of the header as JSON', async () => {
  const name = 'X-Okta-Verification-Challenge'
  const answer = await ask('okta', { method: 'GET', headers: { [name]: 'Kv8Xq_1' } })
  assert.deepEqual([answer?.status, JSON.parse(answer?.body ?? '')], [200, { verification: 'Kv8Xq_1' }])
  assert.match(answer?.headers?.['content-type'] ?? '', /^application\/json/)
  assert.equal(await ask('okta', { method: 'POST', headers: { [name]: 'a' } }), null)
  assert.equal(await ask('okta', { method: 'GET' }), null)
  for (const value of ABUSIVE)
    assert.equal((await ask('okta', { method: 'GET', headers: { [name]: value } }))?.status, 400)
})

test('Microsoft Graph: the decoded validation token, unless there is a body', async () => {
  const token = 'Validation: Testing client application reachability for subscription Request-Id: 1f'
  const url = `/in/src_1?validationToken=${encodeURIComponent(token)}`
  assertPlain(await ask('ms-graph', { url }), token)
  assert.equal(await ask('ms-graph', { url, body: { value: [] } }), null, 'an event is not swallowed')
  assert.equal(await ask('ms-graph', { method: 'GET', url }), null)
  assert.equal(await ask('ms-graph', {}), null)
  for (const value of ABUSIVE) {
    const abusive = `/in/src_1?validationToken=${encodeURIComponent(value)}`
    assert.equal((await ask('ms-graph', { url: abusive }))?.status, 400, value)
  }
})

test('CloudEvents: OPTIONS with an origin that is allowed gets it back, with a rate', async () => {
  const headers = (over: Record<string, string> = {}) => ({
    'WebHook-Request-Origin': 'eventemitter.example.com',
    ...over,
  })
  const context = { allowedOrigins: ['EventEmitter.example.com'], allowedRate: 60 }
  const answer = await ask(
    'cloudevents',
    { method: 'OPTIONS', headers: headers({ 'WebHook-Request-Rate': '120' }) },
    context,
  )
  assert.deepEqual(answer, {
    status: 200,
    headers: {
      allow: 'POST',
      'webhook-allowed-origin': 'eventemitter.example.com',
      'webhook-allowed-rate': '60',
    },
    body: '',
  })
  const rate = async (asked: string | undefined, allowedRate?: number) => {
    const given = asked === undefined ? headers() : headers({ 'WebHook-Request-Rate': asked })
    const found = await ask(
      'cloudevents',
      { method: 'OPTIONS', headers: given },
      { allowedOrigins: ['*'], ...(allowedRate ? { allowedRate } : {}) },
    )
    return found?.headers?.['webhook-allowed-rate'] ?? found?.status
  }
  assert.deepEqual(
    [await rate('120'), await rate(undefined), await rate('*'), await rate('*', 9), await rate('5', 9)],
    ['120', 200, '*', '9', '5'],
  )
  assert.deepEqual(
    [await rate('-1'), await rate('0'), await rate('1e9'), await rate('a\r\nb')],
    [400, 400, 400, 400],
  )
  assert.equal(
    (await ask('cloudevents', { method: 'OPTIONS', headers: headers() }, {}))?.status,
    403,
    'nobody is allowed by default',
  )
  assert.equal(
    (await ask('cloudevents', { method: 'OPTIONS', headers: headers() }, { allowedOrigins: ['example.com'] }))
      ?.status,
    403,
  )
  assert.equal(await ask('cloudevents', { method: 'OPTIONS' }, context), null)
  assert.equal(await ask('cloudevents', { method: 'POST', headers: headers() }, context), null)
  for (const origin of ABUSIVE.filter((one) => one !== ''))
    assert.equal(
      (
        await ask(
          'cloudevents',
          { method: 'OPTIONS', headers: { 'WebHook-Request-Origin': origin } },
          { allowedOrigins: ['*'] },
        )
      )?.status,
      400,
      origin,
    )
})

test('Discord: each kind of PING has its own answer, and neither answers the other', async () => {
  const ping = await ask('discord-interactions', { body: { type: 1, id: '1' } })
  assert.deepEqual([ping?.status, ping?.body], [200, '{"type":1}'])
  assert.deepEqual(await ask('discord-events', { body: { version: 1, type: 0 } }), { status: 204 })
  assert.equal(
    await ask('discord-events', { body: { type: 1, event: { type: 'ENTITLEMENT_CREATE' } } }),
    null,
  )
  for (const kind of ['discord-interactions', 'discord-events'] as const) {
    assert.equal(await ask(kind, { body: { type: 2 } }), null)
    for (const type of [0, 1])
      assert.equal(await ask(kind, { body: { type } }, { verified: false }), null, 'a wrong signature is 401')
    for (const body of ['', '[]', 'null', '{"type":"1"}', '{']) assert.equal(await ask(kind, { body }), null)
  }
})

test('Xero: the intent to receive is 200 or 401 by its signature, always without a body', async () => {
  const body = { events: [], firstEventSequence: 0, lastEventSequence: 0, entropy: 'A' }
  assert.deepEqual(await ask('xero', { body }), { status: 200, body: '' })
  assert.deepEqual(await ask('xero', { body }, { verified: false }), { status: 401, body: '' })
  assert.equal(await ask('xero', { body: { events: [{}] } }), null, 'events are stored')
  assert.deepEqual(PROVIDERS.xero.answers.success, { status: 200, body: '' })
})

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:orders'
const subscribe = (over: Record<string, unknown> = {}) => ({
  body: {
    Type: 'SubscriptionConfirmation',
    TopicArn: TOPIC,
    SubscribeURL: `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336412f37`,
    ...over,
  },
})

test('SNS: a verified confirmation of a listed topic is confirmed once, by its URL', async () => {
  const called: string[] = []
  const confirm = async (url: string) => called.push(url) > 0
  const context = { topicArns: [TOPIC], confirm }
  assert.deepEqual(await ask('sns', subscribe(), context), { status: 200, body: '' })
  assert.deepEqual(called, [subscribe().body.SubscribeURL])
  assert.equal(await ask('sns', subscribe(), { ...context, verified: false }), null)
  assert.equal(await ask('sns', { body: { Type: 'Notification' } }, context), null)
  assert.deepEqual(await ask('sns', subscribe({ Type: 'UnsubscribeConfirmation' }), context), {
    status: 200,
    body: '',
  })
  assert.equal(called.length, 1, 'nothing else was called')
})

test('SNS: what is not the call of SNS for that topic is never called', async () => {
  const called: string[] = []
  const context = { topicArns: [TOPIC], confirm: async (url: string) => called.push(url) > 0 }
  const query = `Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=1`
  const urls = [
    `http://sns.us-east-1.amazonaws.com/?${query}`,
    `https://sns.us-east-1.amazonaws.com.evil.example/?${query}`,
    `https://sns.eu-west-1.amazonaws.com/?${query}`,
    `https://evil.example/?${query}`,
    `https://sns.us-east-1.amazonaws.com@evil.example/?${query}`,
    `https://user:pass@sns.us-east-1.amazonaws.com/?${query}`,
    `https://sns.us-east-1.amazonaws.com:8443/?${query}`,
    `https://sns.us-east-1.amazonaws.com/other?${query}`,
    `https://sns.us-east-1.amazonaws.com/?${query}&Extra=1`,
    `https://sns.us-east-1.amazonaws.com/?${query.replace('Confirm', 'Delete')}`,
    `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}x&Token=1`,
    `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=`,
    `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=1#f`,
    `https://SNS.us-east-1.amazonaws.com/?${query}`,
    'https://169.254.169.254/latest/meta-data',
    `https://sns.us-east-1.amazonaws.com/?${query}\r\n`,
    'not a URL',
    undefined,
    7,
  ]
  for (const SubscribeURL of urls)
    assert.equal((await ask('sns', subscribe({ SubscribeURL }), context))?.status, 403, String(SubscribeURL))
  assert.equal((await ask('sns', subscribe(), { ...context, topicArns: [] }))?.status, 403)
  assert.equal((await ask('sns', subscribe({ TopicArn: `${TOPIC}-2` }), context))?.status, 403)
  assert.deepEqual(called, [])
})

test('SNS: what cannot be confirmed now is asked for again', async () => {
  const context = { topicArns: [TOPIC] }
  assert.equal((await ask('sns', subscribe(), context))?.status, 503)
  assert.equal((await ask('sns', subscribe(), { ...context, confirm: async () => false }))?.status, 503)
  const failing = () => Promise.reject(new Error('no route'))
  assert.equal((await ask('sns', subscribe(), { ...context, confirm: failing }))?.status, 503)
})

test('every handshake belongs to a provider, and to each provider that a vendor asks', () => {
  const used = new Set(Object.values(PROVIDERS).flatMap(({ handshakes }) => handshakes))
  assert.deepEqual([...used].sort(), Object.keys(HANDSHAKES).sort())
})

test('no request whatever makes a handshake reject, nor its answer carry a line break or markup', async () => {
  const kinds = Object.keys(HANDSHAKES) as HandshakeKind[]
  const text = fc.oneof(fc.string(), fc.constantFrom(...ABUSIVE, 'subscribe', 'endpoint.url_validation'))
  const names = ['hub.mode', 'hub.verify_token', 'hub.challenge', 'challenge', 'validationToken']
  const url = fc.oneof(
    text,
    fc.tuple(fc.constantFrom(...names), text).map((pair) => `/in/a?${new URLSearchParams([pair])}`),
  )
  const headers = fc.dictionary(
    fc.constantFrom('X-Okta-Verification-Challenge', 'WebHook-Request-Origin', 'WebHook-Request-Rate'),
    text,
  )
  const body = fc.oneof(
    fc.uint8Array(),
    fc.jsonValue().map(bytes),
    fc.record({ type: text, challenge: text }).map(bytes),
  )
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...kinds),
      fc.constantFrom('GET', 'POST', 'OPTIONS'),
      url,
      headers,
      body,
      async (kind, method, url, headers, body) => {
        const { when } = HANDSHAKES[kind]
        const context = {
          verified: true,
          secrets: [SECRET],
          verifyToken: 'subscribe',
          allowedOrigins: ['*'],
          topicArns: [TOPIC],
        }
        const answer = await answerHandshake([kind], when, { method, url, headers, body }, context)
        const written = JSON.stringify([answer?.headers ?? {}, answer?.body ?? ''])
        assert.doesNotMatch(written, /[<>\r\n]|\\r|\\n/)
      },
    ),
    { numRuns: 500 },
  )
})
