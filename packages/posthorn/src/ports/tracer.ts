/** Spans of one trace from what brought an event to what it causes. Contexts are texts: W3C `traceparent`. */
export interface Tracer {
  /** false: nobody looks, so that a hot path need not gather what a span would say */
  readonly on: boolean
  /** @param parent `traceparent` of the cause, also one that came from outside; null: a new trace begins */
  begin(
    name: string,
    parent: string | null,
    attributes: Readonly<Record<string, string | number>>,
    kind: SpanKind,
  ): Span
}

/**
 * As OpenTelemetry has them: `server` for a request that comes in, `producer` for a publish, `consumer` for the call of a
 * handler, `client` for what goes out over HTTP. The first two happen inside of something that the application does; where
 * it is traced that is their parent, for it has seen the header too.
 */
export type SpanKind = 'server' | 'client' | 'producer' | 'consumer' | 'internal'

export interface Span {
  /** To hand on; null: there is no trace. */
  readonly traceparent: string | null
  /** Runs it inside: spans that it begins by itself become children of this one. */
  within<T>(run: () => T): T
  /** @param error a code, no text of a stranger's; null: it went well */
  end(error: string | null, attributes?: Readonly<Record<string, string | number>>): void
}

/** Records nothing and hands on what came. */
export const NO_TRACER: Tracer = {
  on: false,
  begin: (_name, parent) => (parent === null ? NO_SPAN : { ...NO_SPAN, traceparent: parent }),
}

const NO_SPAN: Span = { traceparent: null, within: (run) => run(), end: () => {} }

const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** A stranger's header, if it is a context as W3C Trace Context §3.2 wants it; else null. */
export function traceparentOf(value: string | undefined): string | null {
  return value !== undefined && TRACEPARENT.test(value) && !value.startsWith('ff') ? value : null
}
