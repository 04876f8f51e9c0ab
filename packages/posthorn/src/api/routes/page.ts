import { type CursorScope, readNumberCursor, writeCursor } from '../../domain/cursor.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Page, PageRequest } from '../../engine/use-cases.ts'

export function toPageRequest(query: { limit?: number; cursor?: string }): PageRequest {
  return { limit: query.limit ?? LIMITS.pageDefault, cursor: query.cursor ?? null }
}

export function toPage<T, W>(
  page: Page<T>,
  toWire: (item: T) => W,
): { data: W[]; next_cursor: string | null } {
  return { data: page.items.map(toWire), next_cursor: page.next }
}

/** A page of what is all there already. */
export function slicePage<T>(
  list: string,
  filter: CursorScope['filter'],
  all: readonly T[],
  { limit, cursor }: PageRequest,
): Page<T> {
  const scope = { list, filter }
  const from = readNumberCursor(scope, cursor) ?? 0
  const items = all.slice(from, from + limit)
  const end = from + items.length
  return { items, next: end < all.length ? writeCursor(scope, end) : null }
}
