export interface LaneChange {
  readonly tenantId: string
  readonly dueAt: number
}

/** What came to wait during one call: the earliest due time by target, written once at the call's end. */
export class LaneChanges {
  readonly #earliest = new Map<string, LaneChange>()

  waits(targetId: string, tenantId: string, dueAt: number): void {
    const known = this.#earliest.get(targetId)
    if (known === undefined || dueAt < known.dueAt) this.#earliest.set(targetId, { tenantId, dueAt })
  }

  entries(): Iterable<[targetId: string, change: LaneChange]> {
    return this.#earliest.entries()
  }
}
