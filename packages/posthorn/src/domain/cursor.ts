import { PosthornError } from './error.ts'

/** What a cursor belongs to: a list, and the filter under which its page was made. The limit may change on the way. */
export interface CursorScope {
  /** Such as `events`. */
  readonly list: string
  /** Tenant included. Keys that are undefined count as missing. */
  readonly filter: Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>
}

const LAYOUT = /^1:([0-9a-f]{16}):([\x21-\x7e]{1,300})$/

/**
 * Opaque text for the place where the next page begins: base64url of `1:CHECKSUM:POSITION`. The checksum finds typing
 * errors and cursors of another list or filter; it keeps nothing secret and guards nothing: the queries carry the tenant.
 */
export function writeCursor(scope: CursorScope, position: string | number): string {
  return toBase64Url(`1:${checksum(scope, String(position))}:${position}`)
}

/** @throws PosthornError `cursor_invalid` */
export function readCursor(scope: CursorScope, cursor: string): string {
  const position = LAYOUT.exec(fromBase64Url(cursor) ?? '')?.[2]
  // Written anew and compared: there is exactly one text for each place.
  if (position === undefined || writeCursor(scope, position) !== cursor)
    throw new PosthornError(
      'cursor_invalid',
      'The cursor does not belong to this list with this filter, or was changed. Begin again without one.',
      { flaws: [{ path: 'query/cursor', message: 'is not a cursor of this list' }] },
    )
  return position
}

/** A cursor whose position is a whole number from 0; null for null. @throws PosthornError `cursor_invalid` */
export function readNumberCursor(scope: CursorScope, cursor: string | null): number | null {
  if (cursor === null) return null
  const position = readCursor(scope, cursor)
  const number = Number(position)
  if (!/^\d{1,16}$/.test(position) || !Number.isSafeInteger(number))
    throw new PosthornError(
      'cursor_invalid',
      'The cursor names no place in this list. Begin again without one.',
    )
  return number
}

function checksum(scope: CursorScope, position: string): string {
  const filter = Object.entries(scope.filter)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([scope.list, filter, position])
  return fnv1a(text, 0x811c9dc5) + fnv1a(`${text}~`, 0x050c5d1f)
}

/** FNV-1a, 32 bits, over UTF-16 units. */
function fnv1a(text: string, basis: number): string {
  let hash = basis
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0
  return hash.toString(16).padStart(8, '0')
}

function toBase64Url(text: string): string {
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

function fromBase64Url(text: string): string | null {
  if (!/^[A-Za-z0-9_-]+$/.test(text)) return null
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return null
  }
}
