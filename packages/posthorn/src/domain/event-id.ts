import { LIMITS } from './limits.ts'

const ID = new RegExp(`^[A-Za-z0-9_:@/+=-]{1,${LIMITS.eventIdChars}}$`)

/**
 * Why a text is no event id that a publisher may give, as the end of a sentence; null when it is one.
 *
 * A full stop is not allowed: the standard schemes sign `id.timestamp.body`, so with a full stop in the id one could
 * cut the same signed bytes at another place and get another id, time and body with a good signature. White space,
 * controls and anything beyond ASCII are not, because the id stands in a header.
 */
export function eventIdFlaw(id: unknown): string | null {
  if (typeof id !== 'string') return 'must be a text'
  if (ID.test(id)) return null
  if (id === '') return 'is empty; leave it out to have one made'
  if (id.length > LIMITS.eventIdChars)
    return `has ${id.length} characters, at most ${LIMITS.eventIdChars} are allowed`
  if (id.includes('.'))
    return 'has a full stop, which may not stand in an event id: it separates id, time and body in what is signed'
  return 'has characters that may not stand in an event id; allowed are ASCII letters, digits and _ : @ / + = -'
}
