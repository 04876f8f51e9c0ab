import { DAY_MS, dayOf, firstKeyOf } from './keys.ts'
import type { Query } from './session.ts'

/** The partitions by day: made when they are first needed, remembered as made. */
export class Partitions {
  readonly #schema: string
  readonly #query: Query
  readonly #made = new Set<string>()
  /** Two callers of one process that meet make it once. */
  readonly #making = new Map<string, Promise<void>>()

  constructor(schema: string, query: Query) {
    this.#schema = schema
    this.#query = query
  }

  /** null where all are there: nothing to wait for. */
  events(times: Iterable<number>): Promise<unknown> | null {
    return this.#all('events', times)
  }

  attempts(times: Iterable<number>): Promise<unknown> | null {
    return this.#all('attempts', times)
  }

  forget(table: string): void {
    this.#made.delete(table)
  }

  #all(kind: 'events' | 'attempts', times: Iterable<number>): Promise<unknown> | null {
    let waits: Promise<void>[] | null = null
    let last = -1
    for (const time of times) {
      const day = dayOf(time)
      if (day === last) continue
      last = day
      if (this.#made.has(partitionName(kind, day))) continue
      waits ??= []
      waits.push(this.#make(kind, day))
    }
    return waits === null ? null : Promise.all(waits)
  }

  #make(kind: 'events' | 'attempts', day: number): Promise<void> {
    const name = partitionName(kind, day)
    let making = this.#making.get(name)
    if (making === undefined) {
      making = this.#create(kind, day, name).finally(() => this.#making.delete(name))
      this.#making.set(name, making)
    }
    return making
  }

  async #create(kind: 'events' | 'attempts', day: number, name: string): Promise<void> {
    const [from, to] = kind === 'events' ? eventKeys(day) : attemptTimes(day)
    // Not within a transaction of rows: whoever makes a partition holds the whole table for a moment.
    await this.#query
      .rows(
        `create table if not exists ${this.#schema}.${name} partition of ${this.#schema}.${kind}
        for values from (${from}) to (${to})`,
      )
      .catch((error: unknown) => {
        // Two processes at once: the other one has made it.
        if (!/already exists|would overlap/.test(String(error))) throw error
      })
    this.#made.add(name)
  }
}

export function partitionName(kind: 'events' | 'attempts', day: number): string {
  return `${kind}_d${day}`
}

function eventKeys(day: number): [string, string] {
  return [String(firstKeyOf(day)), String(firstKeyOf(day + 1))]
}

/** The first and the last one take what lies before and after. */
function attemptTimes(day: number): [string, string] {
  return [day === 0 ? 'minvalue' : String(day * DAY_MS), String((day + 1) * DAY_MS)]
}
