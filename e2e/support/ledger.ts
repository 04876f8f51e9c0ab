/**
 * What was published, what came to the target and what the server says it did, held against each other. Pure: the
 * same books give the same findings, so a test can tamper with them and see each finding come up.
 */

/** An event that the server answered with 202. */
export interface Accepted {
  readonly eventId: string
  /** Of the body that every copy must have. */
  readonly hash: string
}

/** One request at the target. */
export interface Arrival {
  readonly eventId: string
  readonly deliveryId: string
  /** `posthorn-attempt` */
  readonly attempt: number
  readonly hash: string
  /** Wall clock, ms. */
  readonly at: number
  /** The status that the target gave, or would have given to a server that was dead by then. */
  readonly status: number
}

/** A delivery as the API tells it, with its attempts. */
export interface Recorded {
  readonly deliveryId: string
  readonly eventId: string
  readonly state: string
  readonly attempts: ReadonlyArray<{
    readonly number: number
    readonly outcome: string
    readonly status: number | null
    readonly startedAt: number
    readonly durationMs: number
  }>
}

export interface Books {
  readonly accepted: readonly Accepted[]
  readonly arrivals: readonly Arrival[]
  readonly recorded: readonly Recorded[]
}

export interface Findings {
  /** One sentence for each broken promise; empty when all were kept. */
  readonly broken: readonly string[]
  /** Requests that no attempt on record accounts for: what was repeated. */
  readonly unrecorded: number
  /** Requests beyond the first for an event. */
  readonly copies: number
}

/**
 * The target's clock and the server's are one, but a recorded start is rounded and a request is on its way before it
 * is seen. A wrong attempt after a restart is at least a start of the program away, some 300 ms.
 */
const CLOCK_SLACK_MS = 100

/** @param repeatsMax how many requests may be without an attempt on record: what was in flight at the kills */
export function checkBooks({ accepted, arrivals, recorded }: Books, repeatsMax: number): Findings {
  const arrivalsOf = Map.groupBy(arrivals, ({ eventId }) => eventId)
  const recordedOf = Map.groupBy(recorded, ({ eventId }) => eventId)
  const hashes = new Map(accepted.map(({ eventId, hash }) => [eventId, hash]))
  const attempts = recorded.reduce((sum, one) => sum + one.attempts.length, 0)
  const unrecorded = arrivals.length - attempts
  const broken = [
    ...[...arrivalsOf.keys()]
      .filter((id) => !hashes.has(id))
      .map((id) => `${id}: came and was never accepted`),
    ...accepted.flatMap((one) => [
      ...checkArrivals(one, arrivalsOf.get(one.eventId) ?? []),
      ...checkRecord(one, recordedOf.get(one.eventId) ?? [], arrivalsOf.get(one.eventId) ?? []),
    ]),
  ]
  if (unrecorded > repeatsMax)
    broken.push(`${unrecorded} requests are on no record; at most ${repeatsMax} were in flight at the kills`)
  return { broken, unrecorded, copies: arrivals.length - arrivalsOf.size }
}

function checkArrivals({ eventId, hash }: Accepted, arrivals: readonly Arrival[]): string[] {
  if (!arrivals.some(({ status }) => status < 300)) return [`${eventId}: accepted and lost`]
  const altered = arrivals.filter((arrival) => arrival.hash !== hash)
  const deliveries = new Set(arrivals.map(({ deliveryId }) => deliveryId))
  return [
    ...altered.map(({ attempt }) => `${eventId}: attempt ${attempt} had other bytes`),
    ...(deliveries.size > 1 ? [`${eventId}: came in ${deliveries.size} deliveries to one subscription`] : []),
  ]
}

function checkRecord(
  { eventId }: Accepted,
  deliveries: readonly Recorded[],
  arrivals: readonly Arrival[],
): string[] {
  const [delivery, ...more] = deliveries
  if (delivery === undefined || more.length > 0)
    return [`${eventId}: ${deliveries.length} deliveries on record`]
  const { deliveryId, state, attempts } = delivery
  if (state !== 'delivered') return [`${eventId}: its delivery is ${state}`]
  const last = attempts.at(-1)
  if (last?.outcome !== 'success') return [`${eventId}: delivered, and its last attempt is ${last?.outcome}`]
  const broken: string[] = []
  for (const [at, { number, outcome, status }] of attempts.entries()) {
    if (number !== at + 1) broken.push(`${eventId}: attempt ${number} stands in place ${at + 1}`)
    if (outcome === 'success' && at !== attempts.length - 1)
      broken.push(`${eventId}: attempts after a success`)
    const came = (one: Arrival) =>
      one.deliveryId === deliveryId && one.attempt === number && one.status === status
    if (status !== null && !arrivals.some(came))
      broken.push(`${eventId}: attempt ${number} with ${status} is on record and never came`)
  }
  const over = last.startedAt + last.durationMs + CLOCK_SLACK_MS
  for (const { attempt, at } of arrivals)
    if (attempt > last.number || at > over)
      broken.push(
        `${eventId}: attempt ${attempt} came ${Math.round(at - over)} ms after its recorded success`,
      )
  return broken
}
