import { type IMetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import type { OtlpProtocol, OtlpSettings } from './otlp-settings.ts'

/** Pushes metrics every so often. The exporters read addresses, headers, timeouts and certificates from `OTEL_*`. */
export async function otlpMetricReader(
  protocol: OtlpProtocol,
  { metricIntervalMs, metricTimeoutMs }: OtlpSettings,
): Promise<IMetricReader> {
  return new PeriodicExportingMetricReader({
    exporter: await exporterFor(protocol),
    exportIntervalMillis: metricIntervalMs,
    exportTimeoutMillis: metricTimeoutMs,
  })
}

async function exporterFor(protocol: OtlpProtocol) {
  if (protocol === 'http/json') {
    const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http')
    return new OTLPMetricExporter()
  }
  const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-proto')
  return new OTLPMetricExporter()
}
