/** One provider without the engine: its handshakes, batches and answers, over the wire, in every framework. */
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import type { Inbound, ReceiveError, Refusal } from '@posthorn/receiver'
import {
  createProviderInbound,
  type EventItem,
  type HandshakeKind,
  PROVIDERS,
  type ProviderInboundOptions,
  type ProviderName,
} from '@posthorn/receiver/providers'
import { NOW, type Sample, SECONDS, SECRET } from '../support/sample.ts'
import { SAMPLES } from '../support/samples.ts'
import { snsMessage, TOPIC } from '../support/samples-special.ts'
import { ask, post, type Reply } from './client.ts'
import { HARNESSES, type Harness, type Parser } from './servers.ts'

const sampleOf = (name: ProviderName): Sample => SAMPLES.find((one) => one.name === name) ?? assert.fail(name)
const hmac = (...parts: string[]) => createHmac('sha256', SECRET).update(parts.join(''))

function inboundOf(name: ProviderName, change: Partial<ProviderInboundOptions<object>> = {}) {
  const { secret, settings, fetchKey } = sampleOf(name)
  const seen = {
    items: [] as (readonly EventItem[])[],
    refused: [] as Refusal[],
    errors: [] as ReceiveError[],
    handshakes: [] as number[],
  }
  const inbound = createProviderInbound<object>({
    provider: PROVIDERS[name],
    ...(secret === undefined ? {} : { secrets: [secret] }),
    ...(settings === undefined ? {} : { settings }),
    ...(fetchKey === undefined ? {} : { fetchKey }),
    clock: () => NOW,
    onEvent: (items) => void seen.items.push(items),
    onRefused: (refusal) => void seen.refused.push(refusal),
    onHandshake: ({ status }) => void seen.handshakes.push(status),
    onError: (error) => void seen.errors.push(error),
    ...change,
  })
  return { inbound, seen }
}

async function over<T>(
  harness: Harness,
  inbound: Inbound<object>,
  work: (url: string) => Promise<T>,
  parser: Parser = 'none',
): Promise<T> {
  const server = await harness.start(inbound, parser)
  try {
    return await work(server.url)
  } finally {
    await server.close()
  }
}

interface Asked {
  readonly provider: ProviderName
  readonly kind: HandshakeKind
  readonly change?: Partial<ProviderInboundOptions<object>>
  readonly ask: (url: string) => Promise<Reply>
  readonly status: number
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
}

const JSON_TYPE = { 'content-type': 'application/json' }
const discordKey = generateKeyPairSync('ed25519')
const discordSecret = Buffer.from(String(discordKey.publicKey.export({ format: 'jwk' }).x), 'base64url')
const discordPing = (type: number) => (url: string) => {
  const body = Buffer.from(JSON.stringify({ type }))
  const signed = sign(null, Buffer.concat([Buffer.from(SECONDS), body]), discordKey.privateKey)
  const headers = { 'X-Signature-Ed25519': signed.toString('hex'), 'X-Signature-Timestamp': SECONDS }
  return post(url, { ...JSON_TYPE, ...headers }, body)
}
const stamped = (name: string, stampName: string, body: string) => (url: string) => {
  const signature = `v0=${hmac(`v0:${SECONDS}:${body}`).digest('hex')}`
  return post(url, { ...JSON_TYPE, [name]: signature, [stampName]: SECONDS }, Buffer.from(body))
}
const CONFIRM_URL = `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336412f37`
const XERO_INTENT = '{"events":[],"firstEventSequence":0,"lastEventSequence":0,"entropy":"S0m3"}'
const PLAIN = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }

