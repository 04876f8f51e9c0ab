import { collectHeaders } from '../verify/headers.ts'
import type { VerifyRequest } from '../verify/result.ts'
import type { Guess } from './guess.ts'

const HOST_HEADERS = ['x-forwarded-host', 'x-original-host', 'host']
const PATH_HEADERS = ['x-forwarded-prefix', 'x-original-uri', 'x-forwarded-uri', 'x-original-url']
const HOST = /^[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?$/

/**
 * What the sender may have called, seen from behind a proxy. Headers that a proxy may have written are read, and
 * believed as little as everything else here: only the signature decides.
 */
export function* urlGuesses(request: VerifyRequest): Generator<Guess> {
  const { url: given } = request
  if (typeof given !== 'string') return
  const headers = collectHeaders(request.headers, new Set([...HOST_HEADERS, ...PATH_HEADERS]))
  const told = (names: readonly string[]) => names.flatMap((name) => headers?.get(name)?.slice(0, 1) ?? [])
  const url = parsed(given) ?? parsed(`https://${told(HOST_HEADERS)[0] ?? 'unknown.invalid'}${given}`)
  if (!url) return
  const written = (change: Partial<Parts>): string => write({ ...partsOf(url), ...change })
  const other = url.protocol === 'https:' ? 'http:' : 'https:'
  const hosts = [...new Set([...told(HOST_HEADERS).filter((host) => HOST.test(host)), url.host])]
  for (const host of hosts)
    for (const protocol of [url.protocol, other]) {
      const cause = host !== url.host ? 'url_host' : protocol !== url.protocol ? 'url_scheme' : 'url_host'
      const text = written({ protocol, host })
      if (text !== given) yield guess(cause, text)
    }
  yield* portGuesses(url, written)
  const { pathname, search } = url
  const turned = pathname.endsWith('/') ? pathname.slice(0, -1) : `${pathname}/`
  yield guess('url_trailing_slash', written({ path: turned }))
  if (search !== '') yield guess('url_query', written({ search: '' }))
  yield* pathGuesses(pathname, told(PATH_HEADERS), written)
}

function* portGuesses(url: URL, written: (change: Partial<Parts>) => string): Generator<Guess> {
  const ports = ['443', '80', '8080', '8443', '3000']
  if (url.port !== '') yield guess('url_port', written({ host: url.hostname }))
  for (const port of ports)
    if (port !== url.port) yield guess('url_port', written({ host: `${url.hostname}:${port}` }))
}

function* pathGuesses(
  pathname: string,
  told: readonly string[],
  written: (change: Partial<Parts>) => string,
): Generator<Guess> {
  const segments = pathname.split('/').slice(1)
  for (let cut = 1; cut < Math.min(segments.length, 5); cut++)
    yield guess('url_path', written({ path: `/${segments.slice(cut).join('/')}` }))
  for (const path of [...told, '/api', '/webhooks', '/v1']
    .filter((path) => path.startsWith('/'))
    .slice(0, 8)) {
    const bare = path.split('?')[0]?.replace(/\/$/, '') ?? ''
    yield guess('url_path', written({ path: bare + pathname }))
    yield guess('url_path', written({ path: bare }))
  }
}

interface Parts {
  readonly protocol: string
  readonly host: string
  readonly path: string
  readonly search: string
}

function partsOf({ protocol, host, pathname: path, search }: URL): Parts {
  return { protocol, host, path, search }
}

/** By hand: a URL object would drop the standard port. */
function write({ protocol, host, path, search }: Parts): string {
  return `${protocol}//${host}${path}${search}`
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}

function guess(cause: Guess['cause'], url: string): Guess {
  const shown = JSON.stringify(url.length > 200 ? `${url.slice(0, 200)}…` : url)
  return { cause, detail: `The signature fits the URL ${shown}.`, change: { request: { url } } }
}
