/** What is pushed to a collector: one trace through everything, and the metrics. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { trace } from '@opentelemetry/api'
import { openWatching } from '../../src/instance/open-watching.ts'
import { FakeClock } from '../../src/testing/fake-clock.ts'
import { startTarget, type TargetOptions } from '../../src/testing/target.ts'
import { openShop, STRIPE, webhook } from '../library/support/shop.ts'
import { environment, startCollector } from './support/collector.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CAUSE = 'b7ad6b7169203331'
const LOCAL = { allowHttp: true, allowNetworks: ['127.0.0.0/8'] }
/** Kinds on the wire. */
const [SERVER, CLIENT, PRODUCER, CONSUMER] = [2, 3, 4, 5]

const SILENT = { info: () => {}, warn: () => {}, error: () => {} }

/** Another program, to which is delivered. */
async function startBooks(options: TargetOptions = {}) {
  const target = await startTarget(options)
  return Object.assign(target, { [Symbol.asyncDispose]: () => target.close() })
}

async function subscribe(shop: Awaited<ReturnType<typeof openShop>>, url: string) {
  const { posthorn, tenant } = shop
  await posthorn.use.subscriptions.create(tenant.id, { name: 'books', url, events: ['*'] })
}

test('one trace runs from the inbound request through the store to the handler, its publish and the target', async () => {
  await using collector = await startCollector()
  await using books = await startBooks()
  using _ = environment({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=shop',
    OTEL_SERVICE_NAME: 'the-shop',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
  })
  const seen: Array<string | null | undefined> = []
  {
    await using shop = await openShop({ ...LOCAL, watchedBy: 'own' })
    const { posthorn, clock, recorder } = shop
    await subscribe(shop, `${books.url}in`)
    const inbox = posthorn.source('stripe', STRIPE)
    posthorn.on('stripe', 'invoice.*', async (_event, { traceparent }) => {
      seen.push(trace.getActiveSpan()?.spanContext().spanId, traceparent)
      await posthorn.publish({ type: 'order.paid', data: {}, id: 'o1' })
    })
    await posthorn.start()
    const request = await webhook(clock)
    const headers = [
      ...(request.headers as Array<[string, string]>),
      ['traceparent', `00-${TRACE}-${CAUSE}-01`] as const,
    ]
    await inbox.receive({ ...request, headers })
    await recorder.atLeast(2, 'delivery.finished')
  }
  const spans = new Map(collector.spans().map((span) => [span.name, span]))
  const of = (name: string) => {
    const span = spans.get(name)
    assert.ok(span, `no span ${name} among ${[...spans.keys()]}`)
    return span
  }
  const [receive, handle, publish, deliver] = ['receive', 'handle', 'publish', 'deliver'].map(of) as [
    ReturnType<typeof of>,
    ReturnType<typeof of>,
    ReturnType<typeof of>,
    ReturnType<typeof of>,
  ]
  assert.equal(collector.spans().length, 4)
  const chain = [receive, handle, publish, deliver]
  assert.deepEqual(
    chain.map(({ traceId, parentSpanId, kind, error }) => [traceId, parentSpanId, kind, error]),
    [
      [TRACE, CAUSE, SERVER, null],
      [TRACE, receive.spanId, CONSUMER, null],
      [TRACE, handle.spanId, PRODUCER, null],
      [TRACE, publish.spanId, CLIENT, null],
    ],
  )
  assert.deepEqual(seen, [handle.spanId, `00-${TRACE}-${handle.spanId}-01`])
  assert.equal(books.requests[0]?.header('traceparent'), `00-${TRACE}-${deliver.spanId}-01`)
  assert.equal(books.requests[0]?.headers.filter(([name]) => name.toLowerCase() === 'traceparent').length, 1)
  assert.equal(handle.attributes['posthorn.event.id'], 'evt_1')
  assert.equal(deliver.attributes['http.response.status_code'], '200')
  assert.equal(collector.target.requests[0]?.header('x-tenant'), 'shop')
  const resource = collector.resource('/v1/traces')
  assert.equal(resource['service.name'], 'the-shop')
  assert.equal(resource['deployment.environment.name'], 'test')
})

test('an attempt that failed is a span with an error, and the retry is another one of the same trace', async () => {
  await using collector = await startCollector()
  await using books = await startBooks({ answer: { status: 503 } })
  using _ = environment({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
  })
  {
    await using shop = await openShop({ ...LOCAL, watchedBy: 'own' })
    const { posthorn, clock, recorder } = shop
    await subscribe(shop, books.url)
    await posthorn.start()
    await posthorn.publish({ type: 'order.paid', data: {} })
    await recorder.atLeast(1, 'delivery.attempted')
    books.answer({ status: 200 })
    await clock.settle()
    await clock.advance(10_000)
    await recorder.next('delivery.finished')
  }
  const spans = collector.spans()
  const [publish] = spans.filter(({ name }) => name === 'publish')
  const deliver = spans.filter(({ name }) => name === 'deliver')
  assert.deepEqual(
    deliver.map(({ error, attributes }) => [error, attributes['posthorn.attempt']]),
    [
      ['failed', '1'],
      [null, '2'],
    ],
  )
  for (const one of deliver)
    assert.deepEqual([one.traceId, one.parentSpanId], [publish?.traceId, publish?.spanId])
  assert.deepEqual(collector.metrics(), new Map(), 'only traces have an address')
})

