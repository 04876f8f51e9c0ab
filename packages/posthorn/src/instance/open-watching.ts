import { metrics, ProxyTracerProvider, trace } from '@opentelemetry/api'
import { NO_TRACER, type Tracer } from '../ports/tracer.ts'
import { VERSION } from './version.ts'
import type { WatchedBy, Watching, WatchingParts } from './watching.ts'

/** @throws PosthornError config_invalid for `OTEL_*` variables that cannot be followed */
export async function openWatching(by: WatchedBy, parts: WatchingParts): Promise<Watching> {
  const tracer = await applicationTracer()
  if (by === 'own') {
    const { openOwnWatching } = await import('./own-watching.ts')
    return await openOwnWatching(parts, tracer)
  }
  return {
    meter: metrics.getMeter('posthorn', VERSION),
    tracer: tracer ?? NO_TRACER,
    scrape: async () => "# The metrics of this instance go to the application's own meter provider.\n",
    close: async () => {},
  }
}

/** null: the application has registered no provider, up to now. */
async function applicationTracer(): Promise<Tracer | null> {
  const provider = trace.getTracerProvider()
  if (provider instanceof ProxyTracerProvider && provider.getDelegateTracer('posthorn') === undefined)
    return null
  const { OtelTracer } = await import('./otel-tracer.ts')
  return new OtelTracer(trace.getTracer('posthorn', VERSION))
}
