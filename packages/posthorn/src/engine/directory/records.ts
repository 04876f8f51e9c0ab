import { readNumberCursor, writeCursor } from '../../domain/cursor.ts'
import { PosthornError } from '../../domain/error.ts'
import type { TenantId } from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { RecordStore, Versioned } from '../../ports/store.ts'
import type { Page, PageRequest } from '../use-cases.ts'

/** Somebody else was faster this many times in a row: the caller is told. */
const TRIES = 3

/** @param list names the list in its cursors @throws PosthornError `cursor_invalid`, `invalid_request` */
export async function recordPage<T>(
  records: RecordStore<T>,
  list: string,
  tenantId: TenantId | null,
  page: PageRequest,
): Promise<Page<T>> {
  checkLimit(page.limit)
  const scope = { list, filter: { tenantId } }
  const before = readNumberCursor(scope, page.cursor)
  // One more than asked for tells whether there is a next page.
  const found = await records.list({ tenantId, before, limit: page.limit + 1 })
  const items = found.slice(0, page.limit)
  const last = items.at(-1)
  const next = found.length > page.limit && last ? writeCursor(scope, last.cursor) : null
  return { items: items.map(({ record }) => record), next }
}

/** @throws PosthornError `invalid_request` unless it is a whole number from 1 to 250 */
export function checkLimit(limit: number): void {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= LIMITS.pageMax) return
  throw new PosthornError('invalid_request', `"limit" must be a whole number from 1 to ${LIMITS.pageMax}.`, {
    flaws: [{ path: 'query/limit', message: `must be a whole number from 1 to ${LIMITS.pageMax}` }],
  })
}

/** All records, page by page, newest first. @param limit of a page */
export async function* everyRecord<T>(
  records: RecordStore<T>,
  tenantId: TenantId | null,
  limit: number = LIMITS.pageMax,
): AsyncGenerator<T, void, undefined> {
  let before: number | null = null
  for (;;) {
    const page: Array<Versioned<T> & { readonly cursor: number }> = await records.list({
      tenantId,
      before,
      limit,
    })
    for (const { record } of page) yield record
    const last = page.at(-1)
    if (!last || page.length < limit) return
    before = last.cursor
  }
}

/**
 * Reads, decides and writes, again when somebody else has written meanwhile. A decision that gives back the record
 * itself writes nothing.
 * @throws PosthornError `changed_meanwhile`, and what `read` and `decide` throw
 */
export async function changeRecord<T>(
  records: RecordStore<T>,
  read: () => Promise<Versioned<T>>,
  decide: (record: T) => T | Promise<T>,
): Promise<T> {
  for (let left = TRIES; left > 0; left -= 1) {
    const { record, version } = await read()
    const changed = await decide(record)
    if (changed === record || (await records.update(changed, version))) return changed
  }
  throw new PosthornError(
    'changed_meanwhile',
    `It was changed by somebody else ${TRIES} times while this change was made. Read it again and repeat the change.`,
  )
}
