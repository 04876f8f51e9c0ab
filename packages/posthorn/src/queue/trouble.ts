import type { Clock } from '../ports/clock.ts'
import type { Telemetry } from '../ports/telemetry.ts'

const EVERY_MS = 60_000

/** Tells of a server that fails: at once, then once a minute how often, and when it answers again. */
export class Trouble {
  readonly #parts: { readonly queue: string; readonly clock: Clock; readonly telemetry: Telemetry }
  #toldAt: number | null = null
  #untold = 0

  constructor(parts: { queue: string; clock: Clock; telemetry: Telemetry }) {
    this.#parts = parts
  }

  /** It has failed and not answered since. */
  get lasts(): boolean {
    return this.#toldAt !== null
  }

  failed(error: unknown): void {
    const { queue, clock, telemetry } = this.#parts
    this.#untold += 1
    if (this.#toldAt !== null && clock.elapsed() - this.#toldAt < EVERY_MS) return
    this.#toldAt = clock.elapsed()
    telemetry.record({ name: 'queue.failed', queue, error: reasonOf(error), count: this.#untold })
    this.#untold = 0
  }

  answers(): void {
    if (this.#toldAt === null) return
    this.#toldAt = null
    this.#untold = 0
    this.#parts.telemetry.record({ name: 'queue.recovered', queue: this.#parts.queue })
  }
}

/** The text only: errors of clients carry commands, and with them passwords. */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  return error.message === '' ? code : error.message
}
