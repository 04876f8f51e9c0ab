import type { IncomingMessage } from 'node:http'

const LOOPBACK_ADDRESS = /^(?:127\.|::1$|::ffff:127\.)/
const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i
/** A proxy on this machine would make strangers look like neighbours. */
const PROXY_HEADERS: ReadonlySet<string> = new Set([
  ...['forwarded', 'x-real-ip', 'via', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip', 'cf-ray'],
  ...['x-original-host', 'x-envoy-external-address', 'fly-client-ip'],
])

/**
 * Whether a request comes from this machine, not through a proxy, and by a name of this machine: a web page that has
 * its own name resolve to 127.0.0.1 makes a browser send its name as `host`.
 */
export function isDirectLoopback(request: IncomingMessage): boolean {
  return (
    LOOPBACK_ADDRESS.test(request.socket.remoteAddress ?? '') &&
    LOOPBACK_HOST.test(request.headers.host ?? '') &&
    !Object.keys(request.headers).some((name) => PROXY_HEADERS.has(name) || name.startsWith('x-forwarded-'))
  )
}

/**
 * Whether it is also a browser of this machine, so far as can be told: a proxy that says nothing of itself speaks HTTP/1.0
 * (as nginx does unless told otherwise), or passes on the origin of the page it serves.
 */
export function isBrowserHere(request: IncomingMessage): boolean {
  const { origin } = request.headers
  const named = origin === undefined ? null : URL.parse(origin)
  return (
    isDirectLoopback(request) &&
    request.httpVersion === '1.1' &&
    (origin === undefined || (named?.protocol === 'http:' && LOOPBACK_HOST.test(named.host)))
  )
}
