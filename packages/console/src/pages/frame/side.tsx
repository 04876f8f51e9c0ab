import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useSession } from '../../data/session.tsx'
import { ICON_URL } from '../../parts/brand.ts'
import { Icon } from '../../parts/icon.tsx'
import { OpenAlerts } from '../alerts/open-alerts.tsx'
import { groupsFor } from './places.ts'

export function Side({ open }: { open: boolean }): ReactElement {
  const { scope } = useSession()
  return (
    <aside className="side" data-open={open} aria-label="Menu">
      <Link to="/" className="brand">
        <img src={ICON_URL} alt="" />
        Posthorn
      </Link>
      <nav className="nav" aria-label="Pages">
        {groupsFor(scope).map(({ name, places }) => [
          name !== '' && (
            <div className="nav-group" key={name}>
              {name}
            </div>
          ),
          ...places.map(({ to, label, icon: name }) => (
            <Link key={to} to={to} activeOptions={{ exact: to === '/' }}>
              <Icon name={name} />
              {label}
              {to === '/alerts' && <OpenAlerts />}
            </Link>
          )),
        ])}
      </nav>
    </aside>
  )
}
