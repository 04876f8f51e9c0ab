/** The pages of the portal: those of the console that a tenant's own users have. */
import { createRootRoute, createRoute, createRouter, Link, redirect } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { texts } from './data/search.ts'
import {
  DeadLettersPage,
  DeliveriesPage,
  DeliveryPage,
  EditSubscriptionPage,
  EventPage,
  EventsPage,
  EventTypePage,
  EventTypesPage,
  NewSubscriptionPage,
  SubscriptionPage,
  SubscriptionsPage,
} from './late-pages.ts'
import { PortalFrame } from './pages/portal/frame.tsx'
import { PORTAL_PATH } from './parts/brand.ts'
import { Broken } from './parts/broken.tsx'
import { Empty } from './parts/empty.tsx'
import { PageHead } from './parts/page.tsx'
import { parseSearch, stringifySearch } from './text/search.ts'

function NoSuchPage(): ReactElement {
  return (
    <>
      <PageHead title="There is no such page" />
      <Empty title="The address leads nowhere" action={<Link to="/">To the first page</Link>}>
        It does not exist, or not here.
      </Empty>
    </>
  )
}

const root = createRootRoute({ component: PortalFrame, notFoundComponent: NoSuchPage })
const under = { getParentRoute: () => root }

const home = createRoute({
  ...under,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/subscriptions' })
  },
})

const tree = root.addChildren([
  home,
  createRoute({ ...under, path: '/subscriptions', component: SubscriptionsPage }),
  createRoute({ ...under, path: '/subscriptions/new', component: NewSubscriptionPage }),
  createRoute({
    ...under,
    path: '/subscriptions/$id',
    component: SubscriptionPage,
    validateSearch: texts('state', 'event_type', 'span'),
  }),
  createRoute({ ...under, path: '/subscriptions/$id/edit', component: EditSubscriptionPage }),
  createRoute({
    ...under,
    path: '/events',
    component: EventsPage,
    validateSearch: texts('event_type', 'source', 'span', 'text', 'until'),
  }),
  createRoute({ ...under, path: '/events/$id', component: EventPage, validateSearch: texts('source') }),
  createRoute({
    ...under,
    path: '/deliveries',
    component: DeliveriesPage,
    validateSearch: texts('state', 'event_type', 'subscription_id', 'span'),
  }),
  createRoute({ ...under, path: '/deliveries/$id', component: DeliveryPage }),
  createRoute({ ...under, path: '/dead-letters', component: DeadLettersPage, validateSearch: texts('bulk') }),
  createRoute({ ...under, path: '/event-types', component: EventTypesPage }),
  createRoute({ ...under, path: '/event-types/$name', component: EventTypePage }),
])

export const portalRouter = createRouter({
  routeTree: tree,
  basepath: PORTAL_PATH,
  defaultErrorComponent: ({ error, reset }) => <Broken error={error} retry={reset} />,
  scrollRestoration: true,
  ...{ parseSearch, stringifySearch },
})
