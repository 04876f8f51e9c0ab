import { lazyRouteComponent, Outlet, useRouterState } from '@tanstack/react-router'
import { type ReactElement, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { useLive } from '../../data/live.ts'
import { Button } from '../../parts/button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { useKeys } from './keys.ts'
import { LiveNote } from './live-note.tsx'
import { AccountMenu, ThemeMenu } from './menus.tsx'
import { Side } from './side.tsx'
import { TenantSwitch } from './tenant-switch.tsx'

/** Not waited for; it is there when somebody has read so much that they want to go elsewhere. */
const Palette = lazyRouteComponent(() => import('./palette.tsx'), 'Palette')

export function Frame(): ReactElement {
  const [sideOpen, setSideOpen] = useState(false)
  const [paletteOpen, setPaletteOpen] = useState(false)
  const main = useRef<HTMLElement>(null)
  const openPalette = useCallback(() => setPaletteOpen(true), [])
  useKeys(openPalette)
  const path = useRouterState({ select: (state) => state.location.pathname })
  const before = useRef(path)
  useEffect(() => {
    setSideOpen(false)
    // Whoever reads with a screen reader is taken to the new page, not left in the navigation.
    if (before.current !== path) main.current?.focus({ preventScroll: true })
    before.current = path
  }, [path])
  // The overview costs the server a count, so it is told to those who look at it.
  useLive(path === '/' ? 'deliveries,events,overview,changes' : 'deliveries,events,changes')
  return (
    <div className="frame">
      <Side open={sideOpen} />
      {sideOpen && (
        <button
          type="button"
          className="side-shade"
          aria-label="Close the menu"
          onClick={() => setSideOpen(false)}
        />
      )}
      <div>
        <header className="top">
          <span className="only-narrow">
            <Button
              icon="menu"
              aria-label="Menu"
              aria-expanded={sideOpen}
              onClick={() => setSideOpen(true)}
            />
          </span>
          <button type="button" className="search-open" onClick={openPalette}>
            <Icon name="search" />
            <span className="cut">Search and commands</span>
            <kbd>Ctrl K</kbd>
          </button>
          <div className="top-end">
            <TenantSwitch />
            <ThemeMenu />
            <AccountMenu />
          </div>
        </header>
        <LiveNote />
        <main className="main" ref={main} tabIndex={-1}>
          <Outlet />
        </main>
      </div>
      <Suspense fallback={null}>
        <Palette open={paletteOpen} onClose={() => setPaletteOpen(false)} />
      </Suspense>
    </div>
  )
}
