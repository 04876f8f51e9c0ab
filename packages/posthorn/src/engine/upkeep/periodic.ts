import type { Clock, Timer } from '../../ports/clock.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Service } from '../service.ts'

export interface PeriodicOptions {
  /** For the log. */
  readonly name: string
  readonly everyMs: number
  /** One round; gives up soon after `signal` aborts. A round that fails is told and the next one comes as usual. */
  readonly round: (signal: AbortSignal) => Promise<void>
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** Something that is done again and again, one round at a time, until it is stopped. */
export class Periodic implements Service {
  readonly #options: PeriodicOptions
  readonly #stopped = new AbortController()
  #started = false
  #wanted = false
  #timer: Timer | null = null
  #round: Promise<void> | null = null

  constructor(options: PeriodicOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#started = true
    this.#plan(this.#wanted ? 0 : this.#options.everyMs)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    this.#timer?.cancel()
    await this.#round
  }

  /** The next round now, right after the one that runs, or when it is started. */
  soon(): void {
    if (!this.#started) this.#wanted = true
    else if (this.#round === null) this.#plan(0)
    else void this.#round.then(() => this.#plan(0))
  }

  #plan(delayMs: number): void {
    if (this.#stopped.signal.aborted) return
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#round ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    const { name, everyMs, round, telemetry } = this.#options
    try {
      await round(this.#stopped.signal)
    } catch (error) {
      telemetry.record({ name: 'service.failed', service: name, error: String(error) })
    }
    this.#round = null
    this.#plan(everyMs)
  }
}
