import { DiagLogLevel, diag } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import type { IMetricReader } from '@opentelemetry/sdk-metrics'
import type { Clock } from '../ports/clock.ts'
import { NO_TRACER, type Tracer } from '../ports/tracer.ts'
import { type OtlpProtocol, type OtlpSettings, otlpSettings } from './otlp-settings.ts'
import { OwnMeter } from './own-meter.ts'
import { ownResource } from './own-resource.ts'
import type { OwnTracing } from './own-tracing.ts'
import { SdkLog } from './sdk-log.ts'
import type { Watching, WatchingParts } from './watching.ts'

/** A collector that does not answer must not hold up a shutdown; one that does takes milliseconds. */
const FLUSH_MS = 5_000

/**
 * @param given of the application, whose spans have their way already; null: it has none
 * @throws PosthornError config_invalid
 */
export async function openOwnWatching(parts: WatchingParts, given: Tracer | null): Promise<Watching> {
  const settings = otlpSettings()
  const pushed = given === null ? settings.traces : null
  const pushes = pushed !== null || settings.metrics !== null
  // Before its parts are made: they tell what they think of the variables.
  if (pushes)
    diag.setLogger(new SdkLog(parts), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  const resource = ownResource()
  const tracing = pushed === null ? null : await openTracing(resource, pushed)
  const meter = new OwnMeter(resource, await pushingReaders(settings))
  const close = async () => {
    const flushed = Promise.allSettled([tracing?.close(), meter.close()])
    await Promise.race([flushed, passed(parts.clock, FLUSH_MS)])
    if (pushes) diag.disable()
  }
  return {
    meter: meter.meter,
    tracer: given ?? tracing?.tracer ?? NO_TRACER,
    scrape: () => meter.scrape(),
    close,
  }
}

/** The SDK for traces, and what pushes, cost 35 ms to load, and 4 MB when they run: only who pushes pays for them. */
async function openTracing(
  resource: Resource,
  protocol: OtlpProtocol,
): Promise<{ readonly tracer: Tracer; close(): Promise<void> }> {
  const [{ OwnTracing }, { OtelTracer }] = await Promise.all([
    import('./own-tracing.ts'),
    import('./otel-tracer.ts'),
  ])
  const own: OwnTracing = await OwnTracing.open(resource, protocol)
  return { tracer: new OtelTracer(own.tracer), close: () => own.close() }
}

async function pushingReaders(settings: OtlpSettings): Promise<readonly IMetricReader[]> {
  if (settings.metrics === null) return []
  const { otlpMetricReader } = await import('./otlp-metrics.ts')
  return [await otlpMetricReader(settings.metrics, settings)]
}

function passed(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve))
}
