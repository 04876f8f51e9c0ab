import { eventTypeFlaw, inboundTypeFlaw, isOperational, oddCharacterFlaw } from './event-type.ts'
import { LIMITS } from './limits.ts'

/**
 * Which types a filter is for: those that are `published` here, or those of `inbound` events, which are whatever a
 * provider writes (`orders/create`, `build:finished`).
 */
export type TypesOf = 'published' | 'inbound'

/** A filter, taken apart. A prefix ends with its separator: `user.` for `user.*`. */
export type Filter =
  | { readonly kind: 'all' }
  | { readonly kind: 'exact'; readonly type: string }
  | { readonly kind: 'prefix'; readonly prefix: string }

/** What stands between the words of a type: `.`, and in types of providers `/` and `:` too. */
const CATEGORY = /[./:]\*$/

/**
 * Why a text is no filter, as the end of a sentence; null when it is one: `*`, an event type, or an event type and `.*`;
 * for inbound events also visible ASCII without a `*`, and such a text with `.*`, `/*` or `:*`.
 */
export function filterFlaw(text: unknown, of: TypesOf = 'published'): string | null {
  if (typeof text !== 'string') return 'must be a text: "*", a type such as "user.created", or "user.*"'
  if (text === '*') return null
  const category = of === 'published' ? text.endsWith('.*') : CATEGORY.test(text)
  const name = category ? text.slice(0, -2) : text
  const typeFlaw = of === 'published' ? eventTypeFlaw : inboundTypeFlaw
  if (!name.includes('*')) return typeFlaw(name)
  const odd = name.replaceAll('*', '')
  return (
    (of === 'published' ? oddCharacterFlaw(odd) : odd === '' ? null : inboundTypeFlaw(odd)) ??
    'may have a "*" only alone or as its last part, as in "user.*"'
  )
}

/** @throws RangeError for what `filterFlaw` finds wrong in a filter over inbound events: the caller has not checked */
export function parseFilter(text: string): Filter {
  const flaw = filterFlaw(text, 'inbound')
  if (flaw !== null) throw new RangeError(`the filter ${JSON.stringify(text)} ${flaw}`)
  if (text === '*') return { kind: 'all' }
  if (CATEGORY.test(text)) return { kind: 'prefix', prefix: text.slice(0, -1) }
  return { kind: 'exact', type: text }
}

/** What is wrong with a list of filters, each with its index; empty when nothing is. */
export function filterListFlaws(
  filters: unknown,
  of: TypesOf = 'published',
): Array<{ index: number | null; message: string }> {
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
    const message = filterFlaw(filter, of)
    return message === null ? [] : [{ index, message }]
  })
}

/**
 * Tells whether an event type fits any of the filters. Make it once, ask it often: a look-up for the whole type and
 * one for each separator in it, however many filters there are.
 *
 * | filter | `user.created` | `user.profile.updated` | `user` | `users.x` | `posthorn.x` |
 * |---|---|---|---|---|---|
 * | `*` | yes | yes | yes | yes | no |
 * | `user.created` | yes | no | no | no | no |
 * | `user.*` | yes | yes | no | no | no |
 * | `posthorn.*` | no | no | no | no | yes |
 *
 * Types of inbound events are the provider's: `/` and `:` separate too, and none of them is Posthorn's own.
 *
 * | filter | `orders/create` | `orders/a/b` | `orders` | `orders.create` | `build:done` | `posthorn.x` |
 * |---|---|---|---|---|---|---|
 * | `*` | yes | yes | yes | yes | yes | yes |
 * | `orders/create` | yes | no | no | no | no | no |
 * | `orders/*` | yes | yes | no | no | no | no |
 * | `orders.*` | no | no | no | yes | no | no |
 * | `build:*` | no | no | no | no | yes | no |
 */
export function matcher(filters: readonly string[], of: TypesOf = 'published'): (type: string) => boolean {
  const parsed = filters.map(parseFilter)
  const all = parsed.some((filter) => filter.kind === 'all')
  const exact = new Set(parsed.flatMap((filter) => (filter.kind === 'exact' ? [filter.type] : [])))
  const prefixes = new Set(parsed.flatMap((filter) => (filter.kind === 'prefix' ? [filter.prefix] : [])))
  const reserved = of === 'published' ? isOperational : () => false
  if (all && exact.size === 0 && prefixes.size === 0) return (type) => !reserved(type)
  return (type) =>
    exact.has(type) ||
    (all && !reserved(type)) ||
    (prefixes.size > 0 && prefixesOf(type).some((prefix) => prefixes.has(prefix)))
}

/** `a.`, `a.b/` of `a.b/c`: every prefix by which a filter could match it. */
export function prefixesOf(type: string): string[] {
  const prefixes: string[] = []
  for (let index = 0; index < type.length; index += 1)
    if (SEPARATORS.has(type.charCodeAt(index))) prefixes.push(type.slice(0, index + 1))
  return prefixes
}

/** `.`, `/` and `:`. */
const SEPARATORS: ReadonlySet<number> = new Set([0x2e, 0x2f, 0x3a])
