import { context, createContextKey, ROOT_CONTEXT, type Tracer } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import type { Resource } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { OtlpProtocol } from './otlp-settings.ts'
import { VERSION } from './version.ts'

/**
 * Spans of our own, pushed in batches. Imported only when something is pushed. Sampler, limits, batches, address,
 * headers and certificates: the SDK's parts read them from `OTEL_*`.
 */
export class OwnTracing {
  readonly tracer: Tracer
  readonly #provider: BasicTracerProvider
  readonly #ownContexts = keepContexts()

  private constructor(resource: Resource, exporter: SpanExporter) {
    this.#provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] })
    this.tracer = this.#provider.getTracer('posthorn', VERSION)
  }

  static async open(resource: Resource, protocol: OtlpProtocol): Promise<OwnTracing> {
    return new OwnTracing(resource, await exporterFor(protocol))
  }

  /** Pushes what is left. */
  async close(): Promise<void> {
    if (this.#ownContexts) context.disable()
    await this.#provider.shutdown()
  }
}

async function exporterFor(protocol: OtlpProtocol): Promise<SpanExporter> {
  if (protocol === 'http/json') {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
    return new OTLPTraceExporter()
  }
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto')
  return new OTLPTraceExporter()
}

/** So that a handler finds its span. @returns false: the application has seen to it already */
function keepContexts(): boolean {
  const key = createContextKey('posthorn')
  if (context.with(ROOT_CONTEXT.setValue(key, true), () => context.active().getValue(key)) === true)
    return false
  return context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
}
