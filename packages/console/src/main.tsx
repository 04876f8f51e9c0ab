import { CSPProvider } from '@base-ui/react/csp-provider'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { lazyRouteComponent, RouterProvider } from '@tanstack/react-router'
import { PosthornApiError } from 'posthorn/client'
import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { currentTheme, showTheme } from './browser/theme.ts'
import { isAway } from './data/queries.ts'
import { Gate } from './pages/frame/gate.tsx'
import { PORTAL_PATH } from './parts/brand.ts'
import { Boundary } from './parts/broken.tsx'
import { Toasts } from './parts/toasts.tsx'
import { router } from './router.tsx'

const RETRIES = 2

const PortalApp = lazyRouteComponent(() => import('./portal-app.tsx'), 'PortalApp')

/** The same files, another page: for a tenant's own users, with a session of its own. */
const isPortal = location.pathname === PORTAL_PATH || location.pathname.startsWith(`${PORTAL_PATH}/`)

if (!isPortal) showTheme(currentTheme())

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 1000,
      // What the server refused it will refuse again.
      retry: (failures, error) =>
        failures < RETRIES && (!(error instanceof PosthornApiError) || isAway(error)),
    },
    // What was sent and answered may be a secret: it is gone with the dialog that shows it.
    mutations: { gcTime: 0 },
  },
})

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no element with the id root')

createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <Boundary>
        <QueryClientProvider client={queries}>
          {isPortal ? (
            <Suspense fallback={<div className="center muted">Loading …</div>}>
              <PortalApp />
            </Suspense>
          ) : (
            <Gate>
              <RouterProvider router={router} />
            </Gate>
          )}
          <Toasts />
        </QueryClientProvider>
      </Boundary>
    </CSPProvider>
  </StrictMode>,
)
