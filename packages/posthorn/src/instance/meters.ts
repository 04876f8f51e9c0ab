import type { Attributes, BatchObservableResult, Histogram, Meter, Observable } from '@opentelemetry/api'
import type { Clock } from '../ports/clock.ts'
import type { UpkeepStore } from '../ports/store.ts'
import type { Happening, Telemetry } from '../ports/telemetry.ts'
import { eventLoopTime, residentMemoryBytes } from '../system/process-load.ts'
import { Counts } from './counts.ts'
import { type CounterName, type GaugeName, METRICS, type MetricDescription } from './metrics.ts'

export interface MetersParts {
  /** Of whoever collects: ours, or the application's. */
  readonly meter: Meter
  readonly upkeep: Pick<UpkeepStore, 'counts'>
  readonly clock: Clock
  /** The most attempts at once. */
  readonly slots: number
  /** Slots that are held now. */
  readonly inFlight: () => number
  /** Bytes of requests that are in the process. */
  readonly intakeBytes: () => number
}

const NAMES = Object.keys(METRICS) as Array<keyof typeof METRICS>

/** Counts what happens, and tells it whenever a reader of the meter asks. */
export class Meters implements Telemetry {
  readonly #parts: MetersParts
  readonly #counts = new Counts()
  readonly #instruments = new Map<string, Observable>()
  readonly #endings: Array<() => void> = []
  readonly #processing: Histogram
  readonly #latency: Histogram
  /** By event type, made once. */
  readonly #attributes = new Map<string, Attributes>()

  constructor(parts: MetersParts) {
    this.#parts = parts
    const { meter } = parts
    for (const name of NAMES) {
      const { kind } = METRICS[name]
      if (kind === 'counter')
        this.#instruments.set(name, meter.createObservableCounter(name, optionsOf(name)))
      else if (kind === 'gauge')
        this.#instruments.set(name, meter.createObservableGauge(name, optionsOf(name)))
    }
    this.#processing = this.#histogram('webhook.processing_seconds')
    this.#latency = this.#histogram('delivery.latency_seconds')
    this.#observe(COUNTERS, (result) => this.#tellCounts(result))
    this.#observe(OF_PROCESS, (result) => this.#tellProcess(result))
    // Apart from the others: a store that does not answer must not hide them.
    this.#observe(OF_STORE, (result) => this.#tellStore(result))
  }

  /** The application's meter lives on: it must not ask a store that is closed. */
  close(): void {
    for (const end of this.#endings) end()
  }

  record(happening: Happening): void {
    this.#counts.count(happening)
    if (happening.name === 'delivery.attempted') this.#time(happening)
  }

  /** Attributes are the dear part, a microsecond each: the SDK sorts and writes them anew for every value. */
  #time({ outcome, eventType, durationMs, latencyMs }: Attempted): void {
    this.#processing.record(durationMs / 1000, this.#attributesOf(this.#counts.types.of(eventType)))
    if (outcome === 'success') this.#latency.record(Math.max(0, latencyMs) / 1000)
  }

  #attributesOf(type: string): Attributes {
    const known = this.#attributes.get(type)
    if (known !== undefined) return known
    const attributes = { event_type: type }
    this.#attributes.set(type, attributes)
    return attributes
  }

  #tellCounts(result: BatchObservableResult): void {
    for (const name of COUNTERS) {
      if (name === 'process.event_loop_seconds') continue
      const instrument = this.#instrument(name)
      for (const { count, attributes } of this.#counts.of(name).all())
        result.observe(instrument, count, attributes)
    }
    const { activeMs, idleMs } = eventLoopTime()
    const eventLoop = this.#instrument('process.event_loop_seconds')
    result.observe(eventLoop, activeMs / 1000, { state: 'active' })
    result.observe(eventLoop, idleMs / 1000, { state: 'idle' })
  }

  #tellProcess(result: BatchObservableResult): void {
    const { slots, inFlight, intakeBytes } = this.#parts
    result.observe(this.#instrument('delivery.slots'), slots)
    result.observe(this.#instrument('delivery.in_flight'), inFlight())
    result.observe(this.#instrument('intake.bytes'), intakeBytes())
    result.observe(this.#instrument('process.resident_memory_bytes'), residentMemoryBytes())
  }

  async #tellStore(result: BatchObservableResult): Promise<void> {
    const { upkeep, clock } = this.#parts
    const { pending, dead, oldestDueAt } = await upkeep.counts()
    const age = oldestDueAt === null ? 0 : clock.now() - oldestDueAt
    result.observe(this.#instrument('webhook.queue_depth'), pending)
    result.observe(this.#instrument('webhook.dead'), dead)
    result.observe(this.#instrument('delivery.oldest_due_seconds'), Math.max(0, age) / 1000)
  }

  #histogram(name: 'webhook.processing_seconds' | 'delivery.latency_seconds'): Histogram {
    const advice = { explicitBucketBoundaries: [...METRICS[name].buckets] }
    return this.#parts.meter.createHistogram(name, { ...optionsOf(name), advice })
  }

  #instrument(name: CounterName | GaugeName): Observable {
    return this.#instruments.get(name) as Observable
  }

  #observe(
    names: ReadonlyArray<CounterName | GaugeName>,
    tell: (result: BatchObservableResult) => void | Promise<void>,
  ): void {
    const { meter } = this.#parts
    const instruments = names.map((name) => this.#instrument(name))
    meter.addBatchObservableCallback(tell, instruments)
    this.#endings.push(() => meter.removeBatchObservableCallback(tell, instruments))
  }
}

type Attempted = Extract<Happening, { name: 'delivery.attempted' }>

const COUNTERS = NAMES.filter((name): name is CounterName => METRICS[name].kind === 'counter')
const OF_STORE = ['webhook.queue_depth', 'webhook.dead', 'delivery.oldest_due_seconds'] as const
const OF_PROCESS = [
  ...(['delivery.slots', 'delivery.in_flight'] as const),
  ...(['intake.bytes', 'process.resident_memory_bytes'] as const),
] as const

function optionsOf(name: keyof typeof METRICS): { description: string; unit: string } {
  const { about }: MetricDescription = METRICS[name]
  return { description: about.replaceAll('`', ''), unit: name.endsWith('_seconds') ? 's' : '' }
}
