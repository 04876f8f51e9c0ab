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
