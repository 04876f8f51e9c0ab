/** The cookie that a browser has in place of a key. */
import { SESSION_COOKIE } from '../contract/operations.ts'

/** Browsers take such a cookie over https only, from no other host of the domain, and send it over https only. */
const SECURE_COOKIE = `__Host-${SESSION_COOKIE}`
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict'
/** What is longer is no cookie of ours; RFC 6265 lets a browser keep 4096. */
const HEADER_CHARS_MAX = 8192

export interface SessionCookie {
  readonly text: string
  /** Which of the two cookies it is. */
  readonly secure: boolean
}

/**
 * @param header `cookie` of a request
 * @param onlySecure the request came over https: what another host of the domain may have set does not count
 */
export function readSessionCookie(header: string | undefined, onlySecure: boolean): SessionCookie | null {
  if (header === undefined || header.length > HEADER_CHARS_MAX) return null
  const secure = cookieOf(header, SECURE_COOKIE)
  if (secure !== null) return { text: secure, secure: true }
  const plain = onlySecure ? null : cookieOf(header, SESSION_COOKIE)
  return plain === null ? null : { text: plain, secure: false }
}

/** Without an age: it goes with the browser, at the latest when the session ends here. */
export function sessionCookie({ text, secure }: SessionCookie): string {
  return secure
    ? `${SECURE_COOKIE}=${text}; ${ATTRIBUTES}; Secure`
    : `${SESSION_COOKIE}=${text}; ${ATTRIBUTES}`
}

export function endedCookie(secure: boolean): string {
  return `${sessionCookie({ text: '', secure })}; Max-Age=0`
}

/** The first of this name: browsers send the one of the longest path first, and ours are at `/`. */
function cookieOf(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || null
  }
  return null
}
