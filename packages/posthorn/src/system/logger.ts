import { type DestinationStream, destination, type Level, type Logger as PinoLogger, pino } from 'pino'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import { systemClock } from './clock.ts'
import { redact, redactText } from './redact.ts'

export const LOG_LEVELS = ['info', 'warn', 'error', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LoggerOptions {
  /** @default 'info' */
  readonly level?: LogLevel
  /** Where the lines go. Default: stderr, written in the background, and at exit the rest at once. */
  readonly stream?: DestinationStream
  readonly clock?: Clock
  /** Stand on each line, such as the role of the process. */
  readonly fields?: Readonly<Record<string, unknown>>
}

const STDERR = 2

/**
 * JSON lines: `{"level":"info","time":"2026-…Z","event_id":…,"msg":…}`. Names are written in snake_case whatever the
 * case they come in, so that `eventId`, `eventType`, `tenantId` and `requestId` are found as `event_id`, `event_type`,
 * `tenant_id` and `request_id`. Secrets are cut out by name and by look; bodies are never written.
 */
export function createLogger(options: LoggerOptions = {}): Logger & { flush(): void } {
  const { clock = systemClock, level = 'info' } = options
  const stream = options.stream ?? destination({ dest: STDERR, sync: false })
  const lines = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      // pino would take a redacted error for an error and describe it anew.
      serializers: { err: (value: unknown) => value },
    },
    stream,
  )
  return new LineLogger(lines, wireFields(options.fields ?? {}))
}

class LineLogger implements Logger {
  readonly #lines: PinoLogger
  readonly #fields: Readonly<Record<string, unknown>>

  constructor(lines: PinoLogger, fields: Readonly<Record<string, unknown>>) {
    this.#lines = lines
    this.#fields = fields
  }

  info(text: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('info', text, fields)
  }

  warn(text: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('warn', text, fields)
  }

  error(text: string, fields?: Readonly<Record<string, unknown>>): void {
    this.#write('error', text, fields)
  }

  /** Writes what is still in memory. */
  flush(): void {
    this.#lines.flush()
  }

  #write(level: Level, text: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (!this.#lines.isLevelEnabled(level)) return
    this.#lines[level]({ ...this.#fields, ...wireFields(fields) }, redactText(text))
  }
}

/** Names that pino writes itself; a field of that name would stand twice in the line. */
const TAKEN = new Set(['level', 'time', 'msg'])

function wireFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      const wire = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      return [TAKEN.has(wire) ? `${wire}_` : wire, redact(wire, value)]
    }),
  )
}