/** Each kind as the vendor sends it. */
const HANDSHAKES_ASKED: readonly Asked[] = [
  {
    provider: 'slack',
    kind: 'slack',
    ask: stamped(
      'X-Slack-Signature',
      'X-Slack-Request-Timestamp',
      '{"token":"t","challenge":"3eZbrw1aBm2rZgRN","type":"url_verification"}',
    ),
    status: 200,
    body: '3eZbrw1aBm2rZgRN',
    headers: PLAIN,
  },
  {
    provider: 'zoom',
    kind: 'zoom',
    ask: stamped(
      'x-zm-signature',
      'x-zm-request-timestamp',
      '{"payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"event_ts":1654503849680,"event":"endpoint.url_validation"}',
    ),
    status: 200,
    body: '{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"18023db3fdde67132badfd9b4c83d079d3e830a28dc7bdd68d6943ab04198cc7"}',
    headers: JSON_TYPE,
  },
  {
    provider: 'meta',
    kind: 'meta',
    change: { verifyToken: 'meatyhamhock' },
    ask: (url) =>
      ask(`${url}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock`, {}, 'GET'),
    status: 200,
    body: '1158201444',
    headers: PLAIN,
  },
  {
    provider: 'meta',
    kind: 'meta',
    change: { verifyToken: 'another' },
    ask: (url) =>
      ask(`${url}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock`, {}, 'GET'),
    status: 403,
    body: '',
  },
  {
    provider: 'dropbox',
    kind: 'dropbox',
    ask: (url) => ask(`${url}?challenge=abc-123`, {}, 'GET'),
    status: 200,
    body: 'abc-123',
    headers: PLAIN,
  },
  {
    provider: 'okta',
    kind: 'okta',
    ask: (url) => ask(url, { 'X-Okta-Verification-Challenge': 'Kv8Xq_1' }, 'GET'),
    status: 200,
    body: '{"verification":"Kv8Xq_1"}',
    headers: JSON_TYPE,
  },
  {
    provider: 'ms-graph',
    kind: 'ms-graph',
    ask: (url) =>
      post(
        `${url}?validationToken=Validation%3A%20Testing%20client%20application%20reachability`,
        { 'content-type': 'text/plain; charset=utf-8' },
        Buffer.alloc(0),
      ),
    status: 200,
    body: 'Validation: Testing client application reachability',
    headers: PLAIN,
  },
  {
    provider: 'cloudevents',
    kind: 'cloudevents',
    change: { allowedOrigins: ['eventemitter.example.com'], allowedRate: 60 },
    ask: (url) =>
      ask(
        url,
        { 'WebHook-Request-Origin': 'eventemitter.example.com', 'WebHook-Request-Rate': '120' },
        'OPTIONS',
      ),
    status: 200,
    body: '',
    headers: {
      allow: 'POST',
      'webhook-allowed-origin': 'eventemitter.example.com',
      'webhook-allowed-rate': '60',
    },
  },
  {
    provider: 'discord',
    kind: 'discord-interactions',
    change: { secrets: [discordSecret.toString('hex')] },
    ask: discordPing(1),
    status: 200,
    body: '{"type":1}',
    headers: JSON_TYPE,
  },
  {
    provider: 'discord-events',
    kind: 'discord-events',
    change: { secrets: [discordSecret.toString('hex')] },
    ask: discordPing(0),
    status: 204,
    body: '',
  },
  {
    provider: 'xero',
    kind: 'xero',
    ask: (url) =>
      post(
        url,
        { ...JSON_TYPE, 'x-xero-signature': hmac(XERO_INTENT).digest('base64') },
        Buffer.from(XERO_INTENT),
      ),
    status: 200,
    body: '',
  },
  {
    provider: 'aws-sns',
    kind: 'sns',
    change: { confirm: async (url) => url === CONFIRM_URL },
    ask: (url) => {
      const message = {
        ...{ Type: 'SubscriptionConfirmation', MessageId: '1', TopicArn: TOPIC, Message: 'm', Token: 't' },
        ...{ SubscribeURL: CONFIRM_URL, Timestamp: '2023-11-14T22:13:20.000Z' },
      }
      const body = Buffer.from(JSON.stringify(snsMessage(message, '2')))
      return post(url, { 'content-type': 'text/plain; charset=UTF-8' }, body)
    },
    status: 200,
    body: '',
  },
]

test('every kind of handshake is asked here', () => {
  const kinds = new Set(Object.values(PROVIDERS).flatMap(({ handshakes }) => handshakes))
  assert.deepEqual([...new Set(HANDSHAKES_ASKED.map(({ kind }) => kind))].sort(), [...kinds].sort())
  for (const { provider, kind } of HANDSHAKES_ASKED)
    assert.ok(PROVIDERS[provider].handshakes.includes(kind as never), `${provider} ${kind}`)
})

