/** Every page and its address. */
import { createRootRoute, createRoute, createRouter, Link } from '@tanstack/react-router'
import { texts } from './data/search.ts'
import {
  AlertRulePage,
  AlertRulesPage,
  AlertsPage,
  AuditPage,
  DeadLettersPage,
  DeliveriesPage,
  DeliveryPage,
  EditSourcePage,
  EditSubscriptionPage,
  EventPage,
  EventsPage,
  EventTypePage,
  EventTypesPage,
  KeysPage,
  NewAlertRulePage,
  NewEventTypePage,
  NewOperatorRulePage,
  NewSourcePage,
  NewSubscriptionPage,
  OperatorAlertsPage,
  OperatorRulePage,
  OperatorRulesPage,
  OverviewPage,
  PublishPage,
  RequestPage,
  SourcePage,
  SourcesPage,
  SubscriptionPage,
  SubscriptionsPage,
  TenantsPage,
} from './late-pages.ts'
import { Frame } from './pages/frame/frame.tsx'
import { Broken } from './parts/broken.tsx'
import { Empty } from './parts/empty.tsx'
import { PageHead } from './parts/page.tsx'
import { parseSearch, stringifySearch } from './text/search.ts'

const root = createRootRoute({
  component: Frame,
  notFoundComponent: () => (
    <>
      <PageHead title="There is no such page" />
      <Empty title="The address leads nowhere" action={<Link to="/">To the first page</Link>}>
        What it named may have been deleted, or it was cut off when it was copied.
      </Empty>
    </>
  ),
})

const under = { getParentRoute: () => root }

const home = createRoute({ ...under, path: '/', component: OverviewPage, validateSearch: texts('span') })

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
    validateSearch: texts('event_type', 'source', 'span', 'text'),
  }),
  createRoute({ ...under, path: '/events/$id', component: EventPage, validateSearch: texts('source') }),
  createRoute({ ...under, path: '/publish', component: PublishPage, validateSearch: texts('event_type') }),
  createRoute({
    ...under,
    path: '/deliveries',
    component: DeliveriesPage,
    validateSearch: texts('state', 'event_type', 'subscription_id', 'span'),
  }),
  createRoute({ ...under, path: '/deliveries/$id', component: DeliveryPage }),
  createRoute({ ...under, path: '/dead-letters', component: DeadLettersPage, validateSearch: texts('bulk') }),
  createRoute({ ...under, path: '/sources', component: SourcesPage }),
  createRoute({ ...under, path: '/sources/new', component: NewSourcePage }),
  createRoute({ ...under, path: '/sources/$id', component: SourcePage, validateSearch: texts('verdict') }),
  createRoute({ ...under, path: '/sources/$id/edit', component: EditSourcePage }),
  createRoute({ ...under, path: '/sources/$id/requests/$requestId', component: RequestPage }),
  createRoute({ ...under, path: '/event-types', component: EventTypesPage }),
  createRoute({ ...under, path: '/event-types/new', component: NewEventTypePage }),
  createRoute({ ...under, path: '/event-types/$name', component: EventTypePage }),
  createRoute({ ...under, path: '/alerts', component: AlertsPage, validateSearch: texts('state') }),
  createRoute({ ...under, path: '/alerts/rules', component: AlertRulesPage }),
  createRoute({ ...under, path: '/alerts/rules/new', component: NewAlertRulePage }),
  createRoute({ ...under, path: '/alerts/rules/$id', component: AlertRulePage }),
  createRoute({
    ...under,
    path: '/operator/alerts',
    component: OperatorAlertsPage,
    validateSearch: texts('state'),
  }),
  createRoute({ ...under, path: '/operator/alerts/rules', component: OperatorRulesPage }),
  createRoute({ ...under, path: '/operator/alerts/rules/new', component: NewOperatorRulePage }),
  createRoute({ ...under, path: '/operator/alerts/rules/$id', component: OperatorRulePage }),
  createRoute({ ...under, path: '/tenants', component: TenantsPage }),
  createRoute({ ...under, path: '/keys', component: KeysPage }),
  createRoute({
    ...under,
    path: '/audit',
    component: AuditPage,
    validateSearch: texts('action', 'actor', 'object', 'span'),
  }),
])

export const router = createRouter({
  routeTree: tree,
  defaultErrorComponent: ({ error, reset }) => <Broken error={error} retry={reset} />,
  scrollRestoration: true,
  ...{ parseSearch, stringifySearch },
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
