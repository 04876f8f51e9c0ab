import type { TargetId } from '../../domain/ids.ts'
import type { DueLane } from '../../ports/store.ts'

/** Targets of which this process knows that something is due in the store. What is published for them queues behind it. */
export class Backlog {
  readonly #targets = new Set<TargetId>()
  /** Of these, the ones whose last claim gave all that it asked for: the next look tells whether that was the rest. */
  readonly #perhapsEmpty = new Set<TargetId>()
  /** Of these, the ones that could not go at the last look: they stand before others again at the next one. */
  readonly #passedOver = new Set<TargetId>()

  get size(): number {
    return this.#targets.size
  }

  get passedOver(): number {
    return this.#passedOver.size
  }

  has(id: TargetId): boolean {
    return this.#targets.has(id)
  }

  /** Something was left there just now. */
  left(id: TargetId): void {
    this.#targets.add(id)
    this.#perhapsEmpty.delete(id)
  }

  /** Something is there that could not go. */
  add(id: TargetId): void {
    this.#targets.add(id)
    this.#passedOver.add(id)
  }

  /** @param all whether a claim gave all that it asked for */
  claimed(id: TargetId, all: boolean): void {
    this.#passedOver.delete(id)
    if (!all) this.#targets.delete(id)
    else {
      this.#targets.add(id)
      this.#perhapsEmpty.add(id)
    }
  }

  delete(id: TargetId): void {
    this.#targets.delete(id)
    this.#passedOver.delete(id)
  }

  /** @param due all lanes that are due */
  forgetEmpty(due: readonly DueLane[]): void {
    if (this.#passedOver.size > 0) this.#keepPassedOver(new Set(due.map(({ targetId }) => targetId)))
    if (this.#perhapsEmpty.size === 0) return
    for (const { targetId } of due) this.#perhapsEmpty.delete(targetId)
    for (const id of this.#perhapsEmpty) this.#targets.delete(id)
    this.#perhapsEmpty.clear()
  }

  #keepPassedOver(due: ReadonlySet<TargetId>): void {
    for (const id of this.#passedOver) if (!due.has(id)) this.#passedOver.delete(id)
  }
}
