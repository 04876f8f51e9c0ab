import { RouterProvider } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { PortalGate } from './pages/portal/gate.tsx'
import { portalRouter } from './portal-router.tsx'

/** What a tenant's own users see. */
export function PortalApp(): ReactElement {
  return (
    <PortalGate>
      <RouterProvider router={portalRouter} />
    </PortalGate>
  )
}
