/** From the publish of an event to its first request at the target, read from the journals. */
import type { ArrivalLine, PublishLine } from './journal.ts'

export interface Latency {
  readonly events: number
  readonly p50: number
  readonly p99: number
}

/** A stretch of a scenario, from its begin to the next one's. */
export interface Phase {
  readonly name: string
  /** Wall clock, ms. */
  readonly from: number
}

/**
 * Of those events that were published in each phase, by the name of the phase. Of an event that was sent several times the
 * try counts that was the last one before it came.
 */
export function latencies(
  phases: readonly Phase[],
  publishes: readonly PublishLine[],
  arrivals: readonly ArrivalLine[],
): Map<string, Latency> {
  const came = new Map<string, number>()
  for (const { eventId, at } of arrivals) came.set(eventId, Math.min(at, came.get(eventId) ?? at))
  const sent = new Map<string, number>()
  for (const { kind, eventId, at } of publishes)
    if (kind === 'invoked' && at <= (came.get(eventId) ?? 0)) sent.set(eventId, at)
  const taken = Map.groupBy(sent, ([, at]) => phases.findLast(({ from }) => from <= at)?.name ?? 'before')
  return new Map(
    [...taken].map(([name, some]) => {
      const ms = some.map(([eventId, at]) => (came.get(eventId) ?? at) - at).sort((a, b) => a - b)
      const at = (share: number) => ms[Math.min(ms.length - 1, Math.floor(ms.length * share))] ?? 0
      return [name, { events: ms.length, p50: at(0.5), p99: at(0.99) }]
    }),
  )
}
