/** What a scenario wrote down and what the program says it did, held against the promises. Pure, as the ledger is. */
import { type Accepted, checkBooks } from '../../support/ledger.ts'
import type { RecordedFor } from '../../support/record.ts'
import type { ArrivalLine, PublishLine } from './journal.ts'

export interface KnownSubscription {
  readonly id: string
  readonly name: string
  readonly tenant: string
  /** Exact types, or `*`. */
  readonly events: readonly string[]
}

export interface WorldBooks {
  readonly publishes: readonly PublishLine[]
  readonly arrivals: readonly ArrivalLine[]
  readonly subscriptions: readonly KnownSubscription[]
  /** Deliveries of all tenants. */
  readonly recorded: readonly RecordedFor[]
  /** What is leased at the end. */
  readonly leases: number
}

/** What the faults of a scenario excuse: counted by it, not guessed. */
export interface Allowance {
  /** Requests that may be repeated: the attempts that were in flight at the faults. */
  readonly repeats: number
  /** Requests that may come after the success of their delivery: sent before, by a process that was then stopped. Default 0. */
  readonly late?: number
}

export interface WorldFindings {
  /** One sentence for each broken promise. */
  readonly broken: readonly string[]
  readonly events: number
  readonly deliveries: number
  /** Requests of publishers whose answer is not known, or was 429 or 503. */
  readonly unknown: number
  /** Accepted as known already: the first answer was lost. */
  readonly duplicates: number
  /** Requests at the targets that no attempt on record accounts for. */
  readonly repeats: number
  /** Requests after the recorded success of their delivery. */
  readonly late: number
}

/** 503 says when to come again; any other 5xx is a defect. */
const EXCUSED = [null, 429, 503]

export function checkWorld(books: WorldBooks, { repeats, late = 0 }: Allowance): WorldFindings {
  const { publishes, arrivals, subscriptions, recorded, leases } = books
  const accepted = publishes.filter(({ kind }) => kind === 'accepted')
  const arrivalsOf = Map.groupBy(arrivals, ({ subscription }) => subscription)
  const recordedOf = Map.groupBy(recorded, ({ subscriptionId }) => subscriptionId)
  const broken = [...checkPublishes(publishes), ...checkNames(books)]
  let unrecorded = 0
  let afterwards = 0
  for (const { id, name, tenant, events } of subscriptions) {
    const mine = accepted.filter((one) => one.tenant === tenant && matches(events, one.type))
    const found = checkBooks(
      {
        accepted: mine.map(({ eventId, hash }): Accepted => ({ eventId, hash })),
        arrivals: arrivalsOf.get(name) ?? [],
        recorded: recordedOf.get(id) ?? [],
      },
      Number.POSITIVE_INFINITY,
    )
    const excused = new Set(afterwards + found.late.length <= late ? found.late : [])
    broken.push(...found.broken.filter((line) => !excused.has(line)).map((line) => `${name}: ${line}`))
    unrecorded += found.unrecorded
    afterwards += found.late.length
  }
  if (unrecorded > repeats)
    broken.push(`${unrecorded} requests are on no record; at most ${repeats} were in flight at the faults`)
  if (leases > 0) broken.push(`${leases} deliveries are still leased`)
  return {
    ...{ broken, events: accepted.length, deliveries: recorded.length },
    unknown: publishes.filter(({ kind }) => kind === 'unknown').length,
    duplicates: accepted.filter((one) => one.kind === 'accepted' && one.duplicate).length,
    ...{ repeats: unrecorded, late: afterwards },
  }
}

function matches(events: readonly string[], type: string): boolean {
  return events.some((one) => one === '*' || one === type)
}

/** Each event that was begun was accepted, once; and whoever was refused just now was told so as documented. */
function checkPublishes(publishes: readonly PublishLine[]): string[] {
  const broken: string[] = []
  for (const [eventId, lines] of Map.groupBy(publishes, (line) => line.eventId)) {
    const times = lines.filter(({ kind }) => kind === 'accepted').length
    if (times !== 1) broken.push(`${eventId}: begun, and accepted ${times} times`)
    for (const line of lines)
      if (line.kind === 'unknown' && !EXCUSED.includes(line.status))
        broken.push(`${eventId}: was answered ${line.why}`)
  }
  return broken
}

function checkNames({ arrivals, subscriptions, recorded }: WorldBooks): string[] {
  const names = new Set(subscriptions.map(({ name }) => name))
  const ids = new Set(subscriptions.map(({ id }) => id))
  return [
    ...arrivals
      .filter(({ subscription }) => !names.has(subscription))
      .map((one) => `${one.eventId}: came at ${one.subscription}, which nobody subscribed`),
    ...recorded
      .filter(({ subscriptionId }) => !ids.has(subscriptionId))
      .map((one) => `${one.deliveryId}: is on record for a subscription that there is not`),
  ]
}
