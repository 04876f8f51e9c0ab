/** The gateway from outside: providers send to `/in/{source_id}` of a real server, its subscriptions get the events. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import {
  GITHUB_SECRET,
  githubHeaders,
  type Inbound,
  SLACK_SECRET,
  type Source,
  STRIPE_SECRET,
  send,
  slackHeaders,
  stripeHeaders,
} from './support/inbound.ts'
import { LOOPBACK, type ServerProcess, startServer } from './support/server.ts'
import type { CreatedSubscription, Listed } from './support/shapes.ts'
import { headersOf, nextRequest, startTarget, type Target } from './support/targets.ts'
import { until } from './support/until.ts'

let server: ServerProcess
let target: Target
let github: Source
let subscription: CreatedSubscription
const PAYLOAD = '{"ref": "refs/heads/main",  "price": 1.0, "name": "Grüße"}\n'

before(async () => {
  target = await startTarget()
  server = await startServer({ flags: [...LOOPBACK, '--trusted-proxy', '127.0.0.0/8'] })
  const { api } = server
  const fields = { slug: 'github', provider: 'github', secrets: [GITHUB_SECRET] }
  github = await api.post<Source>('/sources', fields, 201)
  const wanted = { name: 'ci', url: target.url, events: ['*'], source: ['github', 'stripe'], format: 'raw' }
  subscription = await api.post<CreatedSubscription>('/subscriptions', wanted, 201)
})

after(async () => {
  await server?.dispose()
  await target?.close()
})

/** The newest request of a source with a verdict. Refused ones are written after they were answered. */
async function noted(source: string, verdict: string, id: string): Promise<Inbound> {
  return await until(`the request ${id} to be listed as ${verdict}`, async () => {
    const page = await server.api.get<Listed<Inbound>>(`/sources/${source}/requests?verdict=${verdict}`)
    return page.data.find((request) => request.id === id)
  })
}

test('what GitHub signs is answered, delivered signed anew, and listed with its bytes', async () => {
  assert.equal(github.ingest_url, `${server.url}/in/${github.id}`)
  assert.deepEqual([github.secrets.length, 'sealed' in (github.secrets[0] ?? {})], [1, false])
  const headers = await githubHeaders(PAYLOAD, 'delivery-1')
  const answer = await send(github.ingest_url, { headers, body: PAYLOAD })
  assert.equal(answer.status, 200, answer.text)
  const request = await nextRequest(target)
  assert.equal(Buffer.from(request.body).toString(), PAYLOAD)
  new StandardWebhook(subscription.signing_secret).verify(PAYLOAD, headersOf(request))
  assert.equal(request.header('webhook-id'), 'delivery-1')
  const stored = String(answer.headers['posthorn-request'])
  const shown = await server.api.get<Inbound>(`/sources/github/requests/${stored}`)
  assert.deepEqual(
    [shown.verdict, shown.status, shown.body_text, shown.event_ids, shown.address],
    ['accepted', 200, PAYLOAD, ['delivery-1'], '127.0.0.1'],
  )
  assert.ok(shown.headers.some(({ name, value }) => name === 'x-github-event' && value === 'push'))
  const event = await server.api.get<{ request_id: string; source: string; event_type: string }>(
    '/events/delivery-1?source=github',
  )
  assert.deepEqual([event.request_id, event.source, event.event_type], [stored, github.id, 'push'])
})

test('a repeat is answered as a success and goes nowhere, unless it is let through', async () => {
  const body = '{"repeated":true}'
  const headers = await githubHeaders(body, 'delivery-2')
  assert.equal((await send(github.ingest_url, { headers, body })).status, 200)
  await nextRequest(target)
  const again = await send(github.ingest_url, { headers, body })
  assert.equal(again.status, 200)
  await noted('github', 'duplicate', String(again.headers['posthorn-request']))
  const let_through = { event_id: 'delivery-2' }
  const opened = await server.api.post<Source>('/sources/github/let-through', let_through, 200)
  assert.equal(opened.let_through[0]?.event_id, 'delivery-2')
  const third = await send(github.ingest_url, { headers, body })
  await noted('github', 'redelivered', String(third.headers['posthorn-request']))
  // The next one at the target is the third: the second went nowhere.
  const redelivered = await nextRequest(target)
  assert.equal(redelivered.header('webhook-id'), 'delivery-2')
  assert.equal(target.requests.filter((one) => one.header('webhook-id') === 'delivery-2').length, 2)
})

