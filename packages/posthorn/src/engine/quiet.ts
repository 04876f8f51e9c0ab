import type { Happening, Telemetry } from '../ports/telemetry.ts'

/** An observer's defect must not cost a delivery. */
export function quiet(telemetry: Telemetry, also: (happening: Happening) => void): Telemetry {
  return {
    record(happening) {
      try {
        also(happening)
        telemetry.record(happening)
      } catch {
        // Nobody is left to be told.
      }
    },
  }
}
