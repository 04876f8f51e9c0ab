import { type CursorScope, writeCursor } from '../domain/cursor.ts'
import type { Page } from './use-cases.ts'

/**
 * Cuts what a list query gave into a page: asked for one more than the limit, its presence says that there is a next
 * page.
 */
export function page<T>(
  found: readonly T[],
  limit: number,
  scope: CursorScope,
  place: (last: T) => string | number,
): Page<T> {
  if (found.length <= limit) return { items: found, next: null }
  const items = found.slice(0, limit)
  return { items, next: writeCursor(scope, place(items[limit - 1] as T)) }
}
