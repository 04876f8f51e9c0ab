import type { DiagLogger } from '@opentelemetry/api'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'

/** A collector that is away is noticed with every batch, every few seconds. */
const EVERY_MS = 60_000

/** What the SDK has to complain about, as lines of our log: the first, then one a minute that says how many there were. */
export class SdkLog implements DiagLogger {
  readonly #logger: Logger
  readonly #clock: Clock
  #nextAt = Number.NEGATIVE_INFINITY
  #untold = 0

  constructor({ logger, clock }: { logger: Logger; clock: Clock }) {
    this.#logger = logger
    this.#clock = clock
  }

  error(message: string): void {
    this.#tell('error', message)
  }

  warn(message: string): void {
    this.#tell('warn', message)
  }

  info(): void {}

  debug(): void {}

  verbose(): void {}

  #tell(level: 'warn' | 'error', message: string): void {
    if (this.#clock.elapsed() < this.#nextAt) {
      this.#untold += 1
      return
    }
    this.#nextAt = this.#clock.elapsed() + EVERY_MS
    this.#logger[level]('OpenTelemetry', { detail: reasonIn(message), untold: this.#untold })
    this.#untold = 0
  }
}

/** The SDK writes an error as JSON, its stack among it. */
function reasonIn(message: string): string {
  if (!message.startsWith('{')) return message
  try {
    const { message: reason, code } = JSON.parse(message) as { message?: unknown; code?: unknown }
    return [reason, code].filter((part) => typeof part === 'string' && part !== '').join(' ') || message
  } catch {
    return message
  }
}
