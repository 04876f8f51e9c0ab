/** Counts what happens, and lets a test wait for a count. */
export class Progress<Name extends string> {
  readonly #counts = new Map<Name, number>()
  readonly #waiters = new Set<{ name: Name; count: number; resolve: () => void }>()

  count(name: Name): number {
    return this.#counts.get(name) ?? 0
  }

  /** Those who wait for this count go on before `add` returns' caller does, as promises do: in this turn. */
  add(name: Name): void {
    const count = this.count(name) + 1
    this.#counts.set(name, count)
    for (const waiter of this.#waiters) {
      if (waiter.name !== name || waiter.count > count) continue
      this.#waiters.delete(waiter)
      waiter.resolve()
    }
  }

  /** Resolves when `name` has happened so often in all. */
  reach(name: Name, count: number): Promise<void> {
    if (this.count(name) >= count) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.add({ name, count, resolve }))
  }
}
