/**
 * What was published for one subscription, what came to its target and what the server says it did, held against each
 * other. Pure: the same books give the same findings, so a test can tamper with them and see each finding come up.
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
  /** The status that the target gave, or would have given to a server that was dead by then; 0: it never answers. */
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
  /** One for each request that came after the recorded success of its delivery; `broken` has those too. */
  readonly late: readonly string[]
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
  const unrecorded = unrecordedOf(arrivals, recorded)
  const late = accepted.flatMap(({ eventId }) =>
    lateOf(eventId, recordedOf.get(eventId) ?? [], arrivalsOf.get(eventId) ?? []),
  )
  const broken = [
    ...[...arrivalsOf.keys()]
      .filter((id) => !hashes.has(id))
      .map((id) => `${id}: came and was never accepted`),
    ...accepted.flatMap((one) => [
      ...checkArrivals(one, arrivalsOf.get(one.eventId) ?? []),
      ...checkRecord(one, recordedOf.get(one.eventId) ?? [], arrivalsOf.get(one.eventId) ?? []),
    ]),
    ...late,
  ]
  if (unrecorded > repeatsMax)
    broken.push(`${unrecorded} requests are on no record; at most ${repeatsMax} were in flight at the kills`)
  return { broken, late, unrecorded, copies: arrivals.length - arrivalsOf.size }
}

/** An attempt on record accounts for one request of its delivery and number, if it got that far. */
function unrecordedOf(arrivals: readonly Arrival[], recorded: readonly Recorded[]): number {
  const left = new Map<string, number>()
  for (const { deliveryId, attempt } of arrivals) {
    const which = `${deliveryId} ${attempt}`
    left.set(which, (left.get(which) ?? 0) + 1)
  }
  for (const { deliveryId, attempts } of recorded)
    for (const { number } of attempts) {
      const which = `${deliveryId} ${number}`
      left.set(which, Math.max(0, (left.get(which) ?? 0) - 1))
    }
  return [...left.values()].reduce((sum, count) => sum + count, 0)
}

function isSuccess({ status }: Arrival): boolean {
  return status >= 200 && status < 300
}

function checkArrivals({ eventId, hash }: Accepted, arrivals: readonly Arrival[]): string[] {
  if (!arrivals.some(isSuccess)) return [`${eventId}: accepted and lost`]
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
  if (!arrivals.some((one) => one.deliveryId === deliveryId && isSuccess(one)))
    broken.push(`${eventId}: delivered, says the API, and its target never answered so`)
  for (const [at, { number, outcome, status }] of attempts.entries()) {
    if (number !== at + 1) broken.push(`${eventId}: attempt ${number} stands in place ${at + 1}`)
    if (outcome === 'success' && at !== attempts.length - 1)
      broken.push(`${eventId}: attempts after a success`)
    const came = (one: Arrival) =>
      one.deliveryId === deliveryId && one.attempt === number && one.status === status
    if (status !== null && !arrivals.some(came))
      broken.push(`${eventId}: attempt ${number} with ${status} is on record and never came`)
  }
  return broken
}

/** What came after the delivery's recorded success. */
function lateOf(eventId: string, deliveries: readonly Recorded[], arrivals: readonly Arrival[]): string[] {
  const last = deliveries[0]?.attempts.at(-1)
  if (last?.outcome !== 'success') return []
  const over = last.startedAt + last.durationMs + CLOCK_SLACK_MS
  return arrivals
    .filter(({ attempt, at }) => attempt > last.number || at > over)
    .map(
      ({ attempt, at }) =>
        `${eventId}: attempt ${attempt} came ${Math.round(at - over)} ms after its recorded success`,
    )
}
