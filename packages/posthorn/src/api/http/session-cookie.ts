/** The cookies that a browser has in place of a key: one of the console, one of the portal. */
import { API_BASE, PORTAL_COOKIE, SESSION_COOKIE } from '../contract/operations.ts'

/** Browsers take such a cookie over https only, from no other host of the domain, and send it over https only. */
const SECURE_COOKIE = `__Host-${SESSION_COOKIE}`
const ATTRIBUTES = 'Path=/; HttpOnly; SameSite=Strict'
const SECURE_PORTAL_COOKIE = `__Host-${PORTAL_COOKIE}`
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
export function readSessionCookie(
  header: string | undefined,
  onlySecure: boolean,
  portal = false,
): SessionCookie | null {
  if (header === undefined || header.length > HEADER_CHARS_MAX) return null
  const secure = cookieOf(header, portal ? SECURE_PORTAL_COOKIE : SECURE_COOKIE)
  if (secure !== null) return { text: secure, secure: true }
  const plain = onlySecure ? null : cookieOf(header, portal ? PORTAL_COOKIE : SESSION_COOKIE)
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

/**
 * Over https it works in a frame of another site, and only in frames of that one site. Browsers allow that over https
 * alone: over plain http the portal works in a tab, and in a frame of a page of the same site (another port of localhost).
 * @param prefix path under which the world reaches this server
 */
export function portalCookie({ text, secure }: SessionCookie, prefix: string): string {
  return secure
    ? `${SECURE_PORTAL_COOKIE}=${text}; Path=/; HttpOnly; SameSite=None; Secure; Partitioned`
    : `${PORTAL_COOKIE}=${text}; Path=${prefix}${API_BASE}; HttpOnly; SameSite=Strict`
}

export function endedPortalCookie(secure: boolean, prefix: string): string {
  return `${portalCookie({ text: '', secure }, prefix)}; Max-Age=0`
}

/** The first of this name: browsers send the one of the longest path first. */
function cookieOf(header: string, name: string): string | null {
  for (const pair of header.split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim() || null
  }
  return null
}
