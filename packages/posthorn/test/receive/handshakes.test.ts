/** The questions of all providers through the inbox: answered, kept as handshakes, and never an event. */
import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { test } from 'node:test'
import { PROVIDERS } from '@posthorn/receiver/providers'
import { SECONDS } from '../../../receiver/test/support/sample.ts'
import { snsMessage, TOPIC } from '../../../receiver/test/support/samples-special.ts'
import type { InboxSettings } from '../../src/engine/receive/inbox-settings.ts'
import type { IncomingRequest } from '../../src/engine/receive/way-in.ts'
import { atDesk, post, requestIdOf, SENDER, sampleOf } from './support/desk.ts'

const SECRET = 'test_secret_0123456789'
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
const get = (query: string, headers = {}) => post({ method: 'GET', url: `/in/src_1?${query}`, headers })

function v0(header: string, stamp: string, value: unknown): IncomingRequest {
  const body = bytes(value)
  const signature = createHmac('sha256', SECRET).update(`v0:${SECONDS}:`).update(body).digest('hex')
  return post({ headers: { [header]: `v0=${signature}`, [stamp]: SECONDS }, body })
}

const pair = generateKeyPairSync('ed25519')
const rawKey = (key: KeyObject) =>
  Buffer.from(String(key.export({ format: 'jwk' }).x), 'base64url').toString('hex')
function discord(value: unknown): IncomingRequest {
  const body = bytes(value)
  const signature = sign(null, Buffer.concat([Buffer.from(SECONDS), body]), pair.privateKey).toString('hex')
  return post({ headers: { 'x-signature-ed25519': signature, 'x-signature-timestamp': SECONDS }, body })
}

