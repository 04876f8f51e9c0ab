import { LIMITS } from '../../domain/limits.ts'
import { parseAddress } from './address.ts'
import type { AddressGuard, AddressRefusal } from './address-guard.ts'

/** A URL that passed: what a connection and a request line need. */
export interface HttpTarget {
  readonly secure: boolean
  /** `scheme://host[:port]`, canonical. */
  readonly origin: string
  /** A name, or an address without brackets. */
  readonly host: string
  readonly port: number
  /** Path and query, as they go on the wire. */
  readonly path: string
}

export interface UrlRules {
  readonly allowHttp: boolean
  readonly guard: AddressGuard
}

const LABEL_CHARS = 63
const HOST_CHARS = 253
/** scheme, two slashes, authority, the rest; each must be there as written: WHATWG would supply missing slashes. */
const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)([/?#].*)?$/i
const AUTHORITY = /^(\[[^\]]*\]|[^:[\]]*)(?::(.*))?$/
/** Names that never lead to the public internet: RFC 6762, RFC 8375, ICANN's .internal, and habit. */
const PRIVATE_SUFFIXES = ['local', 'internal', 'home.arpa', 'localdomain', 'lan', 'intranet', 'corp', 'home']

/** Everything that can be decided without the network. @returns the target, or why not, for the URL's owner */
export function checkUrl(url: string, rules: UrlRules): HttpTarget | string {
  if (url.length > LIMITS.urlChars) {
    return `The URL has ${url.length} characters; at most ${LIMITS.urlChars} are allowed.`
  }
  const badText = refuseText(url)
  if (badText) return badText
  const shape = SHAPE.exec(url)
  if (!shape) return 'The URL must be absolute, with a host: https://host/path.'
  const [, scheme = '', authority = '', rest = ''] = shape
  const badScheme = refuseScheme(scheme.toLowerCase(), rules.allowHttp)
  if (badScheme) return badScheme
  if (authority.includes('@')) {
    return 'The URL contains credentials before the "@": leave them out and use a custom header if the receiver needs one.'
  }
  if (rest.includes('#')) return 'The URL has a fragment ("#…"), which is never sent: leave it out.'
  const [, host = '', port] = AUTHORITY.exec(authority) ?? []
  if (host === '') return 'The URL has no host that can be read: write https://host/path.'
  const badHost = refusePort(port) ?? refuseHost(host.toLowerCase())
  if (badHost) return badHost
  if (!URL.canParse(url)) return 'The URL cannot be parsed: check the host and the port.'
  return judge(new URL(url), { host: host.toLowerCase(), rest }, rules)
}

/** WHATWG strips, folds or re-reads all of these without a word. */
function refuseText(url: string): string | null {
  for (const char of url) {
    if (char <= ' ' || char === '\x7f') {
      return 'The URL contains a space, a tab, a line break or another control character: percent-encode or remove it.'
    }
    if (char > '~') {
      return 'The URL contains characters outside ASCII: write the host in its "xn--" form and percent-encode the rest.'
    }
    if (char === '\\') return 'The URL contains a backslash: write "/", or %5C where a backslash is meant.'
  }
  return null
}

function refuseScheme(scheme: string, allowHttp: boolean): string | null {
  if (scheme === 'https' || (scheme === 'http' && allowHttp)) return null
  if (scheme === 'http') {
    return 'The URL must begin with https://; plain http is only possible where the operator started Posthorn with --allow-http.'
  }
  return 'The URL must begin with https://; other schemes are not called.'
}

function refusePort(port: string | undefined): string | null {
  if (port === undefined || (/^[1-9]\d{0,4}$/.test(port) && Number(port) <= 65_535)) return null
  return 'The port of the URL must be a plain number from 1 to 65535; leave out the ":" for the usual port.'
}

function refuseHost(host: string): string | null {
  if (host.startsWith('[')) return null
  if (host.length > HOST_CHARS)
    return `The host has ${host.length} characters; at most ${HOST_CHARS} can be resolved.`
  if (host.endsWith('.')) return 'The host ends with a dot: leave it out.'
  const labels = host.split('.')
  if (labels.includes('')) return 'The host has an empty part between two dots.'
  if (labels.some((label) => label.length > LABEL_CHARS)) {
    return `A part of the host has more than ${LABEL_CHARS} characters, which no name may have.`
  }
  if (!labels.every((label) => /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/.test(label))) {
    return 'The host may only have letters, digits, hyphens (inside) and dots.'
  }
  return null
}

function judge(url: URL, raw: { host: string; rest: string }, rules: UrlRules): HttpTarget | string {
  if (url.hostname !== raw.host) {
    // Also every decimal, octal, hex and short spelling of an IPv4 address: two readers may read two addresses.
    return `The host is not written in its plain form, which is "${url.hostname}".`
  }
  const path = url.pathname + url.search
  // A lone "?" disappears in WHATWG and nobody means anything by it.
  if (path !== (raw.rest.startsWith('/') ? raw.rest : `/${raw.rest}`)) {
    return `The path is not written in its plain form, which is "${path}".`
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const refused = parseAddress(host) ? refuseLiteral(host, rules.guard) : refuseName(host, rules.guard)
  if (refused) return refused
  const secure = url.protocol === 'https:'
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port)
  return { secure, origin: url.origin, host, port, path }
}

function refuseLiteral(host: string, guard: AddressGuard): string | null {
  const refusal = guard.refuse(host)
  return refusal && `The address of the URL is in ${explain(refusal)}`
}

function refuseName(host: string, guard: AddressGuard): string | null {
  if (isLocalhost(host)) {
    if (localhostAddresses(guard).length > 0) return null
    return 'The URL leads to the machine itself (localhost), which is not called; for development the operator starts Posthorn with --allow-network 127.0.0.0/8.'
  }
  if (host === 'onion' || host.endsWith('.onion')) return 'Names under .onion cannot be called (RFC 7686).'
  const suffix = PRIVATE_SUFFIXES.find((name) => host === name || host.endsWith(`.${name}`))
  if (suffix === undefined || guard.opensSome) return null
  return `Names under .${suffix} are private and are not called; the operator can open a private network with --allow-network CIDR.`
}

export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost')
}

/** RFC 6761: localhost is loopback and no resolver is asked. Of the two addresses, those that the operator opened. */
export function localhostAddresses(guard: AddressGuard): readonly string[] {
  return ['127.0.0.1', '::1'].filter((address) => guard.refuse(address) === null)
}

/** The end of a sentence: where the address lies, and what could be done about it. */
export function explain(refusal: AddressRefusal): string {
  const hint = refusal.network ? ` The operator can open it with --allow-network ${refusal.network}.` : ''
  return `${refusal.where}, which may not be called.${hint}`
}
