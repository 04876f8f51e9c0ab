import { eventTypeFlaw, isOperational, oddCharacterFlaw } from './event-type.ts'
import { LIMITS } from './limits.ts'

/** A filter, taken apart. A prefix ends with its full stop: `user.` for `user.*`. */
export type Filter =
  | { readonly kind: 'all' }
  | { readonly kind: 'exact'; readonly type: string }
  | { readonly kind: 'prefix'; readonly prefix: string }

/**
 * Why a text is no filter, as the end of a sentence; null when it is one: `*`, an event type, or an event type and `.*`.
 */
export function filterFlaw(text: unknown): string | null {
  if (typeof text !== 'string') return 'must be a text: "*", a type such as "user.created", or "user.*"'
  if (text === '*') return null
  const name = text.endsWith('.*') ? text.slice(0, -2) : text
  if (!name.includes('*')) return eventTypeFlaw(name)
  return (
    oddCharacterFlaw(name.replaceAll('*', '')) ??
    'may have a "*" only alone or as its last part, as in "user.*"'
  )
}

/** @throws RangeError for what `filterFlaw` finds wrong: the caller has not checked */
export function parseFilter(text: string): Filter {
  const flaw = filterFlaw(text)
  if (flaw !== null) throw new RangeError(`the filter ${JSON.stringify(text)} ${flaw}`)
  if (text === '*') return { kind: 'all' }
  if (text.endsWith('.*')) return { kind: 'prefix', prefix: text.slice(0, -1) }
  return { kind: 'exact', type: text }
}

/** What is wrong with a list of filters, each with its index; empty when nothing is. */
export function filterListFlaws(filters: unknown): Array<{ index: number | null; message: string }> {
  if (!Array.isArray(filters)) return [{ index: null, message: 'must be a list of filters' }]
  if (filters.length === 0)
    return [{ index: null, message: 'is empty; give at least one filter, "*" for everything' }]
  if (filters.length > LIMITS.filtersPerSubscription)
    return [
      {
        index: null,
        message: `has ${filters.length} filters, at most ${LIMITS.filtersPerSubscription} are allowed`,
      },
    ]
  return filters.flatMap((filter, index) => {
    const message = filterFlaw(filter)
    return message === null ? [] : [{ index, message }]
  })
}

/**
 * Tells whether an event type fits any of the filters. Make it once, ask it often: a look-up for the whole type and
 * one for each full stop in it, however many filters there are.
 *
 * | filter | `user.created` | `user.profile.updated` | `user` | `users.x` | `posthorn.x` |
 * |---|---|---|---|---|---|
 * | `*` | yes | yes | yes | yes | no |
 * | `user.created` | yes | no | no | no | no |
 * | `user.*` | yes | yes | no | no | no |
 * | `posthorn.*` | no | no | no | no | yes |
 */
export function matcher(filters: readonly string[]): (type: string) => boolean {
  const parsed = filters.map(parseFilter)
  const all = parsed.some((filter) => filter.kind === 'all')
  const exact = new Set(parsed.flatMap((filter) => (filter.kind === 'exact' ? [filter.type] : [])))
  const prefixes = new Set(parsed.flatMap((filter) => (filter.kind === 'prefix' ? [filter.prefix] : [])))
  if (all && exact.size === 0 && prefixes.size === 0) return (type) => !isOperational(type)
  return (type) =>
    exact.has(type) ||
    (all && !isOperational(type)) ||
    (prefixes.size > 0 && prefixesOf(type).some((prefix) => prefixes.has(prefix)))
}

/** `a.`, `a.b.` of `a.b.c`: every prefix by which a filter could match it. */
export function prefixesOf(type: string): string[] {
  const prefixes: string[] = []
  for (let dot = type.indexOf('.'); dot !== -1; dot = type.indexOf('.', dot + 1))
    prefixes.push(type.slice(0, dot + 1))
  return prefixes
}
