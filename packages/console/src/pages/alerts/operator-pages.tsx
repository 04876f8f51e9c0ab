/** Alerts and rules of all tenants, and the operator's own: for an admin key. */
import { type ReactElement, type ReactNode, useMemo } from 'react'
import { type Heard, makeClient } from '../../data/client.ts'
import { type Session, SessionProvider, useSession } from '../../data/session.tsx'
import { Note } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page.tsx'
import { AlertsPage } from './alerts-page.tsx'
import { AlertRulePage, NewAlertRulePage } from './rule-pages.tsx'
import { AlertRulesPage } from './rules-page.tsx'

function EveryTenant({ children }: { children: ReactNode }): ReactElement {
  const session = useSession()
  const value = useMemo(
    (): Session => ({
      ...session,
      client: makeClient(null),
      listening: (heard: Heard) => makeClient(null, heard),
      everyTenant: true,
    }),
    [session],
  )
  if (session.scope !== 'admin')
    return (
      <>
        <PageHead title="You may not see this" />
        <Note>This is for an administrator’s key.</Note>
      </>
    )
  return <SessionProvider value={value}>{children}</SessionProvider>
}

export function OperatorAlertsPage(): ReactElement {
  return (
    <EveryTenant>
      <AlertsPage />
    </EveryTenant>
  )
}

export function OperatorRulesPage(): ReactElement {
  return (
    <EveryTenant>
      <AlertRulesPage />
    </EveryTenant>
  )
}

export function NewOperatorRulePage(): ReactElement {
  return (
    <EveryTenant>
      <NewAlertRulePage />
    </EveryTenant>
  )
}

export function OperatorRulePage(): ReactElement {
  return (
    <EveryTenant>
      <AlertRulePage />
    </EveryTenant>
  )
}
