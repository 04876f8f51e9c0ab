import type { Meter } from '@opentelemetry/api'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { Resource } from '@opentelemetry/resources'
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics'

/** A store that hangs must not hang the page: its gauges are missing then. */
const COLLECT_TIMEOUT_MS = 5_000

/** A meter of our own, with a page in the text format of Prometheus, and what else reads it. */
export class OwnMeter {
  readonly meter: Meter
  readonly #page = new PrometheusExporter({ preventServerStart: true })
  readonly #provider: MeterProvider
  /** The scope's name and version on each series would only repeat `target_info`. */
  readonly #serializer = new PrometheusSerializer('', false, undefined, false, true)

  constructor(resource: Resource, others: readonly IMetricReader[]) {
    this.#provider = new MeterProvider({ readers: [this.#page, ...others], resource })
    this.meter = this.#provider.getMeter('posthorn')
  }

  /** The text format of Prometheus, version 0.0.4. */
  async scrape(): Promise<string> {
    const { resourceMetrics } = await this.#page.collect({ timeoutMillis: COLLECT_TIMEOUT_MS })
    return this.#serializer.serialize(resourceMetrics)
  }

  /** Pushes what is left. */
  close(): Promise<void> {
    return this.#provider.shutdown()
  }
}