test('a refused one says nothing to its sender, and everything to its owner', async () => {
  const body = '{"a":1}'
  const headers = { ...(await githubHeaders(body, 'delivery-3')), cookie: 'session=1', host: 'a.example' }
  const answer = await send(github.ingest_url, { headers, body: `${body}\n` })
  assert.equal(answer.status, 401)
  assert.doesNotMatch(answer.text + JSON.stringify(answer.headers), /mismatch|newline|line break/)
  const id = String(answer.headers['posthorn-request'])
  const listed = await noted('github', 'refused', id)
  assert.deepEqual([listed.reason, listed.status], ['signature_mismatch', 401])
  const verified = await server.api.post<{
    ok: boolean
    diagnoses: Array<{ cause: string; remedy: string }>
  }>(`/sources/github/requests/${id}/verify`, undefined, 200)
  assert.deepEqual([verified.ok, verified.diagnoses[0]?.cause], [false, 'body_final_newline'])
  assert.match(verified.diagnoses[0]?.remedy ?? '', /byte for byte/)
  const path = `/sources/github/requests/${id}`
  assert.doesNotMatch(JSON.stringify(await server.api.get(path)), /session=1/)
  await server.api.refused(409, 'state_conflict', 'POST', `${path}/replay`)
  await server.api.post(`${path}/replay`, { body_text: body }, 202)
  assert.equal(Buffer.from((await nextRequest(target)).body).toString(), body)
})

test("Stripe's own library signs, and https is known from a trusted proxy only", async () => {
  const fields = {
    ...{ slug: 'stripe', provider: 'stripe', secrets: [STRIPE_SECRET], https_only: true },
    ...{ allowed_ips: ['203.0.113.0/24', '2001:db8::/32'] },
  }
  const source = await server.api.post<Source>('/sources', fields, 201)
  const body = '{"id":"evt_1","object":"event","type":"invoice.paid","data":{"object":{}}}'
  const from = (address: string, proto: string) => ({
    ...{ ...stripeHeaders(body), 'x-forwarded-for': address, 'x-forwarded-proto': proto },
  })
  const status = async (headers: Record<string, string>) =>
    (await send(source.ingest_url, { headers, body })).status
  assert.equal(await status(stripeHeaders(body)), 403)
  assert.equal(await status(from('203.0.113.9', 'http')), 403)
  assert.equal(await status(from('198.51.100.1', 'https')), 403)
  // What stands to the left of the proxy's own word is the sender's invention.
  assert.equal(await status(from('203.0.113.9, 198.51.100.1', 'https')), 403)
  assert.equal(await status(from('2001:db8::7', 'https')), 200)
  assert.equal(Buffer.from((await nextRequest(target)).body).toString(), body)
})

test('Slack’s question is answered, and its events taken', async () => {
  const fields = { slug: 'slack', provider: 'slack', secrets: [SLACK_SECRET] }
  const source = await server.api.post<Source>('/sources', fields, 201)
  const body =
    '{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}'
  const answer = await send(source.ingest_url, { headers: slackHeaders(body), body })
  assert.equal(answer.status, 200)
  assert.match(answer.text, /3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P/)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.equal((await send(source.ingest_url, { body })).status, 401)
})

test('CloudEvents ask by OPTIONS whether they may send', async () => {
  const fields = {
    slug: 'ce',
    provider: 'cloudevents',
    secrets: ['a-token-of-enough-bytes'],
    allowed_origins: ['a.example'],
  }
  const source = await server.api.post<Source>('/sources', fields, 201)
  const ask = (origin: string) =>
    send(source.ingest_url, {
      method: 'OPTIONS',
      headers: { 'webhook-request-origin': origin, 'webhook-request-rate': '120' },
    })
  const allowed = await ask('a.example')
  assert.equal(allowed.status, 200, allowed.text)
  assert.equal(allowed.headers['webhook-allowed-origin'], 'a.example')
  assert.equal((await ask('b.example')).headers['webhook-allowed-origin'], undefined)
})

test('a changed source is another one at once: its secret, its being there', async () => {
  const api = server.api
  const body = '{"changed":1}'
  const old = await githubHeaders(body, 'delivery-9')
  await api.call('PATCH', '/sources/github', { body: { active: false }, status: 200 })
  assert.equal((await send(github.ingest_url, { headers: old, body })).status, 404)
  const patch = { active: true, secrets: ['another secret of enough bytes'] }
  await api.call('PATCH', '/sources/github', { body: patch, status: 200 })
  assert.equal((await send(github.ingest_url, { headers: old, body })).status, 401)
  await api.call('PATCH', '/sources/github', {
    body: { secrets: ['x-'.repeat(20), GITHUB_SECRET] },
    status: 200,
  })
  assert.equal((await send(github.ingest_url, { headers: old, body })).status, 200)
  await nextRequest(target)
  await api.call('DELETE', '/sources/github', { status: 204 })
  assert.equal((await send(github.ingest_url, { headers: old, body })).status, 404)
})
