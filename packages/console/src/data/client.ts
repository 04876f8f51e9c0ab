/** The one client of the page. Its cookie is the session; the tenant is chosen by an administrator. */
import { createClient, type PosthornClient } from 'posthorn/client'
import { isAway } from '../browser/activity.ts'

/** Tells the server that this page asks, not a form of another site. */
const CONSOLE_HEADER = 'posthorn-console'

/** @param usual while somebody is there, and `background` while a page that is left alone asks by itself */
function sender(usual: string, background: string): typeof fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set(CONSOLE_HEADER, isAway() ? background : usual)
    return fetch(input, { ...init, headers, credentials: 'same-origin' })
  }
}

const send = sender('1', 'background')
/** By another cookie than the console's, which may be signed in in the same browser. */
const sendInPortal = sender('portal', 'portal-background')

/** Is told of each answer before anybody has read it. */
export type Heard = (response: Response) => void | Promise<void>

function listened(fetch: typeof globalThis.fetch, heard: Heard | undefined): typeof globalThis.fetch {
  if (heard === undefined) return fetch
  return async (input, init) => {
    const response = await fetch(input, init)
    await heard(response)
    return response
  }
}

export function makeClient(tenant: string | null, heard?: Heard): PosthornClient {
  const fetch = listened(send, heard)
  return createClient({ baseUrl: location.origin, tenant: tenant ?? undefined, fetch })
}

/** Its cookie names its tenant. */
export function makePortalClient(heard?: Heard): PosthornClient {
  return createClient({ baseUrl: location.origin, fetch: listened(sendInPortal, heard) })
}
