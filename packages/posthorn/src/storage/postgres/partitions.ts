import { dayOfDelivery } from './days.ts'
import { causeState } from './failures.ts'
import { dayOf } from './keys.ts'
import { makePartition, type Partitioned, partitionName } from './partition-tables.ts'
import type { Sessions } from './session.ts'

/** The partitions by day: made when they are first needed, remembered as made. */
export class Partitions {
  readonly #schema: string
  readonly #sessions: Sessions
  readonly #made = new Set<string>()
  /** Two callers of one process that meet make it once. */
  readonly #making = new Map<string, Promise<void>>()

  constructor(schema: string, sessions: Sessions) {
    this.#schema = schema
    this.#sessions = sessions
  }

  /** For events received at these times. null where all are there: nothing to wait for. */
  events(times: Iterable<number>): Promise<unknown> | null {
    const days = new Set<number>()
    for (const time of times) days.add(dayOf(time))
    return this.#all(['events'], days)
  }

  /** For deliveries that may end, and their attempts. */
  deliveries(ids: Iterable<string>): Promise<unknown> | null {
    const days = new Set<number>()
    let last = ''
    for (const id of ids) {
      // Most of a batch were made within the same four seconds: those look the same so far.
      if (id.startsWith(last) && last !== '') continue
      last = id.slice(0, 14)
      days.add(dayOfDelivery(id))
    }
    return this.#all(['ended', 'attempts'], days)
  }

  /** All that a day needs. */
  async day(time: number): Promise<void> {
    await this.#all(['events', 'ended', 'attempts'], [dayOf(time)])
  }

  /** Runs what writes deliveries that have ended, or their attempts. */
  forDeliveries<T>(ids: readonly string[], run: () => Promise<T>): Promise<T> {
    return this.#mended(() => this.deliveries(ids), run)
  }

  /** Runs what writes events received at these times. */
  forEvents<T>(times: readonly number[], run: () => Promise<T>): Promise<T> {
    return this.#mended(() => this.events(times), run)
  }

  /** A partition that this process knows may have been dropped by another one since: then it is made again. */
  async #mended<T>(make: () => Promise<unknown> | null, run: () => Promise<T>): Promise<T> {
    await make()
    try {
      return await run()
    } catch (error) {
      if (!this.forgetMissing(error)) throw error
      await make()
      return run()
    }
  }

  /** @returns whether a row had no partition to go to; nothing is known of any of them then */
  forgetMissing(error: unknown): boolean {
    // PostgreSQL has no code of its own for it.
    const missing = causeState(error) === '23514' && /no partition of relation/.test((error as Error).message)
    if (missing) this.#made.clear()
    return missing
  }

  /** It is gone. */
  forget(table: Partitioned, day: number): void {
    this.#made.delete(partitionName(table, day))
  }

  #all(tables: readonly Partitioned[], days: Iterable<number>): Promise<unknown> | null {
    const waits: Promise<void>[] = []
    for (const day of days)
      for (const table of tables)
        if (!this.#made.has(partitionName(table, day))) waits.push(this.#make(table, day))
    return waits.length === 0 ? null : Promise.all(waits)
  }

  #make(table: Partitioned, day: number): Promise<void> {
    const name = partitionName(table, day)
    let making = this.#making.get(name)
    if (making === undefined) {
      making = makePartition(this.#sessions, this.#schema, table, day)
        .then(() => {
          this.#made.add(name)
        })
        .finally(() => this.#making.delete(name))
      this.#making.set(name, making)
    }
    return making
  }
}
