/** The server as a gateway: what comes over HTTP, what goes out over HTTP, one trace through both. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createSigner, github } from '@posthorn/receiver'
import { createApiServer } from '../../src/api/server.ts'
import { openInstance } from '../../src/instance/instance.ts'
import { systemClock } from '../../src/system/clock.ts'
import { SystemRandom } from '../../src/system/random.ts'
import { Recorder } from '../../src/testing/recorder.ts'
import { startTarget } from '../../src/testing/target.ts'
import { environment, startCollector } from './support/collector.ts'

const ADMIN_KEY = 'an-admin-key-of-the-tests-0123456789'
const SECRET = 'the secret of the source that is a gateway'
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CAUSE = 'b7ad6b7169203331'
const TRACEPARENT = `00-${TRACE}-${CAUSE}-01`

async function startGateway() {
  const logger = { info: () => {}, warn: () => {}, error: () => {} }
  const recorder = new Recorder()
  const instance = await openInstance({
    ...{ dataDir: ':memory:', secretKey: 'a secret key for these tests only', adminKey: ADMIN_KEY },
    ...{ storeThread: false, allowHttp: true, allowNetworks: ['127.0.0.0/8'], logger, telemetry: recorder },
  })
  await instance.engine.start()
  const clock = systemClock
  const server = createApiServer({
    ...{ useCases: instance.engine, clock, random: new SystemRandom(), logger, version: '1.2.3' },
    metrics: () => instance.metrics.scrape(),
  })
  const { url } = await server.listen({ host: '127.0.0.1', port: 0 })
  const call = async (method: string, path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/api/v1/webhooks${path}`, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    assert.ok(response.ok, `${path} was answered ${response.status}: ${await response.clone().text()}`)
    return (await response.json()) as Record<string, unknown>
  }
  const close = async () => {
    await server.close()
    await instance.close()
  }
  return { url, recorder, call, [Symbol.asyncDispose]: close }
}

async function books(t: TestContext) {
  const target = await startTarget()
  t.after(() => target.close())
  return target
}

const parents = (spans: ReadonlyArray<{ name: string; traceId: string; parentSpanId: string }>) =>
  new Map(spans.map(({ name, traceId, parentSpanId }) => [name, [traceId, parentSpanId]]))

test('a publish over the API and its delivery belong to the trace of the publisher', async (t) => {
  await using collector = await startCollector()
  using _ = environment({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  })
  const target = await books(t)
  {
    await using gateway = await startGateway()
    await gateway.call('POST', '/subscriptions', { name: 'books', url: target.url, events: ['*'] })
    const event = { event_type: 'order.paid', data: {} }
    await gateway.call('POST', '/events', event, { traceparent: TRACEPARENT })
    await gateway.recorder.next('delivery.finished')
  }
  const spans = collector.spans()
  const publish = spans.find(({ name }) => name === 'publish')
  const deliver = spans.find(({ name }) => name === 'deliver')
  assert.deepEqual(
    parents(spans),
    new Map([
      ['publish', [TRACE, CAUSE]],
      ['deliver', [TRACE, publish?.spanId]],
    ]),
  )
  assert.equal(target.requests[0]?.header('traceparent'), `00-${TRACE}-${deliver?.spanId}-01`)
})

test('a request to a source and its forwarding belong to the trace of the sender', async (t) => {
  await using collector = await startCollector()
  using _ = environment({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  })
  const target = await books(t)
  let sourceId = ''
  {
    await using gateway = await startGateway()
    const { id } = await gateway.call('POST', '/sources', {
      slug: 'github',
      provider: 'github',
      secrets: [SECRET],
    })
    sourceId = String(id)
    const from = { source: ['github'], events: ['*'] }
    await gateway.call('POST', '/subscriptions', { name: 'books', url: target.url, ...from })
    const body = Buffer.from('{"action":"created"}')
    const message = { id: 'd1', type: 'star', deliveryId: 'd1', timestampMs: systemClock.now(), body }
    const signed = await createSigner({ scheme: github(), secrets: [SECRET] }).sign(message)
    const send = (bytes: Buffer<ArrayBuffer>) =>
      fetch(`${gateway.url}/in/${sourceId}`, {
        ...{ method: 'POST', body: bytes },
        headers: {
          ...Object.fromEntries(signed),
          'content-type': 'application/json',
          traceparent: TRACEPARENT,
        },
      })
    const taken = await send(body)
    assert.ok(taken.ok, `${taken.status}: ${await taken.text()}`)
    assert.equal((await send(Buffer.from('{"action":"deleted"}'))).status, 401)
    await gateway.recorder.next('delivery.finished')
    const page = await (await fetch(`${gateway.url}/metrics`)).text()
    assert.match(
      page,
      new RegExp(`^webhook_received_total\\{source="${sourceId}",event_type="[a-z.]+"\\} 1$`, 'm'),
    )
    assert.match(page, /^webhook_processed_total\{event_type="[a-z.]+",target="subscription"\} 1$/m)
  }
  const spans = collector.spans()
  const [receive, refused] = spans.filter(({ name }) => name === 'receive')
  assert.deepEqual(
    spans.map(({ name, traceId, parentSpanId, error }) => [name, traceId, parentSpanId, error]).sort(),
    [
      ['deliver', TRACE, receive?.spanId, null],
      ['receive', TRACE, CAUSE, null],
      ['receive', TRACE, CAUSE, 'signature_mismatch'],
    ],
  )
  assert.equal(refused?.error, 'signature_mismatch')
  const failed = `webhook.signature_failed{source=${sourceId},reason=signature_mismatch}`
  assert.equal(collector.metrics().get(failed), 1)
})
