type Header = readonly [name: string, value: string]

/** RFC 9110 §7.6.1 and older relatives: for one connection only. */
const HOP_BY_HOP = [
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'http2-settings'],
]
/** What whoever sends it on says anew, and what proxies on the way to here have said of that way. */
const OWN = [
  ...['host', 'content-length', 'accept-encoding', 'expect', 'traceparent', 'tracestate'],
  ...['via', 'forwarded', 'x-real-ip'],
]
const DROPPED: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...OWN])
const DROPPED_PREFIXES = ['posthorn-', 'x-forwarded-']

/**
 * The headers with which an inbound request is sent on: as they came, in their order, without those of its connection
 * and of its way to here. Each name once, as the transport wants it: values of a repeated one are joined (RFC 9110 §5.3).
 * @param received names in lower case
 */
export function forwardedHeaders(received: readonly Header[]): Header[] {
  const named = new Set(received.flatMap(([name, value]) => (name === 'connection' ? listed(value) : [])))
  const joined = new Map<string, string>()
  for (const [name, value] of received) {
    if (isDropped(name) || named.has(name)) continue
    const before = joined.get(name)
    joined.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`)
  }
  return [...joined]
}

function isDropped(name: string): boolean {
  return DROPPED.has(name) || DROPPED_PREFIXES.some((prefix) => name.startsWith(prefix))
}

/** Names that a `Connection` header declares to be its own. */
function listed(value: string): string[] {
  return value.split(',').map((name) => name.trim().toLowerCase())
}
