import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { type ReactElement, useEffect, useRef, useState } from 'react'
import { useNow } from '../../browser/clock.ts'
import { useLive } from '../../data/live.ts'
import { useAsk } from '../../data/queries.ts'
import { useSession } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { Note } from '../../parts/note.tsx'
import { spanText } from '../../text/time.ts'
import { excerpt } from '../../text/visible.ts'
import { useKeys } from '../frame/keys.ts'
import { LiveNote } from '../frame/live-note.tsx'
import { usePortalSession } from './portal-session.ts'

const LOOK_MS = 20_000
/** Time to save what one has begun. */
const WARN_MS = 300_000

interface PortalPlace {
  readonly to: '/subscriptions' | '/events' | '/deliveries' | '/dead-letters' | '/event-types'
  readonly label: string
  readonly icon: IconName
}

const PLACES: readonly PortalPlace[] = [
  { to: '/subscriptions', label: 'Subscriptions', icon: 'subscription' },
  { to: '/events', label: 'Events', icon: 'event' },
  { to: '/deliveries', label: 'Deliveries', icon: 'delivery' },
  { to: '/dead-letters', label: 'Dead letters', icon: 'dead' },
  { to: '/event-types', label: 'Event types', icon: 'type' },
]

/** No menu, no palette, no choice of tenant: it is a part of somebody else's page. */
export function PortalFrame(): ReactElement {
  const { signOut } = useSession()
  const main = useRef<HTMLElement>(null)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const before = useRef(path)
  useKeys(nothing)
  useLive('deliveries,events,changes')
  useEffect(() => {
    if (before.current !== path) main.current?.focus({ preventScroll: true })
    before.current = path
  }, [path])
  // Also on a page that asks for nothing else: its end is told when it comes.
  useAsk('getCurrentSession', {}, { every: LOOK_MS })
  return (
    <div className="portal">
      <header className="portal-top">
        <Brand />
        <nav className="portal-nav" aria-label="Pages">
          {PLACES.map(({ to, label, icon }) => (
            <Link key={to} to={to}>
              <Icon name={icon} />
              {label}
            </Link>
          ))}
        </nav>
        <Button size="small" look="quiet" onClick={signOut}>
          Leave
        </Button>
        <LiveNote />
      </header>
      <main className="main" ref={main} tabIndex={-1}>
        <Ending />
        <Outlet />
      </main>
    </div>
  )
}

function nothing(): void {}

function Brand(): ReactElement {
  const { tenant, portal } = usePortalSession()
  const [broken, setBroken] = useState(false)
  const name = excerpt(tenant.name || tenant.slug, 60)
  const { logo_url } = portal.theme
  return (
    <Link to="/" className="brand">
      {logo_url === null || broken ? (
        <span className="foreign">{name}</span>
      ) : (
        <img src={logo_url} alt={name} referrerPolicy="no-referrer" onError={() => setBroken(true)} />
      )}
    </Link>
  )
}

function Ending(): ReactElement | null {
  const { expiresAt } = usePortalSession()
  const left = Date.parse(expiresAt) - useNow()
  if (left > WARN_MS) return null
  return (
    <Note
      tone="warn"
      title={`This page closes in ${spanText(Math.max(0, Math.ceil(left / 60_000)) * 60_000)}.`}
    >
      Save what you have begun. To go on, open it again from where you found it.
    </Note>
  )
}
