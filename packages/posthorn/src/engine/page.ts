import { type CursorScope, writeCursor } from '../domain/cursor.ts'

/** A page of a list, newest first; `next` is null on the last page. Cursors are opaque text and are checked. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export interface PageRequest {
  /** 1 to 250 */
  readonly limit: number
  readonly cursor: string | null
}

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
