/** Conditions of a list, put together as text and parameters. */
import { fits } from './text.ts'

export class Conditions {
  readonly #terms: string[] = []
  readonly #params: unknown[] = []

  /** Each `?` is a parameter. */
  add(term: string, ...params: unknown[]): this {
    this.#terms.push(term)
    this.#params.push(...params)
    return this
  }

  /** `?` as `$1`, `$2` … */
  numbered(from = 1): { readonly sql: string; readonly params: readonly unknown[] } {
    let number = from
    const sql =
      this.#terms.length === 0 ? 'true' : this.#terms.join(' and ').replaceAll('?', () => `$${number++}`)
    return { sql, params: this.#params }
  }
}

/**
 * `*` is all, `user.*` all that begins with `user.`, everything else itself. A category is a range by bytes and not a
 * LIKE: `%` and `_` in a type mean themselves.
 */
export function addEventType(conditions: Conditions, column: string, filter: string | null): void {
  if (filter === null || filter === '*') return
  if (!fits(filter)) {
    conditions.add('false')
    return
  }
  if (filter.endsWith('.*')) {
    const prefix = filter.slice(0, -1)
    conditions.add(`starts_with(${column}, ?)`, prefix)
  } else conditions.add(`${column} = ?`, filter)
}
