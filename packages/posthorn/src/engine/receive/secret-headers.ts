import type { Provider } from '@posthorn/receiver/providers'
import type { InboundRequest } from '../../domain/inbound-request.ts'
import { tokenHeader } from '../directory/token-headers.ts'
import type { HeaderList } from './headers.ts'

/** What browsers and proxies put their secrets in. */
const SECRET: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])
const CLEARED = '[not kept]'
const MASKED = '[hidden]'

/**
 * Headers of a request that was not taken, as they may be stored: a stranger's credentials are none of our business. What
 * the source's own scheme reads stays, or else nobody could find out why it does not fit.
 */
export function clearedHeaders(headers: HeaderList, { scheme }: Provider): HeaderList {
  const own = scheme.header.toLowerCase()
  return replaced(headers, (name) => SECRET.has(name) && name !== own, CLEARED)
}

/** The verify token that Meta sends in its question. */
export function clearedUrl(url: string): string {
  return url.replace(/([?&]hub\.verify_token=)[^&#]*/gi, `$1${encodeURIComponent(CLEARED)}`)
}

/**
 * A stored request as it may be shown: it is kept as it came, but for reading there is no need for credentials, nor for
 * the header that carries the source's secret itself.
 */
export function shown(request: InboundRequest, provider: Provider): InboundRequest {
  const token = tokenHeader(provider)
  const headers = replaced(request.headers, (name) => SECRET.has(name) || name === token, MASKED)
  return { ...request, headers }
}

function replaced(headers: HeaderList, isSecret: (name: string) => boolean, by: string): HeaderList {
  return headers.map((header) => (isSecret(header[0]) ? [header[0], by] : header))
}
