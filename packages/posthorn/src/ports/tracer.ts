/** Spans of one trace from what brought an event to what it causes. Contexts are texts: W3C `traceparent`. */
export interface Tracer {
  /** @param parent `traceparent` of the cause, also one that came from outside; null: a new trace begins */
  begin(
    name: string,
    parent: string | null,
    attributes: Readonly<Record<string, string | number>>,
    kind: SpanKind,
  ): Span
}

/** As OpenTelemetry has them: `consumer` for what comes in, `client` for what goes out over HTTP. */
export type SpanKind = 'server' | 'client' | 'consumer' | 'internal'

export interface Span {
  /** To hand on; null: there is no trace. */
  readonly traceparent: string | null
  /** @param error a code, no text of a stranger's; null: it went well */
  end(error: string | null, attributes?: Readonly<Record<string, string | number>>): void
}

/** Records nothing and hands on what came. */
export const NO_TRACER: Tracer = {
  begin: (_name, parent) => (parent === null ? NO_SPAN : { traceparent: parent, end: () => {} }),
}

const NO_SPAN: Span = { traceparent: null, end: () => {} }

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** A stranger's header, if it is a context as W3C Trace Context §3.2 wants it; else null. */
export function traceparentOf(value: string | undefined): string | null {
  return value !== undefined && TRACEPARENT.test(value) && !value.startsWith('ff') ? value : null
}
