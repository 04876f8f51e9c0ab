import type { Logger } from '../ports/logger.ts'
import type { Happening, Telemetry } from '../ports/telemetry.ts'

/** What happens, as log lines: one wide line a unit of work. */
export class TelemetryLog implements Telemetry {
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  record(happening: Happening): void {
    const { name, ...fields } = happening
    const level = levelOf(happening)
    if (level !== null) this.#logger[level](name, fields)
  }
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
    case 'store.failed':
    case 'service.failed':
      return 'error'
    case 'inbound.refused':
    case 'subscription.disabled':
    case 'target.opened':
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
