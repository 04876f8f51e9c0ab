/** The session: from an API key to a cookie that scripts cannot read, and back. */
import { PosthornApiError, type Result } from 'posthorn/client'
import { makeClient } from './client.ts'

export type SessionInfo = Result<'getCurrentSession'>

/** Not signed in, not allowed without a key, or too many wrong keys: the reader may still have one. */
const REFUSED: ReadonlySet<number> = new Set([400, 401, 403, 429])

const LOOPBACK = /^(?:localhost|127\.[\d.]+|\[::1\])$/

/** null: nobody is signed in. `posthorn dev` on this machine asks for no key. */
export async function currentSession(): Promise<SessionInfo | null> {
  const client = makeClient(null)
  const there = await orNull(client.call('getCurrentSession'))
  if (there !== null || !LOOPBACK.test(location.hostname)) return there
  return await orNull(client.call('createSession', { body: {} }))
}

/** null: it is refused, which is an answer. */
async function orNull(asked: Promise<SessionInfo>): Promise<SessionInfo | null> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof PosthornApiError && REFUSED.has(error.status)) return null
    throw error
  }
}

export async function signIn(key: string): Promise<SessionInfo> {
  return await makeClient(null).call('createSession', { body: { key } })
}

export async function signOut(): Promise<void> {
  await makeClient(null).call('deleteCurrentSession')
}
