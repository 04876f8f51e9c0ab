/** The one client of the page. Its cookie is the session; the tenant is chosen by an administrator. */
import { createClient, type PosthornClient } from 'posthorn/client'
import { isAway } from '../browser/activity.ts'

/** Tells the server that this page asks, not a form of another site. */
const CONSOLE_HEADER = 'posthorn-console'

const send: typeof fetch = (input, init) => {
  const headers = new Headers(init?.headers)
  headers.set(CONSOLE_HEADER, isAway() ? 'background' : '1')
  return fetch(input, { ...init, headers, credentials: 'same-origin' })
}

export function makeClient(tenant: string | null): PosthornClient {
  return createClient({ baseUrl: location.origin, tenant: tenant ?? undefined, fetch: send })
}
