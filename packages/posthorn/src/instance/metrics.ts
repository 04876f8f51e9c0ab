import type { Attributes, Counter, Histogram } from '@opentelemetry/api'
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import type { Clock } from '../ports/clock.ts'
import type { UpkeepStore } from '../ports/store.ts'
import type { Happening, Telemetry } from '../ports/telemetry.ts'

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Names, kinds and meanings: the only place where a metric is made. */
export const METRICS = {
  'webhook.published': {
    kind: 'counter',
    about: 'Events accepted over the API or by the library, duplicates apart.',
  },
  'webhook.received': { kind: 'counter', about: 'Verified inbound webhooks, by source.' },
  'webhook.signature_failed': {
    kind: 'counter',
    about: 'Inbound requests that were refused, by source and reason.',
  },
  'webhook.duplicate': { kind: 'counter', about: 'Publishes and inbound webhooks that were there already.' },
  'delivery.attempted': { kind: 'counter', about: 'Attempts, by outcome.' },
  'delivery.finished': { kind: 'counter', about: 'Deliveries that ended, by state.' },
  'delivery.attempt_seconds': { kind: 'histogram', about: 'How long attempts took, in seconds.' },
  'delivery.latency_seconds': { kind: 'histogram', about: 'From due to delivered, in seconds.' },
  'store.failed': { kind: 'counter', about: 'Operations of the store that failed, by operation.' },
  'lease.expired': {
    kind: 'counter',
    about: 'Leases that were taken back from processes that died or hang.',
  },
} as const satisfies Record<string, { kind: 'counter' | 'histogram'; about: string }>

/** Read when they are asked for. */
export const GAUGES = {
  'webhook.queue_depth': 'Deliveries that are pending.',
  'webhook.dead': 'Deliveries that are dead.',
  'delivery.oldest_due_seconds': 'How long the longest waiting delivery has been due.',
} as const

type MetricName = keyof typeof METRICS

/** Counts what happens, and tells it in the text format of Prometheus. */
export class Metrics implements Telemetry {
  readonly #exporter = new PrometheusExporter({ preventServerStart: true })
  readonly #provider = new MeterProvider({
    readers: [this.#exporter],
    resource: resourceFromAttributes({ 'service.name': 'posthorn' }),
  })
  readonly #counters = new Map<MetricName, Counter>()
  readonly #histograms = new Map<MetricName, Histogram>()

  constructor(upkeep: UpkeepStore, clock: Clock) {
    const meter = this.#provider.getMeter('posthorn')
    for (const [name, { kind, about }] of Object.entries(METRICS) as Array<
      [MetricName, (typeof METRICS)[MetricName]]
    >) {
      const options = { description: about, advice: { explicitBucketBoundaries: SECONDS } }
      if (kind === 'counter') this.#counters.set(name, meter.createCounter(name, { description: about }))
      else this.#histograms.set(name, meter.createHistogram(name, options))
    }
    const [depth, dead, oldest] = Object.entries(GAUGES).map(([name, description]) =>
      meter.createObservableGauge(name, { description }),
    )
    if (!depth || !dead || !oldest) return
    meter.addBatchObservableCallback(
      async (result) => {
        const counts = await upkeep.counts()
        result.observe(depth, counts.pending)
        result.observe(dead, counts.dead)
        const age = counts.oldestDueAt === null ? 0 : clock.now() - counts.oldestDueAt
        result.observe(oldest, Math.max(0, age) / 1000)
      },
      [depth, dead, oldest],
    )
  }

  /** The text format of Prometheus, version 0.0.4. */
  async scrape(): Promise<string> {
    const { resourceMetrics } = await this.#exporter.collect()
    return new PrometheusSerializer().serialize(resourceMetrics)
  }

  close(): Promise<void> {
    return this.#provider.shutdown()
  }

  record(happening: Happening): void {
    const counted = counterOf(happening)
    if (counted !== null) this.#counters.get(counted[0])?.add(counted[2] ?? 1, counted[1])
    if (happening.name === 'delivery.attempted') this.#time(happening)
  }

  #time({ outcome, durationMs, latencyMs }: Extract<Happening, { name: 'delivery.attempted' }>): void {
    this.#histograms.get('delivery.attempt_seconds')?.record(durationMs / 1000)
    if (outcome === 'success') this.#histograms.get('delivery.latency_seconds')?.record(latencyMs / 1000)
  }
}

/** Which counter a happening moves, by which attributes and by how much. */
function counterOf(happening: Happening): [name: MetricName, attributes: Attributes, count?: number] | null {
  switch (happening.name) {
    case 'event.published':
      return [
        happening.duplicate ? 'webhook.duplicate' : 'webhook.published',
        { event_type: happening.eventType },
      ]
    case 'inbound.received':
      return ['webhook.received', { source: happening.sourceId, event_type: happening.eventType }]
    case 'inbound.refused':
      return ['webhook.signature_failed', { source: happening.sourceId, reason: happening.reason }]
    case 'delivery.attempted':
      return ['delivery.attempted', { outcome: happening.outcome }]
    case 'delivery.finished':
      return ['delivery.finished', { state: happening.state }]
    case 'store.failed':
      return ['store.failed', { operation: happening.operation }]
    case 'lease.expired':
      return ['lease.expired', {}, happening.count]
    default:
      return null
  }
}
