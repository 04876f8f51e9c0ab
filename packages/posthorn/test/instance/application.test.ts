/** An application that watches itself with OpenTelemetry: our spans and metrics go where its own go. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, beforeEach, test } from 'node:test'
import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { openShop, STRIPE, webhook } from '../library/support/shop.ts'

const spans = new InMemorySpanExporter()
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 })

before(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
})

after(() => {
  trace.disable()
  context.disable()
  metrics.disable()
  return reader.shutdown()
})

beforeEach(() => spans.reset())

function span(name: string) {
  const found = spans.getFinishedSpans().filter((one) => one.name === name)
  assert.equal(found.length, 1, name)
  return found[0] as (typeof found)[0]
}

/** As the application's HTTP server would, were it traced. */
function inside<T>(name: string, run: () => Promise<T>): Promise<T> {
  return trace.getTracer('application').startActiveSpan(name, async (active) => {
    try {
      return await run()
    } finally {
      active.end()
    }
  })
}

test('a request received inside of a span of the application is its child, whatever the header says', async () => {
  await using shop = await openShop()
  const { posthorn, clock, recorder } = shop
  const inbox = posthorn.source('stripe', STRIPE)
  posthorn.on('stripe', '*', () => inside('charge the card', async () => {}))
  await posthorn.start()
  const request = await webhook(clock)
  const headers = [
    ...(request.headers as Array<[string, string]>),
    ['traceparent', `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`] as const,
  ]
  await inside('POST /webhooks', () => inbox.receive({ ...request, headers }))
  await recorder.next('delivery.finished')
  const parents = ['receive', 'handle', 'charge the card'].map((name) => span(name).parentSpanContext?.spanId)
  const causes = ['POST /webhooks', 'receive', 'handle'].map((name) => span(name).spanContext().spanId)
  assert.deepEqual(parents, causes)
  assert.equal(new Set(spans.getFinishedSpans().map((one) => one.spanContext().traceId)).size, 1)
})

test('what is published in a request is its child, and its attempt is not inside of what happens to run', async () => {
  await using shop = await openShop({ allowHttp: true, allowNetworks: ['127.0.0.0/8'] })
  const { posthorn, tenant, recorder } = shop
  await posthorn.use.subscriptions.create(tenant.id, { name: 'a', url: 'http://127.0.0.1:9/', events: ['*'] })
  await posthorn.start()
  await inside('POST /orders', () => posthorn.publish({ type: 'order.paid', data: {} }))
  await recorder.next('delivery.attempted')
  assert.equal(span('publish').parentSpanContext?.spanId, span('POST /orders').spanContext().spanId)
  assert.equal(span('deliver').parentSpanContext?.spanId, span('publish').spanContext().spanId)
  assert.equal(span('deliver').status.message, 'connect_failed')
})

test('a publish that is refused is a span with the code of its error', async () => {
  await using shop = await openShop()
  await assert.rejects(shop.posthorn.publish({ type: 'order paid', data: {} }))
  assert.equal(span('publish').status.message, 'invalid_request')
  assert.equal(span('publish').attributes['error.type'], 'invalid_request')
})

test("the application's meter provider tells our metrics, and asks no store that is closed", async () => {
  {
    await using shop = await openShop()
    await shop.posthorn.publish({ type: 'order.paid', data: {} })
    await reader.forceFlush()
  }
  const told = exporter
    .getMetrics()
    .at(-1)
    ?.scopeMetrics.find(({ scope }) => scope.name === 'posthorn')
  const published = told?.metrics.find(({ descriptor }) => descriptor.name === 'webhook.published')
  assert.deepEqual(
    published?.dataPoints.map(({ attributes, value }) => [attributes, value]),
    [[{ event_type: 'order.paid' }, 1]],
  )
  const { errors } = await reader.collect()
  assert.deepEqual(errors, [])
})

/** Which packages of OpenTelemetry a process has loaded after opening an instance. */
function loadedBy(code: string): string[] {
  const program = `
    const quiet = { info: () => {}, warn: () => {}, error: () => {} }
    const given = { dataDir: ':memory:', secretKey: 'a secret key for these tests only', storeThread: false, logger: quiet }
    ${code}
    const { default: module } = await import('node:module')
    const paths = Object.keys(module._cache).map((path) => /@opentelemetry.([a-z-]+)/.exec(path)?.[1])
    console.log([...new Set(paths.filter((name) => name !== undefined))].sort().join())`
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith('OTEL_'))
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: Object.fromEntries(environment),
  })
  assert.equal(stderr, '')
  return stdout.trim().split(',')
}

test('an application that does not watch itself loads nothing of the SDK', () => {
  const loaded = loadedBy(`
    const { createPosthorn } = await import('../../src/library/posthorn.ts')
    const posthorn = await createPosthorn(given)
    await posthorn.publish({ type: 'a.b', data: {} })
    await posthorn.stop()`)
  assert.deepEqual(loaded, ['api'])
})

test('a server that pushes nothing loads neither traces nor what pushes', () => {
  const loaded = loadedBy(`
    const { openInstance } = await import('../../src/instance/instance.ts')
    const instance = await openInstance(given)
    await instance.metrics.scrape()
    await instance.close()`)
  assert.deepEqual(loaded, [
    'api',
    'core',
    'exporter-prometheus',
    'resources',
    'sdk-metrics',
    'semantic-conventions',
  ])
})
