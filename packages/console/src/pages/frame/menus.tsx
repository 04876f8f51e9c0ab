import { lazyRouteComponent } from '@tanstack/react-router'
import { type ReactElement, Suspense, useState } from 'react'
import { chooseTheme, currentTheme, THEMES, type Theme } from '../../browser/theme.ts'
import { useMaySetUp, useSession } from '../../data/session.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'

const PortalDialog = lazyRouteComponent(() => import('../tenants/portal-dialog.tsx'), 'PortalDialog')

const NAMES: Readonly<Record<Theme, string>> = { system: 'As the system', light: 'Light', dark: 'Dark' }

export function ThemeMenu(): ReactElement {
  const [theme, setTheme] = useState(currentTheme)
  const choose = (next: Theme) => {
    chooseTheme(next)
    setTheme(next)
  }
  const entries = THEMES.map((one) => ({
    label: NAMES[one],
    act: () => choose(one),
    checked: one === theme,
  }))
  return (
    <Menu label={`Theme: ${NAMES[theme]}`} button={<Icon name="theme" />} entries={entries} heading="Theme" />
  )
}

export function AccountMenu(): ReactElement {
  const { keyName, scope, tenant, signOut } = useSession()
  const mayInvite = useMaySetUp()
  const [inviting, setInviting] = useState(false)
  const invite = { label: `Portal link for ${tenant}`, act: () => setInviting(true) }
  return (
    <>
      <Menu
        label="Session"
        button={<Icon name="user" />}
        heading={`Key “${keyName}”, scope ${scope}`}
        entries={[...(mayInvite ? [invite] : []), { label: 'Sign out', act: signOut }]}
      />
      <Suspense fallback={null}>
        {inviting && <PortalDialog tenant={tenant} onClose={() => setInviting(false)} />}
      </Suspense>
    </>
  )
}
