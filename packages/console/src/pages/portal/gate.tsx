/** Decides between the portal and a word on why it is shut. */
import { useQueryClient } from '@tanstack/react-query'
import type { PosthornApiError } from 'posthorn/client'
import { type ReactElement, type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import { wearTheme } from '../../browser/theme.ts'
import { makePortalClient } from '../../data/client.ts'
import { useEndOfSession } from '../../data/end-of-session.ts'
import { currentPortalSession, leavePortal, type PortalSession } from '../../data/portal.ts'
import { type Session, SessionProvider } from '../../data/session.tsx'
import { Problem } from '../../parts/note.tsx'
import { Owner } from '../../parts/page.tsx'
import { accentTokens } from '../../text/colour.ts'
import { excerpt } from '../../text/visible.ts'
import { PortalProvider } from './portal-session.ts'
import { Shut, type ShutReason } from './shut.tsx'

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'failed'; readonly error: PosthornApiError }
  | { readonly kind: 'shut'; readonly reason: ShutReason }
  | { readonly kind: 'in'; readonly session: PortalSession }

export function PortalGate({ children }: { children: ReactNode }): ReactElement {
  const [state, setState] = useState<State>({ kind: 'asking' })
  const queries = useQueryClient()
  const enter = useCallback(async () => {
    try {
      const session = await currentPortalSession()
      if (session === null) return setState({ kind: 'shut', reason: 'nobody' })
      const { mode, accent } = session.portal.theme
      wearTheme(mode === 'auto' ? 'system' : mode, accent === null ? {} : accentTokens(accent))
      setState({ kind: 'in', session })
    } catch (thrown) {
      setState({ kind: 'failed', error: thrown as PosthornApiError })
    }
  }, [])
  useEffect(() => {
    void enter()
  }, [enter])
  const shut = useCallback(
    (reason: ShutReason) => {
      queries.clear()
      setState({ kind: 'shut', reason })
    },
    [queries],
  )
  useEndOfSession(() => shut('ended'), state.kind === 'in')
  if (state.kind === 'asking') return <div className="center muted">Loading …</div>
  if (state.kind === 'shut') return <Shut reason={state.reason} />
  if (state.kind === 'failed')
    return (
      <main className="center">
        <Problem error={state.error} retry={() => void enter()} />
      </main>
    )
  const left = () => shut('left')
  return (
    <Inside session={state.session} signOut={() => void leavePortal().then(left, left)}>
      {children}
    </Inside>
  )
}

interface InsideProps extends Pick<Session, 'signOut'> {
  readonly session: PortalSession
  readonly children: ReactNode
}

function Inside({ session, signOut, children }: InsideProps): ReactElement {
  const client = useMemo(() => makePortalClient(), [])
  const { tenant, scope, portal } = session
  const value: Session = {
    ...{ scope, client, listening: makePortalClient, signOut, portal: true, everyTenant: false },
    tenant: tenant.slug,
    // There is no other.
    chooseTenant: () => {},
    keyName: portal.user ?? tenant.name,
  }
  return (
    <SessionProvider value={value}>
      <PortalProvider value={session}>
        <Owner value={excerpt(tenant.name || tenant.slug, 60)}>{children}</Owner>
      </PortalProvider>
    </SessionProvider>
  )
}
