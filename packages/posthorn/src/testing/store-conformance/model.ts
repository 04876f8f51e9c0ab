import assert from 'node:assert/strict'
import type { Delivery, NewDelivery } from '../../domain/delivery.ts'
import type { StoredEvent } from '../../domain/event.ts'
import type { TargetId } from '../../domain/ids.ts'
import { applyTransition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import type { HandChange } from '../../ports/store.ts'

const FOREVER = Number.POSITIVE_INFINITY

/** What a store is supposed to hold, in plain maps. */
export class Model {
  readonly deliveries = new Map<string, Delivery>()
  readonly attempts = new Map<string, number>()
  readonly #held = new Map<string, number>()

  insert(event: StoredEvent, made: readonly NewDelivery[]): void {
    for (const { lease, ...delivery } of made)
      this.deliveries.set(delivery.id, {
        ...delivery,
        tenantId: event.tenantId,
        eventKey: event.key,
        eventId: event.id,
        eventType: event.type,
        state: 'pending',
        attempts: 0,
        scheduleStart: 0,
        leaseToken: lease?.token ?? null,
        leaseUntil: lease?.until ?? null,
        finishedAt: null,
        lastStatusCode: null,
        lastError: null,
      })
  }

  /** Those that wait for a target, oldest due first. */
  waiting(targetId: TargetId): Delivery[] {
    return [...this.deliveries.values()]
      .filter((each) => each.targetId === targetId && each.state === 'pending' && each.leaseToken === null)
      .sort((a, b) => a.dueAt - b.dueAt)
  }

  /** When the lane is looked at; null: it is not. */
  laneTime(targetId: TargetId): number | null {
    const earliest = this.waiting(targetId)[0]?.dueAt
    if (earliest === undefined) return null
    const time = Math.max(earliest, this.#held.get(targetId) ?? 0)
    return time === FOREVER ? null : time
  }

  postpone(targetId: TargetId, until: number | null): void {
    this.#held.set(targetId, until ?? FOREVER)
  }

  resume(targetId: TargetId): void {
    this.#held.delete(targetId)
  }

  /** Checks what a store claimed from one lane, and takes it over. */
  claimed(targetId: TargetId, limit: number, now: number, taken: readonly Delivery[]): void {
    const held = this.#held.get(targetId) ?? 0
    if (held <= now) this.#held.delete(targetId)
    const due = held > now ? [] : this.waiting(targetId).filter(({ dueAt }) => dueAt <= now)
    // Which of several that fell due at the same time is left to the store.
    assert.deepEqual(
      taken.map(({ dueAt }) => dueAt),
      due.slice(0, limit).map(({ dueAt }) => dueAt),
    )
    for (const delivery of taken) {
      const known = due.find(({ id }) => id === delivery.id)
      assert.deepEqual(
        { ...delivery, leaseToken: null, leaseUntil: null },
        known,
        'claimed what does not wait, or twice',
      )
      this.deliveries.set(delivery.id, delivery)
    }
  }

  finish({ deliveryId, leaseToken, transition, attempt }: Finish): boolean {
    const delivery = this.deliveries.get(deliveryId)
    if (delivery?.state !== 'pending' || delivery.leaseToken !== leaseToken) return false
    this.deliveries.set(deliveryId, applyTransition(delivery, transition))
    if (attempt !== null) this.attempts.set(deliveryId, (this.attempts.get(deliveryId) ?? 0) + 1)
    return true
  }

  change({ id, from, transition, now }: HandChange): boolean {
    const delivery = this.deliveries.get(id) as Delivery
    if ((delivery.leaseUntil ?? 0) > now || !from.includes(delivery.state)) return false
    this.deliveries.set(id, applyTransition(delivery, transition))
    return true
  }

  expire(now: number): number {
    const ended = [...this.deliveries.values()].filter(
      ({ leaseUntil }) => leaseUntil !== null && leaseUntil <= now,
    )
    for (const delivery of ended)
      this.deliveries.set(delivery.id, { ...delivery, leaseToken: null, leaseUntil: null })
    return ended.length
  }

  cancelWaiting(targetId: TargetId, at: number): number {
    const waiting = this.waiting(targetId)
    for (const delivery of waiting)
      this.deliveries.set(delivery.id, applyTransition(delivery, { to: 'cancelled', at }))
    return waiting.length
  }
}
