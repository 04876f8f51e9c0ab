/** Decides between the page to sign in and the console. */
import { useQueryClient } from '@tanstack/react-query'
import type { PosthornApiError } from 'posthorn/client'
import { type ReactElement, type ReactNode, useCallback, useEffect, useMemo, useState } from 'react'
import { type Heard, makeClient } from '../../data/client.ts'
import { useEndOfSession } from '../../data/end-of-session.ts'
import { type Session, SessionProvider } from '../../data/session.tsx'
import { currentSession, type SessionInfo, signOut } from '../../data/sign-in.ts'
import { firstTenant, keepTenant } from '../../data/tenants.ts'
import { Problem } from '../../parts/note.tsx'
import { SignIn } from './sign-in.tsx'

const ENDED = 'Your session has ended. Sign in again.'
const PUBLISH_ONLY =
  'This key may only publish events, and there is no page for that. Sign in with another one.'

type State =
  | { readonly kind: 'asking' }
  | { readonly kind: 'failed'; readonly error: PosthornApiError }
  | { readonly kind: 'out'; readonly why: string | null }
  | { readonly kind: 'in'; readonly session: SessionInfo; readonly tenant: string }

export function Gate({ children }: { children: ReactNode }): ReactElement {
  const [state, setState] = useState<State>({ kind: 'asking' })
  const queries = useQueryClient()
  const enter = useCallback(async (ask: () => Promise<SessionInfo | null>) => {
    try {
      const session = await ask()
      if (session === null) return setState({ kind: 'out', why: null })
      if (session.scope === 'publish') {
        await signOut()
        return setState({ kind: 'out', why: PUBLISH_ONLY })
      }
      setState({ kind: 'in', session, tenant: await firstTenant(session) })
    } catch (thrown) {
      setState({ kind: 'failed', error: thrown as PosthornApiError })
    }
  }, [])
  useEffect(() => {
    void enter(currentSession)
  }, [enter])
  const leave = useCallback(
    (why: string | null) => {
      queries.clear()
      setState({ kind: 'out', why })
    },
    [queries],
  )
  useEndOfSession(() => leave(ENDED), state.kind === 'in')
  const chooseTenant = useCallback(
    (tenant: string) => {
      keepTenant(tenant)
      queries.clear()
      setState((old) => (old.kind === 'in' ? { ...old, tenant } : old))
    },
    [queries],
  )
  if (state.kind === 'asking') return <div className="center muted">Posthorn …</div>
  if (state.kind === 'out')
    return <SignIn why={state.why} onSignedIn={(session) => void enter(async () => session)} />
  if (state.kind === 'failed')
    return (
      <main className="center">
        <Problem error={state.error} retry={() => void enter(currentSession)} />
      </main>
    )
  const { session, tenant } = state
  const out = () =>
    void signOut().then(
      () => leave(null),
      () => leave(null),
    )
  return (
    <Signed {...{ session, tenant, chooseTenant }} signOut={out}>
      {children}
    </Signed>
  )
}

interface SignedProps extends Pick<Session, 'chooseTenant' | 'signOut' | 'tenant'> {
  readonly session: SessionInfo
  readonly children: ReactNode
}

function Signed({ session, tenant, chooseTenant, signOut, children }: SignedProps): ReactElement {
  const { scope, key } = session
  const clients = useMemo(() => {
    const chosen = scope === 'admin' ? tenant : null
    return { client: makeClient(chosen), listening: (heard: Heard) => makeClient(chosen, heard) }
  }, [scope, tenant])
  const value: Session = {
    scope,
    ...clients,
    tenant,
    chooseTenant,
    signOut,
    keyName: key.name,
    portal: false,
    everyTenant: false,
  }
  return (
    // The tenant is the key: nothing of one tenant stays on the page of another.
    <SessionProvider value={value} key={tenant}>
      {children}
    </SessionProvider>
  )
}
