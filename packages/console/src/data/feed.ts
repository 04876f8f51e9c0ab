/** What the server tells by itself, put where the answers to questions are kept. */
import type { QueryClient } from '@tanstack/react-query'
import type { PosthornClient, Row } from 'posthorn/client'
import { after, now } from '../browser/clock.ts'
import { type Kept, merged } from './merge.ts'

export type Message = PosthornClient['live'] extends (...given: never[]) => AsyncGenerator<infer M>
  ? M
  : never

/** Together, so that a hundred rows are laid out once. */
const GATHER_MS = 150
/** Sums and groups, and rows that came too fast to be told one by one, are asked for again this often at most. */
const SUMS_MS = 2_000
/** And they take at most this share of the time: of much history a sum takes the server tens of milliseconds. */
const SUMS_SHARE = 0.05
/** So many at once are not all: the server tells of the newest. */
const MANY = 100
/** What the stream of the overview tells of. */
export const OVERVIEW_WINDOW_S = 3600

const SUMS = new Set(['getSubscriptionStats', 'listDeadLetters', 'listSubscriptions', 'getSubscription'])

type Delivery = Row<'listDeliveries'>
type EventRow = Row<'listEvents'>
type Key = readonly [string, ...unknown[]]

export class Feed {
  readonly #queries: QueryClient
  #waiting: Message[] = []
  #cancel: (() => void) | null = null
  #cancelSums: (() => void) | null = null
  /** Operations whose lists have gaps. */
  readonly #behind = new Set<string>()
  #sumsMs = SUMS_MS
  /** Sums are asked for, and something came since. */
  #missed = false
  #stopped = false

  constructor(queries: QueryClient) {
    this.#queries = queries
  }

  take(message: Message): void {
    this.#waiting.push(message)
    this.#cancel ??= after(GATHER_MS, () => this.#flush())
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
    this.#cancelSums?.()
    this.#waiting = []
  }

  #flush(): void {
    this.#cancel = null
    const news = this.#waiting
    this.#waiting = []
    const of = <R>(event: string) => news.filter((one) => one.event === event).map(({ data }) => data as R)
    const deliveries = newestOf(of<Delivery>('delivery'))
    if (deliveries.length > 0) this.#deliveries(deliveries)
    const events = of<EventRow>('event')
    if (events.length > 0) this.#rows('listEvents', events)
    const overview = of<unknown>('overview').at(-1)
    if (overview !== undefined)
      this.#queries.setQueryData(['getOverview', { query: { window_s: OVERVIEW_WINDOW_S } }], overview)
    // Rows have news of their own; what was configured has not.
    if (of('changed').length > 0)
      void this.#again((key) => key[1] !== 'rows' || !['listDeliveries', 'listEvents'].includes(key[0]))
  }

  #deliveries(rows: readonly Delivery[]): void {
    this.#rows('listDeliveries', rows)
    this.#rows('listSubscriptionDeliveries', rows)
    const byId = new Map(rows.map((row) => [row.id, row]))
    for (const row of rows)
      this.#queries.setQueryData(['getDelivery', { params: { id: row.id } }], (old: unknown) => old && row)
    void this.#again(([operation, request]) => {
      const { id = '' } = (request as { params?: { id?: string } } | undefined)?.params ?? {}
      // An id of an event may be there once for each source; which one it is, the answer knows.
      if (operation === 'listEventDeliveries') return rows.some((row) => row.event_id === id)
      return operation === 'listAttempts' && byId.has(id)
    })
    this.#later()
  }

  #later(): void {
    this.#missed = true
    if (this.#stopped) return
    this.#cancelSums ??= after(this.#sumsMs, () => void this.#sums())
  }

  async #sums(): Promise<void> {
    this.#missed = false
    const behind = [...this.#behind]
    this.#behind.clear()
    const began = now()
    await Promise.all([
      this.#again(([operation]) => SUMS.has(operation)),
      ...behind.map((operation) => this.#first(operation)),
    ])
    this.#sumsMs = Math.max(SUMS_MS, (now() - began) / SUMS_SHARE)
    this.#cancelSums = null
    if (this.#missed) this.#later()
  }

  /** The first page of each list anew; of those that were scrolled through nothing is pulled away. */
  async #first(operation: string): Promise<void> {
    const lists = this.#queries.getQueryCache().findAll({ queryKey: [operation, 'rows'] })
    const short = lists.filter(
      ({ state, queryKey }) =>
        ((state.data as Kept | undefined)?.pages.length ?? 0) <= 1 && !searchesData(queryKey as Key),
    )
    await Promise.all(short.map(({ queryKey }) => this.#queries.invalidateQueries({ queryKey })))
  }

  #rows(operation: string, rows: ReadonlyArray<Delivery | EventRow>): void {
    if (rows.length >= MANY) {
      this.#behind.add(operation)
      this.#later()
    }
    for (const query of this.#queries.getQueryCache().findAll({ queryKey: [operation, 'rows'] })) {
      const kept = query.state.data as Kept | undefined
      if (kept === undefined) continue
      const next = merged(kept, rows, query.queryKey as Key)
      if (next !== null) this.#queries.setQueryData(query.queryKey, next)
      else if (kept.pages.length <= 1) void this.#queries.invalidateQueries({ queryKey: query.queryKey })
    }
  }

  #again(which: (key: Key) => boolean): Promise<void> {
    // What is just being deleted would no longer be found.
    const leaving = this.#queries.isMutating({ predicate: ({ meta }) => meta?.leaves === true }) > 0
    return this.#queries.invalidateQueries({
      predicate: ({ queryKey }) => which(queryKey as unknown as Key),
      refetchType: leaving ? 'none' : 'active',
    })
  }
}

/** Looking through payloads again and again would be dear; whoever searches asks for more. */
function searchesData([, , request]: Key): boolean {
  return (request as { query?: { text?: string } } | undefined)?.query?.text !== undefined
}

/** The last word on each. */
function newestOf(rows: readonly Delivery[]): Delivery[] {
  return [...new Map(rows.map((row) => [row.id, row])).values()]
}
