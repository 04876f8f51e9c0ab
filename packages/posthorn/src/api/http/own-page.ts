/** Whether a request with a session comes from a page of this server: a browser sends the cookie with others' too. */
import type { IncomingMessage } from 'node:http'
import { PosthornError } from '../../domain/error.ts'
import { CONSOLE_HEADER } from '../contract/operations.ts'
import type { Origin } from './origin.ts'

const SAFE_METHODS: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * `SameSite=Strict` keeps the cookie from other sites, not from other hosts of the same one, and not in every browser.
 * So what changes something must carry a header that no form can send and no other origin may, and must say that it
 * comes from here: by `sec-fetch-site`, or where the browser has none (http to another machine) by `origin`.
 * @throws PosthornError csrf_refused
 */
export function checkOwnPage(request: IncomingMessage, origin: Origin): void {
  const { method, headers } = request
  const site = headers['sec-fetch-site']
  if (SAFE_METHODS.has(method)) {
    // `none`: somebody has typed the address.
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw refused(`came from a page elsewhere`)
    return
  }
  if (headers[CONSOLE_HEADER] === undefined) throw refused(`lacks the header ${CONSOLE_HEADER}`)
  if (site !== undefined && site !== 'same-origin') throw refused('came from a page elsewhere')
  if (site === undefined && !origin.isOwn(request, headers.origin))
    throw refused(
      headers.origin === undefined
        ? 'says neither by sec-fetch-site nor by origin which page it comes from'
        : 'came from a page with another origin',
    )
}

function refused(why: string): PosthornError {
  return new PosthornError(
    'csrf_refused',
    `The request ${why}. A session works from the pages of this server; programs send a key: \`authorization: Bearer KEY\`.`,
  )
}