test('metrics are pushed with what the process is, also what came after the last interval', async () => {
  await using collector = await startCollector()
  using _ = environment({
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/v1/metrics`,
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/json',
  })
  {
    await using shop = await openShop({ watchedBy: 'own' })
    const { posthorn, clock, recorder } = shop
    const inbox = posthorn.source('stripe', STRIPE)
    posthorn.on('stripe', '*', () => {})
    await posthorn.start()
    const request = await webhook(clock)
    await inbox.receive(request)
    await inbox.receive(request)
    await inbox.receive({ ...request, body: Buffer.from('{}') })
    await recorder.next('delivery.finished')
  }
  const metrics = collector.metrics()
  const stripe = 'source=src_stripe'
  assert.equal(metrics.get(`webhook.received{${stripe},event_type=invoice.paid}`), 2)
  assert.equal(metrics.get(`webhook.duplicate{${stripe},event_type=invoice.paid}`), 1)
  assert.equal(metrics.get(`webhook.signature_failed{${stripe},reason=signature_mismatch}`), 1)
  assert.equal(metrics.get('webhook.processed{event_type=invoice.paid,target=handler}'), 1)
  assert.equal(metrics.get('webhook.processing_seconds{event_type=invoice.paid}'), 1)
  assert.equal(metrics.get('webhook.queue_depth{}'), 0)
  assert.equal(collector.resource('/v1/metrics')['service.name'], 'posthorn')
  assert.deepEqual(collector.spans(), [])
})

test('without a word about the protocol it is protobuf', async () => {
  await using collector = await startCollector()
  using _ = environment({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  {
    await using shop = await openShop({ watchedBy: 'own' })
    await shop.posthorn.publish({ type: 'order.paid', data: {} })
  }
  const { requests } = collector.target
  const paths = requests.map((request) => [request.path, request.header('content-type')]).sort()
  assert.deepEqual(paths, [
    ['/v1/metrics', 'application/x-protobuf'],
    ['/v1/traces', 'application/x-protobuf'],
  ])
  const traces = requests.find(({ path }) => path === '/v1/traces')
  assert.ok(Buffer.from(traces?.body ?? []).includes('posthorn.event.type'))
})

test('the sampler of the variables decides, and the flag goes along', async () => {
  await using collector = await startCollector()
  await using books = await startBooks()
  using _ = environment({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_SAMPLER: 'always_off',
  })
  {
    await using shop = await openShop({ ...LOCAL, watchedBy: 'own' })
    await subscribe(shop, books.url)
    await shop.posthorn.start()
    await shop.posthorn.publish({ type: 'order.paid', data: {} })
    await shop.recorder.next('delivery.finished')
  }
  assert.match(books.requests[0]?.header('traceparent') ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
  assert.deepEqual(collector.target.requests, [])
})

const OFF: ReadonlyArray<[what: string, variables: Readonly<Record<string, string>>]> = [
  ['no variable is set', {}],
  ['the SDK is disabled', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'URL' }],
  [
    'no exporter is wanted',
    { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'prometheus', OTEL_EXPORTER_OTLP_ENDPOINT: 'URL' },
  ],
]

for (const [what, variables] of OFF)
  test(`nothing is pushed when ${what}, and the page is there all the same`, async () => {
    await using collector = await startCollector()
    const given = Object.entries(variables).map(([name, value]) => [
      name,
      value.replace('URL', collector.url),
    ])
    using _ = environment(Object.fromEntries(given))
    const watching = await openWatching('own', { logger: SILENT, clock: new FakeClock() })
    watching.meter.createCounter('made.here').add(1)
    assert.equal(watching.tracer.on, false)
    assert.match(await watching.scrape(), /^made_here_total 1$/m)
    await watching.close()
    assert.deepEqual(collector.target.requests, [])
  })

test('a collector that does not answer holds up the end for five seconds', async () => {
  await using collector = await startCollector()
  const { promise: late, resolve: answerAtLast } = Promise.withResolvers<object>()
  collector.target.answer(() => late)
  using _ = environment({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_METRICS_EXPORTER: 'none' })
  const clock = new FakeClock()
  const { tracer, close } = await openWatching('own', { logger: SILENT, clock })
  tracer.begin('publish', null, {}, 'producer').end(null)
  let closed = false
  const closing = close().then(() => {
    closed = true
  })
  await collector.target.next()
  await clock.advance(4_999)
  assert.equal(closed, false)
  await clock.advance(1)
  assert.equal(closed, true)
  await closing
  answerAtLast({})
  await close()
})

test('what the SDK complains about is a line of our log, one a minute', async () => {
  await using collector = await startCollector()
  using _ = environment({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_SAMPLER: 'sometimes',
    OTEL_EXPORTER_OTLP_COMPRESSION: 'brotli',
  })
  const lines: Array<[text: string, fields: unknown]> = []
  const note = (text: string, fields?: object) => void lines.push([text, fields])
  const clock = new FakeClock()
  const watching = await openWatching('own', { logger: { info: note, warn: note, error: note }, clock })
  await watching.close()
  assert.equal(lines.length, 1)
  assert.match(JSON.stringify(lines), /OTEL_[A-Z_]+ .*(?:sometimes|brotli)/)
})
