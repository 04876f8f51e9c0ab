/**
 * Real events, byte for byte, through a running server with each signature scheme; what arrives is checked by other
 * people's libraries. Where the payloads come from: support/payloads.ts.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { outboundScheme } from '@posthorn/receiver'
import { createSyncReceiver } from '@posthorn/receiver/node'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { eventText, publishAll, type Way } from './support/events.ts'
import { githubPayloads, type Payload, SUBTLE, stripePayloads } from './support/payloads.ts'
import { type ServerProcess, startServer } from './support/server.ts'
import type { Attempt, CreatedSubscription, Delivery, Listed } from './support/shapes.ts'
import { arrived, headersOf, nextRequest, sha256, startTarget, type Target } from './support/targets.ts'
import { until } from './support/until.ts'
import { eventIdOf, foreignVerifier, headerOf, PREFIXES, SCHEMES, textOf } from './support/verifiers.ts'

let server: ServerProcess

before(async () => {
  server = await startServer()
})
after(() => server?.dispose())

async function subscribe(target: Target, more: Record<string, unknown> = {}): Promise<CreatedSubscription> {
  const input = { name: 'real', url: target.url, events: ['*'], ...more }
  return await server.api.post<CreatedSubscription>('/subscriptions', input, 201)
}

const WAYS: readonly Way[] = ['data', 'data_text', 'data_base64']

test('every payload of GitHub and Stripe arrives byte for byte under each of the six schemes', async (t) => {
  const target = await startTarget()
  t.after(() => target.close())
  const subscriptions = await Promise.all(
    SCHEMES.map((scheme) =>
      subscribe(target, {
        ...{ name: scheme, url: target.urlFor('127.0.0.1', `/${scheme}`), format: 'raw', max_in_flight: 64 },
        signature: { scheme, header_prefix: PREFIXES[scheme] },
      }),
    ),
  )
  const payloads = [...githubPayloads(), ...stripePayloads(), ...SUBTLE]
  // 726 of GitHub and 255 of Stripe today; fewer would mean that the packages' files were not found.
  assert.ok(payloads.length > 900, String(payloads.length))
  const texts = payloads.map((payload, at) => eventText(payload, WAYS[at % WAYS.length]))
  const published = await publishAll(server.api, texts)
  for (const result of published) assert.deepEqual([result.deliveries, result.duplicate], [6, false])

  const requests = await arrived(target, payloads.length * SCHEMES.length, 45_000)
  const known = new Map(payloads.map((payload) => [payload.id, payload]))
  for (const [at, scheme] of SCHEMES.entries()) {
    const subscription = subscriptions[at] ?? assert.fail()
    const secrets = [subscription.public_key ?? subscription.signing_secret]
    const options = { headerPrefix: PREFIXES[scheme] }
    const receiver = createSyncReceiver({ scheme: outboundScheme(scheme, options), secrets })
    const foreign = foreignVerifier(subscription)
    const mine = requests.filter((request) => request.path === `/${scheme}`)
    const seen = new Set<string>()
    for (const request of mine) {
      const id = eventIdOf(request, scheme, PREFIXES[scheme])
      const payload = known.get(id) ?? assert.fail(`an unknown event ${id}`)
      assert.equal(sha256(request.body), sha256(payload.text), `${scheme} ${id}`)
      checkHeaders(headersOf(request), payload, subscription)
      await foreign(request)
      const result = receiver.verify({ headers: request.headers, body: request.body })
      assert.ok(result.ok, `${scheme} ${id}: ${JSON.stringify(result)}`)
      assert.equal(result.id, id)
      seen.add(id)
    }
    assert.equal(mine.length, payloads.length, `${scheme}: some came twice`)
    assert.equal(seen.size, payloads.length, `${scheme}: some did not come`)
  }
  assert.equal(target.requests.length, payloads.length * SCHEMES.length)
  for (const { id } of subscriptions) await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

function checkHeaders(headers: Record<string, string>, { type }: Payload, subscription: CreatedSubscription) {
  assert.equal(headers['content-type'], 'application/json')
  assert.match(headers['user-agent'] ?? '', /^Posthorn\/\d+\.\d+\.\d+/)
  assert.match(headers['posthorn-delivery'] ?? '', /^dlv_/)
  assert.equal(headers['posthorn-attempt'], '1')
  const { scheme, header_prefix } = subscription.signature
  if (scheme !== 'timestamped' && scheme !== 'prefixed') return
  assert.equal(headers[`${header_prefix.toLowerCase()}-event`], type)
  assert.equal(headers[`${header_prefix.toLowerCase()}-delivery`], headers['posthorn-delivery'])
}

test('a verifier of another library refuses the same request with one byte changed', async (t) => {
  const target = await startTarget()
  t.after(() => target.close())
  for (const scheme of SCHEMES) {
    const signature = { scheme, header_prefix: PREFIXES[scheme] }
    const subscription = await subscribe(target, { signature, format: 'raw' })
    await publishAll(server.api, [
      eventText({ id: `changed-${scheme}`, type: 'a.b', text: '{"amount":100}' }),
    ])
    const request = await nextRequest(target)
    await foreignVerifier(subscription)(request)
    const body = Buffer.from('{"amount":900}')
    await assert.rejects(async () => foreignVerifier(subscription)({ ...request, body }), scheme)
    await server.api.call('DELETE', `/subscriptions/${subscription.id}`, { status: 204 })
  }
})

test('text that is not JSON and bytes that are not text arrive as they were published', async (t) => {
  const target = await startTarget()
  t.after(() => target.close())
  const { id } = await subscribe(target, { format: 'raw', events: ['raw.*'] })
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at)
  await server.api.post(
    '/events',
    {
      event_type: 'raw.bytes',
      data_base64: Buffer.from(bytes).toString('base64'),
      content_type: 'image/png',
    },
    202,
  )
  const first = await nextRequest(target)
  assert.deepEqual([...first.body], [...bytes])
  assert.equal(first.header('content-type'), 'image/png')
  const xml = '<?xml version="1.0"?>\r\n<a>é\u0000</a>'
  const input = { event_type: 'raw.text', data_text: xml, content_type: 'application/xml; charset=utf-8' }
  await server.api.post('/events', input, 202)
  const second = await nextRequest(target)
  assert.equal(Buffer.from(second.body).toString(), xml)
  assert.equal(second.header('content-type'), 'application/xml; charset=utf-8')
  await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

const SHAPES = {
  standard: ['type', 'timestamp', 'data', 'tenant'],
  envelope: ['event_id', 'event_type', 'occurred_at', 'tenant', 'data'],
  event: ['id', 'type', 'timestamp', 'data'],
} as const

test('the three formats that wrap have the documented members, and hold the data as it was written', async (t) => {
  const target = await startTarget()
  t.after(() => target.close())
  const formats = Object.keys(SHAPES) as (keyof typeof SHAPES)[]
  const made = await Promise.all(
    formats.map((format) => subscribe(target, { format, url: target.urlFor('127.0.0.1', `/${format}`) })),
  )
  const occurred_at = '2026-02-03T04:05:06.789Z'
  for (const { id, text } of SUBTLE) {
    const event = `{"event_type":"user.signed_up","event_id":"format-${id}","occurred_at":"${occurred_at}","data":${text}}`
    await server.api.post('/events', event, 202)
  }
  const requests = await arrived(target, SUBTLE.length * formats.length)
  const textById = new Map(SUBTLE.map(({ id, text }) => [`format-${id}`, text]))
  for (const request of requests) {
    const format = request.path.slice(1) as keyof typeof SHAPES
    const text = textOf(request)
    const eventId = headerOf(request, 'webhook-id')
    const data = textById.get(eventId) ?? assert.fail(eventId)
    assert.ok(text.includes(`"data":${data}`), `${format}: ${text}`)
    // JSON.parse cannot show the order of members and the data apart; a body without its data can.
    const body = JSON.parse(text.replace(`"data":${data}`, '"data":0'))
    assert.deepEqual(Object.keys(body), SHAPES[format])
    assert.equal(body.type ?? body.event_type, 'user.signed_up')
    assert.equal(body.id ?? body.event_id ?? eventId, eventId)
    const instant = body.timestamp ?? body.occurred_at
    assert.equal(format === 'event' ? new Date(instant).toISOString() : instant, occurred_at)
    if (format === 'event') assert.equal(typeof instant, 'number')
    else assert.deepEqual([Object.keys(body.tenant), body.tenant.slug], [['id', 'slug'], 'default'])
  }
  for (const { id } of made) await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

test('during a rotation both secrets verify, and without overlap only the new one', async (t) => {
  const target = await startTarget()
  t.after(() => target.close())
  const { id, signing_secret: first } = await subscribe(target, { events: ['rotate.*'] })
  const send = async (): Promise<[string, Record<string, string>]> => {
    await server.api.post('/events', { event_type: 'rotate.now', data: { a: 1 } }, 202)
    const request = await nextRequest(target)
    return [textOf(request), headersOf(request)]
  }
  type Rotated = { signing_secret: string; previous_expires_at: string; both_signatures: boolean }
  const rotate = (body?: object) => server.api.post<Rotated>(`/subscriptions/${id}/rotate-secret`, body, 200)

  const { signing_secret: second, previous_expires_at, both_signatures } = await rotate({ overlap_s: 3600 })
  assert.notEqual(second, first)
  assert.equal(both_signatures, true)
  const left = Date.parse(previous_expires_at) - Date.now()
  assert.ok(left > 3_500_000 && left <= 3_600_000, String(left))
  const during = await send()
  for (const secret of [first, second]) new StandardWebhook(secret).verify(...during)

  const { signing_secret: third } = await rotate({ overlap_s: 0 })
  const later = await send()
  new StandardWebhook(third).verify(...later)
  assert.throws(() => new StandardWebhook(second).verify(...later), /No matching signature/)
  await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})

test("a rotation under Stripe's scheme carries two v1; a scheme with room for one says that it has", async (t) => {
  const target = await startTarget()
  t.after(() => target.close())
  const { webhooks } = new Stripe('sk_test_1')
  const signature = { scheme: 'timestamped', header_prefix: 'Stripe' }
  const { id, signing_secret: old } = await subscribe(target, {
    signature,
    format: 'raw',
    events: ['rotate.*'],
  })
  const made = await server.api.post<{ signing_secret: string }>(
    `/subscriptions/${id}/rotate-secret`,
    undefined,
    200,
  )
  await server.api.post('/events', { event_type: 'rotate.now', data: { id: 'evt_9' } }, 202)
  const request = await nextRequest(target)
  for (const secret of [old, made.signing_secret])
    assert.equal(
      webhooks.constructEvent(textOf(request), headerOf(request, 'Stripe-Signature'), secret).id,
      'evt_9',
    )
  await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })

  for (const scheme of ['prefixed', 'split', 'plain']) {
    const one = await subscribe(target, { signature: { scheme }, events: ['rotate.one'] })
    const path = `/subscriptions/${one.id}/rotate-secret`
    const rotated = await server.api.post<CreatedSubscription & { both_signatures: boolean }>(path, {}, 200)
    assert.equal(rotated.both_signatures, false, scheme)
    await server.api.post('/events', { event_type: 'rotate.one', data: { scheme } }, 202)
    await foreignVerifier({ ...one, signing_secret: rotated.signing_secret })(await nextRequest(target))
    await server.api.call('DELETE', `/subscriptions/${one.id}`, { status: 204 })
  }
})

test('the bytes are the same in a retry and in a replay, the attempt number and the time stamp are not', async (t) => {
  const target = await startTarget()
  t.after(() => target.close())
  target.answerNext({ status: 500 })
  const more = { retry: [0.05], events: ['again.*'], format: 'envelope' }
  const { id, signing_secret } = await subscribe(target, more)
  const { event_id } = await server.api.post<{ event_id: string }>(
    '/events',
    { event_type: 'again.and', data: { b: 1, a: 2 } },
    202,
  )
  await arrived(target, 2)
  const [first] = await until('the delivery to be delivered', async () => {
    const rows = await server.api.all<Delivery>(`/events/${event_id}/deliveries?state=delivered`)
    return rows.length === 1 && rows
  })
  const { data: attempts } = await server.api.get<Listed<Attempt>>(`/deliveries/${first?.id}/attempts`)
  assert.deepEqual(
    attempts.map(({ number, outcome, status_code }) => [number, outcome, status_code]),
    [
      [1, 'retry', 500],
      [2, 'success', 200],
    ],
  )
  await server.api.post(`/events/${event_id}/replay`, { subscription_id: id }, 202)
  const requests = await arrived(target, 3)
  assert.equal(new Set(requests.map(({ body }) => sha256(body))).size, 1)
  assert.deepEqual(
    requests.map((request) => [request.header('posthorn-attempt'), request.header('webhook-id')]),
    [
      ['1', event_id],
      ['2', event_id],
      ['1', event_id],
    ],
  )
  assert.notEqual(requests[2]?.header('posthorn-delivery'), requests[0]?.header('posthorn-delivery'))
  for (const request of requests)
    new StandardWebhook(signing_secret).verify(textOf(request), headersOf(request))
  await server.api.call('DELETE', `/subscriptions/${id}`, { status: 204 })
})
