/** Conditions of a list, put together as text and parameters. */
import type { SQLInputValue } from 'node:sqlite'

export class Conditions {
  readonly #terms: string[] = []
  readonly params: SQLInputValue[] = []

  add(term: string, ...params: SQLInputValue[]): this {
    this.#terms.push(term)
    this.params.push(...params)
    return this
  }

  get sql(): string {
    return this.#terms.join(' and ')
  }
}

/**
 * `*` is all, `user.*` all that begins with `user.` (and so `orders/*` and `build:*`), everything else itself. A category
 * is a range and not a LIKE: `%` and `_` in a type mean themselves, and no case is folded.
 */
export function addEventType(conditions: Conditions, column: string, filter: string | null): void {
  if (filter === null || filter === '*') return
  // Would be bound as U+FFFD and find what it does not name.
  if (!filter.isWellFormed()) {
    conditions.add('false')
    return
  }
  if (/[./:]\*$/.test(filter)) {
    const prefix = filter.slice(0, -1)
    // The end of the range: the same with the next character in place of the separator.
    const end = String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
    conditions.add(`${column} >= ? and ${column} < ?`, prefix, `${prefix.slice(0, -1)}${end}`)
  } else conditions.add(`${column} = ?`, filter)
}
