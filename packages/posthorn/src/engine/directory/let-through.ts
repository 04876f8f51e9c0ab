import { type Flaw, PosthornError } from '../../domain/error.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { LetThrough } from '../../domain/source.ts'
import { flawAt, isObject, lineFlaw, refuse, wholeNumberFlaw } from './flaws.ts'

/** A week: whoever asks a provider for a redelivery gets it within minutes, or asks again. */
const FOR_S_MAX = 7 * 86_400
/** Each is looked at for every duplicate. */
const ENTRIES_MAX = 20

/**
 * The list with one more entry; those that have ended leave, and one for the same event is replaced.
 * @throws PosthornError `invalid_request`, `state_conflict` when too many are in force
 */
export function letThroughUntil(
  present: readonly LetThrough[],
  request: { readonly eventId: string | null; readonly forS: number },
  now: number,
): readonly LetThrough[] {
  if (!isObject(request)) throw new PosthornError('invalid_request', 'It needs an object with "for_s".')
  const { eventId, forS } = request
  refuse(
    [...eventIdFlaws(eventId), ...flawAt(wholeNumberFlaw(forS, 1, FOR_S_MAX), 'for_s')],
    'It does not fit',
  )
  const others = present.filter((one) => one.until > now && one.eventId !== eventId)
  if (others.length >= ENTRIES_MAX)
    throw new PosthornError(
      'state_conflict',
      `${others.length} events are let through already, the most there may be. Wait until one ends, or let every event through.`,
    )
  return [...others, { eventId, until: now + forS * 1000 }]
}

function eventIdFlaws(eventId: unknown): Flaw[] {
  return eventId === null ? [] : flawAt(lineFlaw(eventId, LIMITS.eventIdChars), 'event_id')
}