for (const harness of HARNESSES) {
  test(`${harness.name}: every handshake is answered as the vendor wants it, and none is an event`, async () => {
    for (const asked of HANDSHAKES_ASKED) {
      const { inbound, seen } = inboundOf(asked.provider, asked.change)
      const reply = await over(harness, inbound, asked.ask)
      assert.deepEqual([reply.status, reply.body], [asked.status, asked.body], asked.kind)
      // Fastify adds the charset.
      for (const [name, value] of Object.entries(asked.headers ?? {}))
        assert.ok(reply.headers[name]?.toString().startsWith(value), `${asked.kind} ${name}`)
      assert.deepEqual(seen, { items: [], refused: [], errors: [], handshakes: [asked.status] }, asked.kind)
    }
  })

  test(`${harness.name}: handshakes that need no body are answered behind a body parser, events are not`, async () => {
    for (const { provider, kind, change, ask: asked, status } of HANDSHAKES_ASKED) {
      if (!['meta', 'dropbox', 'okta', 'cloudevents'].includes(kind)) continue
      const { inbound } = inboundOf(provider, change)
      assert.equal((await over(harness, inbound, asked, 'first')).status, status, kind)
    }
    const { inbound, seen } = inboundOf('xero')
    const { headers, body } = sampleOf('xero').request
    const reply = await over(harness, inbound, (url) => post(url, headers, body), 'first')
    assert.deepEqual([reply.status, JSON.parse(reply.body)], [500, { error: 'body_already_read' }])
    assert.deepEqual([seen.items.length, seen.errors[0]?.code], [0, 'body_already_read'])
  })

  test(`${harness.name}: a batch comes as its items, at once, and is answered as its provider wants it`, async () => {
    const { inbound, seen } = inboundOf('xero')
    const { headers, body } = sampleOf('xero').request
    const reply = await over(harness, inbound, (url) => post(url, headers, body))
    assert.deepEqual([reply.status, reply.body], [200, ''])
    const { events } = JSON.parse(body.toString()) as { events: unknown[] }
    assert.equal(seen.items.length, 1)
    assert.deepEqual(
      seen.items[0]?.map((item) => JSON.parse(Buffer.from(item.body).toString())),
      events,
    )
  })

  test(`${harness.name}: refusals: the provider's answer, 405 with the methods, 413, 503 while a key is away`, async () => {
    const xero = inboundOf('xero', { maxBodyBytes: 1000 })
    await over(harness, xero.inbound, async (url) => {
      const { headers, body } = sampleOf('xero').request
      const wrong = await post(url, headers, Buffer.concat([body, Buffer.from(' ')]))
      assert.deepEqual([wrong.status, wrong.body], [401, ''])
      assert.equal((await post(url, headers, Buffer.alloc(1001))).status, 413)
      const put = await post(url, headers, body, 'PUT')
      assert.deepEqual([put.status, put.headers.allow], [405, 'POST'])
    })
    assert.deepEqual(
      xero.seen.refused.map(({ reason }) => reason),
      ['signature_mismatch'],
    )
    const dropbox = inboundOf('dropbox')
    await over(harness, dropbox.inbound, async (url) => {
      // GET is let through, since it may be the handshake: this one is none.
      const get = await ask(url, {}, 'GET')
      assert.deepEqual([get.status, get.headers.allow], [405, 'POST, GET'])
    })
    const paypal = inboundOf('paypal', { fetchKey: () => Promise.reject(new Error('no route')) })
    const { headers, body } = sampleOf('paypal').request
    const away = await over(harness, paypal.inbound, (url) => post(url, headers, body))
    assert.deepEqual([away.status, away.headers['retry-after']], [503, '30'])
    assert.deepEqual(
      paypal.seen.refused.map(({ reason }) => reason),
      ['key_unavailable'],
    )
    for (const { seen } of [xero, dropbox, paypal]) assert.deepEqual(seen.items, [])
  })
}

test('every provider: its good request is one call of onEvent and gets its answer for success', async () => {
  const node = HARNESSES[0] ?? assert.fail()
  for (const sample of SAMPLES) {
    const { provider } = { provider: PROVIDERS[sample.name] }
    const { inbound, seen } = inboundOf(sample.name, { publicUrl: sample.request.url })
    const { headers, body, method } = sample.request
    const reply = await over(node, inbound, (url) => post(url, headers, body, method))
    const { success } = provider.answers
    assert.deepEqual([reply.status, reply.body], [success.status, success.body ?? ''], sample.name)
    assert.equal(seen.items.length, 1, sample.name)
    assert.ok((seen.items[0]?.length ?? 0) > 0, sample.name)
  }
})

test('onEvent may answer itself, and an error of it or of another callback is 500 or nothing', async () => {
  const node = HARNESSES[0] ?? assert.fail()
  const { headers, body } = sampleOf('discord').request
  const send = (url: string) => post(url, headers, body)
  const reply = { status: 200, headers: JSON_TYPE, body: '{"type":4}' }
  const own = await over(node, inboundOf('discord', { onEvent: async () => reply }).inbound, send)
  assert.deepEqual([own.status, own.body], [200, '{"type":4}'])
  const broken = (): never => {
    throw new Error('log is full')
  }
  const failing = inboundOf('discord', { onEvent: broken })
  assert.equal((await over(node, failing.inbound, send)).status, 500)
  assert.deepEqual(
    failing.seen.errors.map(({ code }) => code),
    ['handler_failed'],
  )
  const deaf = inboundOf('dropbox', { onHandshake: broken, onError: broken })
  const answered = await over(node, deaf.inbound, (url) => ask(`${url}?challenge=a`, {}, 'GET'))
  assert.deepEqual([answered.status, answered.body], [200, 'a'])
})

test('options that cannot work are refused at once', () => {
  const options = { provider: PROVIDERS.square, secrets: [SECRET], onEvent: () => {}, onError: () => {} }
  for (const publicUrl of [undefined, '', '/in/square'])
    assert.throws(() => createProviderInbound({ ...options, publicUrl }), {
      code: 'option_invalid',
      message: /Square signs the URL: publicUrl must be/,
    })
  const xero = { ...options, provider: PROVIDERS.xero }
  for (const missing of ['onEvent', 'onError'])
    assert.throws(() => createProviderInbound({ ...xero, [missing]: undefined }), { code: 'option_invalid' })
  assert.throws(() => createProviderInbound({ ...xero, secrets: [] }), { code: 'secrets_missing' })
})
