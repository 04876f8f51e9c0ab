import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Happening, Telemetry } from '../ports/telemetry.ts'

/** More lines about refused requests tell nothing that the metrics do not, and a stranger can cause any number. */
const REFUSED_PER_SECOND = 20

/** What happens, as log lines: one wide line a unit of work. */
export class TelemetryLog implements Telemetry {
  readonly #logger: Logger
  readonly #clock: Clock
  #second = 0
  #refused = 0
  #untold = 0

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger
    this.#clock = clock
  }

  record(happening: Happening): void {
    const level = levelOf(happening)
    if (level === null) return
    const { name, ...fields } = happening
    if (name !== 'inbound.refused') this.#logger[level](name, wireFields(fields))
    else if (this.#mayTell()) {
      const untold = this.#untold === 0 ? {} : { untold: this.#untold }
      this.#untold = 0
      this.#logger[level](name, { ...wireFields(fields), ...untold })
    } else this.#untold += 1
  }

  #mayTell(): boolean {
    const second = Math.floor(this.#clock.elapsed() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#refused = 0
    }
    this.#refused += 1
    return this.#refused <= REFUSED_PER_SECOND
  }
}

/** Also for a logger of the application: `event_id`, `event_type`, `tenant_id` and `request_id` are found in each line. */
function wireFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
}

/**
 * Success is counted, not written: a line each for publish and attempt cost a fifth of the throughput and hid the rest.
 * The record of each attempt is in the store.
 */
function levelOf(happening: Happening): 'info' | 'warn' | 'error' | null {
  switch (happening.name) {
    case 'event.published':
    case 'inbound.received':
      return null
    case 'delivery.attempted':
      return happening.outcome === 'success' ? null : 'warn'
    case 'delivery.finished':
      return happening.state === 'dead' ? 'error' : null
    case 'intake.refused':
      return happening.loud ? 'warn' : null
    case 'store.failed':
    case 'service.failed':
      return 'error'
    case 'inbound.refused':
    case 'inbound.diagnosed':
    case 'subscription.disabled':
    case 'target.opened':
    case 'queue.failed':
    case 'lease.expired':
    case 'delivery.stale':
      return 'warn'
    default:
      return 'info'
  }
}

/** Tells several of them; one that fails does not keep it from the others, nor stop the work. */
export function severalTelemetries(all: readonly Telemetry[]): Telemetry {
  return {
    record(happening) {
      for (const telemetry of all) {
        try {
          telemetry.record(happening)
        } catch {
          // An observer's defect must not cost a delivery.
        }
      }
    },
  }
}
