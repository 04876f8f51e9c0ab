import assert from 'node:assert/strict'
import { after, before, mock, test } from 'node:test'
import { Webhooks } from '@octokit/webhooks'
import { sign as githubSign, verify as githubVerify } from '@octokit/webhooks-methods'
import { github, outboundScheme, standardWebhooks, stripe } from '@posthorn/receiver'
import { createSyncReceiver, createSyncSigner } from '@posthorn/receiver/node'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { githubPayloads } from './support/payloads.ts'
import { NOW, secretOf, signed } from './support/requests.ts'

// Other people's libraries read Date: it stands still for them, ours takes its clock.
before(() => mock.timers.enable({ apis: ['Date'], now: NOW }))
after(() => mock.timers.reset())

const SECRET = secretOf('standard')
const OLD_SECRET = secretOf('standard', 2)
const BODY = '{"id":"evt_1","type":"order.paid","note":"café ☃"}'
const SECONDS = Math.floor(NOW / 1000)
const clock = () => NOW
const header = (headers: Record<string, string>, name: string): string => headers[name] ?? assert.fail(name)

for (const [library, Webhook] of [
  ['standardwebhooks', StandardWebhook],
  ['svix', SvixWebhook],
] as const) {
  test(`${library} verifies what we sign, with each secret of a rotation`, () => {
    const request = signed('standard', BODY, { secrets: [SECRET, OLD_SECRET] })
    for (const secret of [SECRET, OLD_SECRET])
      assert.deepEqual(new Webhook(secret).verify(BODY, request.headers), JSON.parse(BODY))
    assert.throws(
      () => new Webhook(secretOf('standard', 3)).verify(BODY, request.headers),
      /No matching signature/,
    )
    assert.throws(() => new Webhook(SECRET).verify(`${BODY} `, request.headers), /No matching signature/)
  })

  test(`we verify what ${library} signs`, () => {
    const prefix = library === 'svix' ? 'svix' : 'webhook'
    const headers = {
      [`${prefix}-id`]: 'msg_1',
      [`${prefix}-timestamp`]: String(SECONDS),
      [`${prefix}-signature`]: new Webhook(SECRET).sign('msg_1', new Date(), BODY),
    }
    const scheme = standardWebhooks({ svixHeaders: library === 'svix' })
    const result = createSyncReceiver({ scheme, secrets: [SECRET], clock }).verify({
      headers,
      body: Buffer.from(BODY),
    })
    assert.ok(result.ok, JSON.stringify(result))
    assert.deepEqual([result.id, result.type, result.timestamp], ['msg_1', 'order.paid', SECONDS * 1000])
    assert.deepEqual(result.payload, JSON.parse(BODY))
  })
}

test("stripe's constructEvent takes what `timestamped` signs, and we take what stripe signs", () => {
  const { webhooks } = new Stripe('sk_test_1')
  const secrets = [SECRET, OLD_SECRET]
  const ours = header(signed('timestamped', BODY, { secrets }).headers, 'X-Webhook-Signature')
  for (const secret of secrets) assert.equal(webhooks.constructEvent(BODY, ours, secret).id, 'evt_1')
  assert.throws(() => webhooks.constructEvent(`${BODY} `, ours, SECRET), /No signatures found/)

  const made = createSyncSigner({ scheme: stripe(), secrets: [SECRET] })
  const message = { id: 'evt_1', timestampMs: NOW, type: 't', deliveryId: 'd', body: Buffer.from(BODY) }
  const theirs = webhooks.generateTestHeaderString({ payload: BODY, secret: SECRET, timestamp: SECONDS })
  assert.equal(made.sign(message)[0]?.[1], theirs.replace(/,v0=.*/, ''))

  const receiver = createSyncReceiver({ scheme: stripe(), secrets: [OLD_SECRET, SECRET], clock })
  const verify = (value: string, body = BODY) =>
    receiver.verify({ headers: { 'stripe-signature': value }, body: Buffer.from(body) })
  const result = verify(theirs)
  assert.ok(result.ok, JSON.stringify(result))
  assert.deepEqual([result.id, result.type, result.secretIndex], ['evt_1', 'order.paid', 1])
  const v0 = webhooks.generateTestHeaderString({
    payload: BODY,
    secret: SECRET,
    timestamp: SECONDS,
    scheme: 'v0',
  })
  const refused = verify(v0)
  assert.equal(!refused.ok && refused.reason, 'signature_unsupported')
})

test('octokit takes what `prefixed` signs with its header, and we take what octokit signs', async () => {
  const ours = header(signed('prefixed', BODY, { secrets: [SECRET] }).headers, 'X-Webhook-Signature')
  assert.equal(await new Webhooks({ secret: SECRET }).verify(BODY, ours), true)
  assert.equal(await githubVerify(SECRET, `${BODY} `, ours), false)
  const receiver = createSyncReceiver({ scheme: github(), secrets: [SECRET] })
  const headers = {
    'X-GitHub-Event': 'push',
    'X-GitHub-Delivery': '72d3162e-cc78-11e3-81ab-4c9367dc0958',
    'X-Hub-Signature-256': await githubSign(SECRET, BODY),
  }
  const result = receiver.verify({ headers, body: Buffer.from(BODY) })
  assert.ok(result.ok, JSON.stringify(result))
  assert.deepEqual([result.id, result.type], ['72d3162e-cc78-11e3-81ab-4c9367dc0958', 'push'])
})

test('every recorded GitHub payload: signed by us, verified by octokit, and the other way round', async () => {
  const payloads = githubPayloads()
  // 329 of github.com alone; fewer would mean that the examples were not found.
  assert.ok(payloads.length > 329, String(payloads.length))
  const scheme = github()
  const signer = createSyncSigner({ scheme, secrets: [SECRET] })
  const receiver = createSyncReceiver({ scheme, secrets: [SECRET] })
  const octokit = new Webhooks({ secret: SECRET })
  for (const { event, body } of payloads) {
    const message = { id: 'guid', timestampMs: NOW, type: event, deliveryId: 'd', body }
    const headers = Object.fromEntries(signer.sign(message))
    const text = body.toString()
    assert.ok(await octokit.verify(text, header(headers, 'X-Hub-Signature-256')), event)
    headers['X-Hub-Signature-256'] = await octokit.sign(text)
    const result = receiver.verify({ headers, body })
    assert.ok(result.ok && result.type === event, event)
    assert.deepEqual(result.payload, JSON.parse(text))
  }
})

test('where those libraries decode the body first, we do not: raw bytes are what was signed', () => {
  const invalid = Uint8Array.of(0xff)
  const replaced = Buffer.from('\ufffd')
  const { headers } = signed('standard', invalid, { secrets: [SECRET] })
  const receiver = createSyncReceiver({ scheme: outboundScheme('standard'), secrets: [SECRET], clock })
  assert.ok(receiver.verify({ headers, body: invalid }).ok)
  assert.throws(() => new StandardWebhook(SECRET).verify(Buffer.from(invalid), headers))
  const forged = signed('standard', replaced, { secrets: [SECRET] })
  assert.ok(
    new StandardWebhook(SECRET).verify(Buffer.from(invalid), forged.headers, { jsonParse: false }) ===
      undefined,
  )
  const result = receiver.verify({ headers: forged.headers, body: invalid })
  assert.equal(!result.ok && result.reason, 'signature_mismatch')
})
