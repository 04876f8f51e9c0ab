import type { EventKey, StoredEvent } from '../../domain/event.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { EventQuery, EventStore } from '../../ports/store.ts'

/** Events looked into with one statement: of 1 MiB each some tenths of a second. */
const LOOKS = 250
/** And in all, for one page. */
const LOOKS_MAX = 10_000
const TIME_MS = 1_000

export interface TextFound {
  readonly events: readonly StoredEvent[]
  /** The last event that was looked at; null: there is no older one. */
  readonly last: { readonly key: EventKey; readonly receivedAt: number } | null
}

/** Newest first, in steps, until enough are found, time is up or nothing is left. */
export async function searchText(
  events: Pick<EventStore, 'search' | 'byKeys'>,
  clock: Pick<Clock, 'elapsed'>,
  query: EventQuery & { readonly tenantId: TenantId },
  text: string,
): Promise<TextFound> {
  const bytes = Buffer.from(text)
  const began = clock.elapsed()
  const keys: EventKey[] = []
  let last: TextFound['last'] = null
  for (let looked = 0; looked < LOOKS_MAX && clock.elapsed() - began < TIME_MS; looked += LOOKS) {
    const before = last?.key ?? query.before
    const looks = await events.search({ ...query, before, limit: LOOKS }, bytes)
    for (const look of looks) {
      if (keys.length === query.limit) break
      last = look
      if (look.hit) keys.push(look.key)
    }
    if (keys.length === query.limit) break
    if (looks.length < LOOKS) {
      last = null
      break
    }
  }
  const found = keys.length === 0 ? [] : await events.byKeys(query.tenantId, keys, 'listed')
  return { events: found.toSorted((a, b) => b.key - a.key), last }
}
