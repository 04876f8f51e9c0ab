import assert from 'node:assert/strict'
import { test } from 'node:test'
import { otlpSettings } from '../../src/instance/otlp-settings.ts'
import { environment } from './support/collector.ts'

const URL = 'http://collector:4318'
const NOTHING = { traces: null, metrics: null, metricIntervalMs: 60_000, metricTimeoutMs: 30_000 }

const READ: ReadonlyArray<
  [what: string, variables: Record<string, string>, settings: Record<string, unknown>]
> = [
  ['nothing is set', {}, {}],
  [
    'an address for both',
    { OTEL_EXPORTER_OTLP_ENDPOINT: URL },
    { traces: 'http/protobuf', metrics: 'http/protobuf' },
  ],
  [
    'an address for one',
    { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${URL}/v1/traces` },
    { traces: 'http/protobuf' },
  ],
  ['an empty address', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ' }, {}],
  [
    'asked for without an address: the default one',
    { OTEL_METRICS_EXPORTER: 'otlp' },
    { metrics: 'http/protobuf' },
  ],
  ['both for metrics', { OTEL_METRICS_EXPORTER: 'prometheus, otlp' }, { metrics: 'http/protobuf' }],
  [
    'a protocol of its own',
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: URL,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    },
    { traces: 'http/json', metrics: 'http/protobuf' },
  ],
  [
    'none',
    { OTEL_EXPORTER_OTLP_ENDPOINT: URL, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' },
    {},
  ],
  ['disabled', { OTEL_EXPORTER_OTLP_ENDPOINT: URL, OTEL_SDK_DISABLED: 'TRUE' }, {}],
  ['a protocol of what is not pushed', { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, {}],
  [
    'a short interval: the timeout is not longer',
    { OTEL_METRIC_EXPORT_INTERVAL: '5000' },
    { metricIntervalMs: 5_000, metricTimeoutMs: 5_000 },
  ],
  ['a timeout', { OTEL_METRIC_EXPORT_TIMEOUT: '100' }, { metricTimeoutMs: 100 }],
]

for (const [what, variables, settings] of READ)
  test(`read: ${what}`, () => {
    using _ = environment(variables)
    assert.deepEqual(otlpSettings(), { ...NOTHING, ...settings })
  })

const REFUSED: ReadonlyArray<[what: string, variables: Record<string, string>, message: RegExp]> = [
  [
    'gRPC',
    { OTEL_EXPORTER_OTLP_ENDPOINT: URL, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    /^OTEL_EXPORTER_OTLP_PROTOCOL is "grpc", .*http\/protobuf or http\/json.*4318/,
  ],
  [
    'a protocol of one signal',
    { OTEL_EXPORTER_OTLP_ENDPOINT: URL, OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'xml' },
    /^OTEL_EXPORTER_OTLP_METRICS_PROTOCOL is "xml"/,
  ],
  [
    'an exporter that is not here',
    { OTEL_TRACES_EXPORTER: 'zipkin' },
    /^OTEL_TRACES_EXPORTER is "zipkin", .*otlp or none/,
  ],
  ['Prometheus for traces', { OTEL_TRACES_EXPORTER: 'prometheus' }, /^OTEL_TRACES_EXPORTER/],
  [
    'an address without a scheme',
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    /^OTEL_EXPORTER_OTLP_ENDPOINT is not/,
  ],
  [
    'an address that is none',
    { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: '//me:password@collector' },
    /^OTEL_EXPORTER_OTLP_METRICS_ENDPOINT is not an http or https URL, such as http:\/\/localhost:4318\.$/,
  ],
  ['an interval of nothing', { OTEL_METRIC_EXPORT_INTERVAL: '0' }, /^OTEL_METRIC_EXPORT_INTERVAL is "0"/],
  ['an interval in words', { OTEL_METRIC_EXPORT_INTERVAL: '1m' }, /^OTEL_METRIC_EXPORT_INTERVAL is "1m"/],
  [
    'a timeout for ever',
    { OTEL_METRIC_EXPORT_TIMEOUT: 'Infinity' },
    /^OTEL_METRIC_EXPORT_TIMEOUT is "Infinity"/,
  ],
]

for (const [what, variables, message] of REFUSED)
  test(`refused at the start: ${what}`, () => {
    using _ = environment(variables)
    assert.throws(otlpSettings, { code: 'config_invalid', message })
  })
