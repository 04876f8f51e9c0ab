import type { Clock } from '../ports/clock.ts'

const NAMES = ['SIGINT', 'SIGTERM'] as const
export type SignalName = (typeof NAMES)[number]

/**
 * Under `npm start` one Ctrl-C arrives twice: from the terminal, which tells the whole group, and from npm, which
 * passes on what it got. Only a signal that comes later than this is a second wish.
 */
const ECHO_MS = 750

/** The part of `process` that is used. */
export interface SignalSource {
  on(name: SignalName, listener: () => void): unknown
  removeListener(name: SignalName, listener: () => void): unknown
  kill(pid: number, name: SignalName): unknown
  readonly pid: number
}

/** SIGINT and SIGTERM: the first asks for an orderly end, the second ends at once as if nobody had listened. */
export class StopSignals {
  readonly #source: SignalSource
  readonly #clock: Clock
  readonly #controller = new AbortController()
  readonly #listeners = new Map<SignalName, () => void>()
  #firstAt: number | null = null

  constructor(source: SignalSource, clock: Clock) {
    this.#source = source
    this.#clock = clock
  }

  /**
   * From now on signals do not end the process by themselves.
   * @returns aborted by the first one, with its name as the reason
   */
  listen(): AbortSignal {
    if (this.#listeners.size > 0) return this.#controller.signal
    for (const name of NAMES) {
      const listener = () => this.#came(name)
      this.#listeners.set(name, listener)
      this.#source.on(name, listener)
    }
    return this.#controller.signal
  }

  /** Whether a signal came while somebody listened. */
  get came(): boolean {
    return this.#controller.signal.aborted
  }

  #came(name: SignalName): void {
    const now = this.#clock.elapsed()
    if (this.#firstAt === null) {
      this.#firstAt = now
      this.#controller.abort(name)
      return
    }
    if (now - this.#firstAt < ECHO_MS) return
    for (const [one, listener] of this.#listeners) this.#source.removeListener(one, listener)
    this.#source.kill(this.#source.pid, name)
  }
}

/** Resolves with the reason when the signal is aborted, at once if it is already. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason)
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true })
  })
}
