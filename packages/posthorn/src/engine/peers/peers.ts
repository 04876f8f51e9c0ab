import type { Clock } from '../../ports/clock.ts'
import type { PeerStore, ProcessInfo, Pulse, SeenProcess } from '../../ports/peers.ts'
import type { Signal, Signals } from '../../ports/signals.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import { Periodic } from '../upkeep/periodic.ts'
import type { Changes } from './changes.ts'

/** A change is known everywhere after this long and one statement, also when every signal is lost. */
const EVERY_MS = 2_000
/** A process that begins has much to do, and what time it is stays as uncertain as the answer was long on its way. */
const QUICK_MS = 50
const TRIES = 3

export interface PeersParts {
  readonly store: PeerStore
  readonly signals: Signals | undefined
  readonly self: ProcessInfo
  readonly changes: Changes
  /** Told how many processes attempt deliveries. */
  readonly workers: (count: number) => void
  /** Something may be due that another process has stored. */
  readonly due: () => void
  /** Told what time the store says it is, epoch ms, and how long that was on its way, there and back. */
  readonly agreeOnTime: (said: number, wayMs: number) => void
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** This process among those that share its store: hears what they say, and looks for itself now and then. */
export class Peers {
  readonly #parts: PeersParts
  readonly #pulses: Periodic
  #cursor: string | null = null
  #leads = true
  #known: readonly SeenProcess[] = []

  constructor(parts: PeersParts) {
    const { clock, telemetry } = parts
    this.#parts = parts
    this.#pulses = new Periodic({
      ...{ name: 'peers', everyMs: EVERY_MS, clock, telemetry },
      round: async () => void (await this.#pulse()),
    })
  }

  /** Resolves after the first pulse, or when the store does not answer it. */
  async start(): Promise<void> {
    const { telemetry, signals } = this.#parts
    try {
      for (let left = TRIES; left > 0 && (await this.#pulse()) > QUICK_MS; ) left -= 1
    } catch (error) {
      telemetry.record({ name: 'service.failed', service: 'peers', error: String(error) })
    }
    await signals?.start((signal) => this.#hear(signal))
    await this.#pulses.start()
  }

  /**
   * Whether this is the one that does what one process is enough for. For a moment two may think so, or none: what is
   * done must bear that.
   */
  get leads(): boolean {
    return this.#leads
  }

  async stop(): Promise<void> {
    const { store, signals, self } = this.#parts
    await this.#pulses.stop()
    await signals?.stop()
    // Where the store is away the others find out by themselves.
    await store.leave(self.id).catch(() => undefined)
  }

  /** As the last pulse has told. */
  known(): readonly SeenProcess[] {
    return this.#known
  }

  /** @returns how long question and answer took together; ms */
  async #pulse(): Promise<number> {
    const { store, self, clock, changes, workers, agreeOnTime } = this.#parts
    const began = clock.elapsed()
    const pulse = await store.pulse(self, this.#cursor)
    const wayMs = clock.elapsed() - began
    agreeOnTime(pulse.now, wayMs)
    this.#cursor = pulse.cursor
    this.#known = pulse.processes
    if (pulse.changed === 'any') changes.heard('any')
    else for (const { tenantId, subscriptionId } of pulse.changed) changes.heard(tenantId, subscriptionId)
    workers(attempting(pulse))
    this.#leads = first(pulse) === self.id
    return wayMs
  }

  #hear(signal: Signal): void {
    const { changes, due } = this.#parts
    if (signal.kind === 'changed') changes.heard(signal.tenantId, signal.subscriptionId)
    if (signal.kind === 'missed') changes.heard('any')
    due()
  }
}

/** The oldest of those that attempt: it stays so while it lives. Ids begin with the time of the start. */
function first({ processes }: Pulse): string | undefined {
  return processes
    .filter(({ role }) => role !== 'api')
    .map(({ id }) => id)
    .toSorted()[0]
}

function attempting({ processes }: Pulse): number {
  return Math.max(1, processes.filter(({ role }) => role !== 'api').length)
}
