import type { PosthornClient } from 'posthorn/client'
import { createContext, use } from 'react'

export type Scope = 'admin' | 'tenant' | 'publish' | 'read'

export interface Session {
  readonly scope: Scope
  readonly client: PosthornClient
  /** The tenant that is worked on: its slug. */
  readonly tenant: string
  /** Takes another tenant; only an administrator has more than one. */
  readonly chooseTenant: (slug: string) => void
  readonly keyName: string
  readonly signOut: () => void
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

/** Whether buttons that change something are shown. The server decides for itself. */
export function useMayWrite(): boolean {
  const { scope } = useSession()
  return scope === 'admin' || scope === 'tenant'
}
