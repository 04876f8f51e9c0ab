/** News into a list as it was loaded, page by page, newest first. */
import { takes } from '../text/filter.ts'

export interface KeptPage {
  readonly data: readonly unknown[]
  readonly next_cursor: string | null
}

export interface Kept {
  readonly pages: readonly KeptPage[]
  readonly pageParams: readonly unknown[]
}

/** Of both kinds of rows, what is looked at here. */
interface AnyRow {
  readonly id?: string
  readonly event_id: string
  readonly event_type: string
  readonly source?: string | null
  readonly state?: string
  readonly subscription_id?: string | null
  readonly created_at?: string
  readonly received_at?: string
}

/** A page that grows without end is asked for anew. */
const PAGE_ROWS_MAX = 500
const KNOWN = new Set(['state', 'event_type', 'subscription_id', 'source', 'since', 'limit'])

/**
 * @param key of the query: operation, `rows`, request
 * @returns null when it takes the server to say what the list has now
 */
export function merged(kept: Kept, rows: readonly unknown[], key: readonly unknown[]): Kept | null {
  const { params, query = {} } = (key[2] ?? {}) as {
    params?: { id?: string }
    query?: Readonly<Record<string, string | undefined>>
  }
  // To look through payloads again for each event would be dear; whoever searches asks for more.
  if (query.text !== undefined) return kept
  if (Object.keys(query).some((name) => !KNOWN.has(name))) return null
  const wanted = params?.id === undefined ? query : { ...query, subscription_id: params.id }
  let pages = kept.pages
  for (const row of rows as readonly AnyRow[]) {
    // The filter may be a slug, the row has the id.
    if (wanted.source !== undefined && row.source !== null && row.source !== wanted.source) return null
    const is = (one: unknown) => nameOf(one as AnyRow) === nameOf(row)
    const there = pages.some(({ data }) => data.some(is))
    if (!fits(row, wanted)) {
      if (there) pages = pages.map((page) => ({ ...page, data: page.data.filter((one) => !is(one)) }))
    } else if (there)
      pages = pages.map((page) => ({ ...page, data: page.data.map((one) => (is(one) ? row : one)) }))
    else pages = placed(pages, row)
  }
  return (pages[0]?.data.length ?? 0) > PAGE_ROWS_MAX ? null : { ...kept, pages }
}

function fits(row: AnyRow, wanted: Readonly<Record<string, string | undefined>>): boolean {
  const { state, event_type, subscription_id, since, source } = wanted
  return (
    (state === undefined || row.state === state) &&
    (event_type === undefined || takes([event_type], row.event_type)) &&
    (subscription_id === undefined || row.subscription_id === subscription_id) &&
    (source === undefined || row.source === source) &&
    (since === undefined || atOf(row) >= since)
  )
}

function placed(pages: readonly KeptPage[], row: AnyRow): readonly KeptPage[] {
  for (const [at, page] of pages.entries()) {
    const index = page.data.findIndex((one) => atOf(one as AnyRow) <= atOf(row))
    if (index < 0 && (page.next_cursor !== null || at < pages.length - 1)) continue
    const data = page.data.toSpliced(index < 0 ? page.data.length : index, 0, row)
    return pages.with(at, { ...page, data })
  }
  // Further down than what was loaded.
  return pages
}

/** An instant as the API writes it: they sort as texts. */
function atOf(row: AnyRow): string {
  return row.created_at ?? row.received_at ?? ''
}

function nameOf(row: AnyRow): string {
  return row.id ?? `${row.source ?? ''}/${row.event_id}`
}
