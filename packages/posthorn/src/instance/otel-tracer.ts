import {
  type Tracer as ApiTracer,
  type Context,
  context,
  isSpanContextValid,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { type SpanKind as Kind, type Span, type Tracer, traceparentOf } from '../ports/tracer.ts'

const KINDS: Readonly<Record<Kind, SpanKind>> = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  internal: SpanKind.INTERNAL,
}

/** Spans of OpenTelemetry, begun with the tracer of our own provider or of the application's. */
export class OtelTracer implements Tracer {
  readonly on = true
  readonly #tracer: ApiTracer

  constructor(tracer: ApiTracer) {
    this.#tracer = tracer
  }

  begin(
    name: string,
    parent: string | null,
    attributes: Readonly<Record<string, string | number>>,
    kind: Kind,
  ): Span {
    const span = this.#tracer.startSpan(name, { kind: KINDS[kind], attributes }, causeOf(parent, kind))
    return new Begun(span, parent, kind)
  }
}

class Begun implements Span {
  readonly traceparent: string | null
  readonly #span: OtelSpan
  readonly #kind: Kind

  constructor(span: OtelSpan, parent: string | null, kind: Kind) {
    this.#span = span
    this.#kind = kind
    const { traceId, spanId, traceFlags } = span.spanContext()
    // A provider that was shut down makes spans without a context: then we hand on what came.
    this.traceparent = isSpanContextValid(span.spanContext())
      ? `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
      : parent
  }

  within<T>(run: () => T): T {
    const inside = trace.setSpan(ROOT_CONTEXT, this.#span)
    // The HTTP client of the application may be traced: it would send a second `traceparent` with our request.
    return context.with(this.#kind === 'client' ? suppressTracing(inside) : inside, run)
  }

  end(error: string | null, attributes?: Readonly<Record<string, string | number>>): void {
    if (attributes !== undefined) this.#span.setAttributes(attributes)
    if (error !== null)
      this.#span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR, message: error })
    this.#span.end()
  }
}

/**
 * What an attempt belongs to is stored with its event; it may run in the middle of something else. A request or a publish
 * happens inside of what the application does now.
 */
function causeOf(parent: string | null, kind: Kind): Context {
  if ((kind === 'server' || kind === 'producer') && trace.getSpan(context.active()) !== undefined)
    return context.active()
  const known = traceparentOf(parent ?? undefined)
  if (known === null) return ROOT_CONTEXT
  const [, traceId, spanId, flags] = known.split('-') as [string, string, string, string]
  // Of the flags only the first is known to all: whether the trace is recorded.
  const traceFlags = Number.parseInt(flags, 16) & 1
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true })
}
