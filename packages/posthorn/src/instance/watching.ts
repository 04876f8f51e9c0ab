import type { Meter } from '@opentelemetry/api'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Tracer } from '../ports/tracer.ts'

/**
 * Where metrics and spans go. `own`: a page for Prometheus, and pushed over OTLP where the `OTEL_*` variables say so.
 * `application`: to the providers that the application has registered with `@opentelemetry/api`, if it has; nothing of
 * the SDK is loaded.
 */
export type WatchedBy = 'own' | 'application'

export interface Watching {
  readonly meter: Meter
  readonly tracer: Tracer
  /** The metrics in the text format of Prometheus, version 0.0.4. */
  scrape(): Promise<string>
  /** Pushes what is left, for a few seconds at most. */
  close(): Promise<void>
}

export interface WatchingParts {
  readonly logger: Logger
  readonly clock: Clock
}
