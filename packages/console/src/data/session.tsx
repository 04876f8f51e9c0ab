import type { PosthornClient } from 'posthorn/client'
import { createContext, use } from 'react'
import type { Heard } from './client.ts'

export type Scope = 'admin' | 'tenant' | 'publish' | 'read'

export interface Session {
  readonly scope: Scope
  readonly client: PosthornClient
  /** The same, told of each answer. */
  readonly listening: (heard: Heard) => PosthornClient
  /** The tenant that is worked on: its slug. */
  readonly tenant: string
  /** Takes another tenant; only an administrator has more than one. */
  readonly chooseTenant: (slug: string) => void
  readonly keyName: string
  readonly signOut: () => void
  /** The portal: a tenant's own users, who see and may less than its keys. */
  readonly portal: boolean
  /** An administrator's look at all tenants together: what is asked for names none. */
  readonly everyTenant: boolean
}

const SessionContext = createContext<Session | null>(null)

export const SessionProvider = SessionContext.Provider

export function useSession(): Session {
  const session = use(SessionContext)
  if (session === null) throw new Error('useSession stands outside of SessionProvider')
  return session
}

export function useClient(): PosthornClient {
  return useSession().client
}

/**
 * Whether buttons that change subscriptions and deliveries are shown, in the portal too. The server decides for itself.
 */
export function useMayWrite(): boolean {
  const { scope } = useSession()
  return scope === 'admin' || scope === 'tenant'
}

/** Whether buttons are shown that nobody has in the portal: to publish, event types, sources, alert rules. */
export function useMaySetUp(): boolean {
  const { portal } = useSession()
  return useMayWrite() && !portal
}
