import type { Lease, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey, EventRecord } from '../../domain/event.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Claimer } from '../deliver/claimer.ts'
import type { Target } from '../deliver/target.ts'
import type { Worker } from '../deliver/worker.ts'
import { newDelivery, toDelivery } from './new-records.ts'

export interface PlannerParts {
  readonly worker: Worker
  readonly claimer: Claimer
  readonly clock: Clock
  readonly random: Random
  /** false: this process attempts nothing of what it accepts. */
  readonly attempts: boolean
}

/** The deliveries of an event that is about to be stored, one for each target in their order. */
export interface Plan {
  readonly targets: readonly Target[]
  readonly deliveries: readonly NewDelivery[]
}

/** Makes the deliveries of new events: with a slot of this process where one is free, so that they need not be read back. */
export class Planner {
  readonly #parts: PlannerParts

  constructor(parts: PlannerParts) {
    this.#parts = parts
  }

  /** Each slot that this takes must be begun or forgone. */
  plan(targets: readonly Target[], dueAt: number): Plan {
    const due = dueAt <= this.#parts.clock.now()
    return { targets, deliveries: targets.map((target) => this.#plan(target, dueAt, due)) }
  }

  /** Takes no slot: they wait in the store until they are claimed. */
  planLater(targets: readonly Target[], dueAt: number): Plan {
    return { targets, deliveries: targets.map((target) => newDelivery(this.#parts, target, { dueAt })) }
  }

  /** They are stored. @param due whether they may go now */
  begin({ targets, deliveries }: Plan, event: EventRecord, key: EventKey, due: boolean): void {
    const stored = { ...event, key }
    for (const [index, delivery] of deliveries.entries()) {
      const target = targets[index] as Target
      if (delivery.lease === null) {
        if (due) this.#parts.claimer.leftInStore(target.id)
      } else {
        const leased = { delivery: toDelivery(delivery, event, key), event: stored }
        void this.#parts.worker.run(leased, target).catch(() => undefined)
      }
    }
    if (!due) for (const { targetId, dueAt } of deliveries) this.#parts.claimer.dueLater(targetId, dueAt)
  }

  /** They were not stored. */
  forgo({ targets, deliveries }: Plan): void {
    for (const [index, delivery] of deliveries.entries())
      if (delivery.lease !== null) this.#parts.worker.forgo(targets[index] as Target)
  }

  #plan(target: Target, dueAt: number, due: boolean): NewDelivery {
    const { worker, claimer, attempts } = this.#parts
    // What is published for a target with a backlog queues behind it instead of overtaking.
    const atOnce =
      attempts && due && target.active && !claimer.hasBacklog(target.id) && worker.tryTake(target)
    const lease: Lease | null = atOnce ? worker.lease(target.timeoutMs) : null
    return newDelivery(this.#parts, target, { dueAt, lease })
  }
}