interface Asked {
  readonly provider: keyof typeof PROVIDERS
  readonly settings?: Partial<InboxSettings>
  readonly request: IncomingRequest
  readonly status?: number
  readonly body: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

const zoomHmac = createHmac('sha256', SECRET).update('abc').digest('hex')
const secrets = [SECRET]
const ASKED: readonly Asked[] = [
  {
    ...{ provider: 'slack', settings: { secrets }, body: 'c-1' },
    request: v0('x-slack-signature', 'x-slack-request-timestamp', {
      type: 'url_verification',
      challenge: 'c-1',
    }),
  },
  {
    ...{ provider: 'zoom', settings: { secrets } },
    request: v0('x-zm-signature', 'x-zm-request-timestamp', {
      event: 'endpoint.url_validation',
      payload: { plainToken: 'abc' },
    }),
    body: JSON.stringify({ plainToken: 'abc', encryptedToken: zoomHmac }),
  },
  {
    ...{ provider: 'meta', settings: { secrets, verifyToken: 'typed in' }, body: '77' },
    request: get('hub.mode=subscribe&hub.verify_token=typed%20in&hub.challenge=77'),
  },
  { provider: 'dropbox', settings: { secrets }, request: get('challenge=d-1'), body: 'd-1' },
  {
    ...{ provider: 'okta', settings: { secrets }, body: '{"verification":"o-1"}' },
    request: get('', { 'x-okta-verification-challenge': 'o-1', authorization: SECRET }),
  },
  {
    ...{ provider: 'ms-graph', settings: { secrets }, body: 'Validation: Test' },
    request: post({ url: '/in/src_1?validationToken=Validation%3A%20Test' }),
  },
  {
    ...{ provider: 'cloudevents', settings: { secrets, allowedOrigins: ['a.example'], allowedRate: 60 } },
    request: post({
      method: 'OPTIONS',
      headers: { 'WebHook-Request-Origin': 'a.example', 'WebHook-Request-Rate': '120' },
    }),
    body: '',
    headers: { allow: 'POST', 'webhook-allowed-origin': 'a.example', 'webhook-allowed-rate': '60' },
  },
  {
    ...{ provider: 'discord', settings: { secrets: [rawKey(pair.publicKey)] }, body: '{"type":1}' },
    request: discord({ type: 1 }),
  },
  {
    ...{ provider: 'discord-events', settings: { secrets: [rawKey(pair.publicKey)] } },
    ...{ request: discord({ type: 0 }), status: 204, body: undefined },
  },
]

for (const { provider, settings = {}, request, status = 200, body, headers = {} } of ASKED)
  test(
    `${provider}: its question is answered, kept as a handshake, and is no event`,
    atDesk(async (desk) => {
      desk.life.engine.handlers.on(provider, '*', () => assert.fail('a question is no event'))
      const inbox = desk.source(provider, { provider: PROVIDERS[provider], ...settings })
      const answer = await inbox.receive(request, SENDER)
      assert.deepEqual([answer.status, answer.body], [status, body])
      for (const [name, value] of Object.entries(headers)) assert.equal(answer.headers?.[name], value)
      const [kept] = await desk.kept(provider)
      assert.deepEqual([kept?.id, kept?.verdict, kept?.status], [requestIdOf(answer), 'handshake', status])
      assert.deepEqual(desk.recorder.all('inbound.handshake'), [
        {
          ...{ name: 'inbound.handshake', tenantId: desk.world.tenant.id, sourceId: `src_${provider}` },
          ...{ requestId: kept?.id, status },
        },
      ])
      assert.equal((await desk.events(provider)).length, 0)
    }),
  )

test(
  'Xero: the intent to receive is answered 200 or 401, without a body; a bad one is kept as refused',
  atDesk(async (desk) => {
    const inbox = desk.source('xero', { provider: PROVIDERS.xero, secrets })
    const body = bytes({ events: [], firstEventSequence: 0 })
    const good = createHmac('sha256', SECRET).update(body).digest('base64')
    const asked = (signature: string) => post({ headers: { 'x-xero-signature': signature }, body })
    const answers = [
      await inbox.receive(asked(good), SENDER),
      await inbox.receive(asked(`${good.slice(0, -4)}AAA=`), SENDER),
    ]
    assert.deepEqual(
      answers.map((answer) => [answer.status, answer.body]),
      [
        [200, ''],
        [401, ''],
      ],
    )
    assert.deepEqual((await desk.kept('xero')).map(({ verdict }) => verdict).sort(), ['handshake', 'refused'])
    assert.equal(desk.recorder.all('inbound.refused')[0]?.reason, 'signature_mismatch')
  }),
)

const CONFIRM = `https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=abc`
const confirmation = post({
  headers: { 'content-type': 'text/plain; charset=UTF-8' },
  body: bytes(
    snsMessage({
      ...{ Type: 'SubscriptionConfirmation', MessageId: 'm-1', TopicArn: TOPIC, Token: 'abc' },
      ...{ Message: 'You have chosen', SubscribeURL: CONFIRM, Timestamp: '2023-11-14T22:13:20.000Z' },
    }),
  ),
})

test(
  'SNS: a subscription is confirmed through the guarded transport, by GET, on sockets of its own; a failure asks again',
  atDesk(async (desk) => {
    const inbox = await desk.sampled(sampleOf('aws-sns'))
    desk.world.transport.queue(CONFIRM, 500, { error: 'timeout' }, 302)
    for (const why of ['500', 'a timeout', 'a redirect']) {
      const later = await inbox.receive(confirmation, SENDER)
      assert.deepEqual([later.status, later.headers?.['retry-after']], [503, '30'], why)
    }
    assert.equal((await inbox.receive(confirmation, SENDER)).status, 200)
    assert.equal(desk.world.transport.to(CONFIRM).length, 4)
    assert.deepEqual(
      desk.recorder.all('inbound.refused').map(({ reason }) => reason),
      ['handshake_failed', 'handshake_failed', 'handshake_failed'],
    )
    assert.equal((await desk.events('aws-sns')).length, 0)
    const keys = desk.world.transport.sent.filter(({ url }) => url.endsWith('.pem'))
    assert.equal(keys.length, 1, 'the certificate was fetched once')
  }),
)

test(
  'a question that is asked wrongly is refused, and its verify token is not kept',
  atDesk(async (desk) => {
    const inbox = desk.source('meta', { provider: PROVIDERS.meta, secrets, verifyToken: 'typed in' })
    const asked = get('hub.mode=subscribe&hub.verify_token=stolen%20words&hub.challenge=77', {
      cookie: 'session=1',
    })
    assert.equal((await inbox.receive(asked, SENDER)).status, 403)
    const [kept] = await desk.kept('meta')
    assert.deepEqual([kept?.verdict, kept?.reason], ['refused', 'handshake_refused'])
    assert.ok(!JSON.stringify(await desk.stored('meta', kept?.id)).includes('stolen'))
    assert.ok(!JSON.stringify(await desk.stored('meta', kept?.id)).includes('session'))
  }),
)

test(
  'other methods, and GET and OPTIONS that ask nothing, are answered 405 with what is allowed',
  atDesk(async (desk) => {
    const meta = desk.source('meta', { provider: PROVIDERS.meta, secrets, verifyToken: 'x' })
    const plain = desk.source('github', { provider: PROVIDERS.github, secrets })
    for (const inbox of [meta, plain])
      for (const method of ['GET', 'OPTIONS', 'PUT', 'DELETE', 'HEAD', 'PATCH']) {
        const answer = await inbox.receive(post({ method }), SENDER)
        assert.deepEqual([answer.status, answer.headers?.allow], [405, 'POST'], method)
      }
    assert.equal(desk.recorder.all('inbound.refused').at(-1)?.reason, 'method_not_allowed')
  }),
)
