import type { Lease, LeasedDelivery } from '../../domain/delivery.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { Writes } from '../upkeep/writes.ts'
import type { Attempted, Attempter, Ended } from './attempter.ts'
import type { Target } from './target.ts'
import type { Targets } from './targets.ts'

export interface WorkerParts {
  readonly targets: Targets
  readonly attempter: Attempter
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Whether results of attempts can be stored. */
  readonly results: Pick<Writes, 'state'>
  /** Marks this run's leases; unique among all processes and runs. */
  readonly runId: string
  /** Attempts at once over all targets. */
  readonly slots: number
  /** A lease outlives the longest attempt by this much. */
  readonly leaseMarginMs: number
  /** After each attempt that counted: health, the next wake-up, disabling. */
  readonly onAttempted: (leased: LeasedDelivery, target: Target, attempted: Attempted) => void
  /** A slot of this target is free again. */
  readonly onFreed: (target: Target) => void
  /** Its breaker has closed. */
  readonly onReopened: (target: Target) => void
}

/**
 * The slots of this process and the attempts that run in them. Stops in two steps: no new attempts; then, after a
 * while, what still runs is cut off and handed back, which costs no attempt.
 */
export class Worker {
  readonly #parts: WorkerParts
  readonly #cutOff = new AbortController()
  readonly #freed: Array<() => void> = []
  #open = false
  /** By the clock's `elapsed`. */
  #closedAt: number | null = null
  #free: number
  #leases = 0

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#free = parts.slots
  }

  open(): void {
    this.#open = true
  }

  /** No new attempts. Those that run go on. */
  close(): void {
    this.#open = false
    this.#closedAt ??= this.#parts.clock.elapsed()
  }

  /**
   * No new attempts; resolves when those that run have ended, or were cut off `drainMs` after `close`, and are on record.
   * What a server needed in between to answer its requests counts: whoever stops the process gives it that time once.
   */
  async drain(drainMs: number): Promise<void> {
    this.close()
    const { clock, attempter } = this.#parts
    const spent = clock.elapsed() - (this.#closedAt ?? 0)
    const timer = clock.after(Math.max(0, drainMs - spent), () => this.#cutOff.abort())
    // Not only the attempts that run: a test event's slot may be held while it is being stored.
    while (this.inFlight > 0) await new Promise<void>((resolve) => this.#freed.push(resolve))
    timer.cancel()
    await attempter.drained()
  }

  get free(): number {
    if (!this.#open) return 0
    const { state } = this.#parts.results
    if (state === 'good') return this.#free
    // What is attempted now is attempted again when its lease has run out: one at a time finds out whether that is over.
    return state === 'doubtful' && this.inFlight === 0 ? 1 : 0
  }

  get inFlight(): number {
    return this.#parts.slots - this.#free
  }

  /** Takes up to `wanted` slots of a target that allows them. Each must then `run` or be `forgo`ne. */
  take(target: Target, count: number): void {
    for (let taken = 0; taken < count; taken++) this.#parts.targets.take(target.id, target.policy)
    this.#free -= count
  }

  /** Takes one slot, if the target allows it now; see `take`. */
  tryTake(target: Target): boolean {
    if (this.free === 0 || !this.#parts.targets.tryTake(target.id, target.policy)) return false
    this.#free -= 1
    return true
  }

  forgo(target: Target): void {
    this.#parts.targets.giveBack(target.id, target.policy)
    this.#release(target)
  }

  /** A lease that outlives the longest attempt of such targets. Its token is never used again. */
  lease(timeoutMs: number): Lease {
    this.#leases += 1
    const until = this.#parts.clock.now() + timeoutMs + this.#parts.leaseMarginMs
    return { token: `${this.#parts.runId}:${this.#leases}`, until }
  }

  /** Attempts a delivery in a slot that was taken. Resolves when its result is stored. */
  async run(leased: LeasedDelivery, target: Target): Promise<Attempted> {
    let slotHeld = true
    const answered = (ended: Ended) => {
      slotHeld = false
      this.#answered(target, ended)
    }
    try {
      const attempted = await this.#parts.attempter.attempt(leased, target, this.#cutOff.signal, answered)
      this.#parts.onAttempted(leased, target, attempted)
      return attempted
    } catch (error) {
      // A target's attempt never rejects: this is a defect of ours, and the end of the lease will repair it.
      this.#parts.telemetry.record({ name: 'service.failed', service: 'worker', error: String(error) })
      throw error
    } finally {
      if (slotHeld) this.#parts.targets.giveBack(target.id, target.policy)
      this.#release(target)
    }
  }

  #release(target: Target): void {
    this.#free += 1
    this.#parts.onFreed(target)
    for (const told of this.#freed.splice(0)) told()
  }

  /** The target's slot is free as soon as it answered; the process's slot when the result is stored. */
  #answered(target: Target, ended: Ended): void {
    const { targets, telemetry } = this.#parts
    if (ended === 'cut off') {
      targets.giveBack(target.id, target.policy)
      return
    }
    const changed = targets.ended(target.id, target.policy, ended === 'answered')
    const until = targets.openUntil(target.id) ?? 0
    if (changed === 'opened') telemetry.record({ name: 'target.opened', targetId: target.id, until })
    if (changed !== 'closed') return
    telemetry.record({ name: 'target.closed', targetId: target.id })
    this.#parts.onReopened(target)
  }
}
