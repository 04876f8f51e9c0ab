import { createContext, use } from 'react'
import type { PortalSession } from '../../data/portal.ts'

const PortalContext = createContext<PortalSession | null>(null)

export const PortalProvider = PortalContext.Provider

export function usePortalSession(): PortalSession {
  const session = use(PortalContext)
  if (session === null) throw new Error('usePortalSession stands outside of PortalProvider')
  return session
}
