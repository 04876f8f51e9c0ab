/**
 * The pages, each loaded when it is first gone to. Where its file is gone, because the server was upgraded while the
 * page was open, the router loads the whole page anew, once; a second failure is told by `Broken`.
 */
import { lazyRouteComponent } from '@tanstack/react-router'

export const AlertsPage = lazyRouteComponent(() => import('./pages/alerts/alerts-page.tsx'), 'AlertsPage')
const operatorPages = () => import('./pages/alerts/operator-pages.tsx')
export const OperatorAlertsPage = lazyRouteComponent(operatorPages, 'OperatorAlertsPage')
export const OperatorRulesPage = lazyRouteComponent(operatorPages, 'OperatorRulesPage')
export const NewOperatorRulePage = lazyRouteComponent(operatorPages, 'NewOperatorRulePage')
export const OperatorRulePage = lazyRouteComponent(operatorPages, 'OperatorRulePage')
const alertsRulePages = () => import('./pages/alerts/rule-pages.tsx')
export const AlertRulePage = lazyRouteComponent(alertsRulePages, 'AlertRulePage')
export const NewAlertRulePage = lazyRouteComponent(alertsRulePages, 'NewAlertRulePage')
export const AlertRulesPage = lazyRouteComponent(
  () => import('./pages/alerts/rules-page.tsx'),
  'AlertRulesPage',
)
export const AuditPage = lazyRouteComponent(() => import('./pages/audit/audit-page.tsx'), 'AuditPage')
export const DeadLettersPage = lazyRouteComponent(
  () => import('./pages/deliveries/dead-letters-page.tsx'),
  'DeadLettersPage',
)
export const DeliveriesPage = lazyRouteComponent(
  () => import('./pages/deliveries/deliveries-page.tsx'),
  'DeliveriesPage',
)
export const DeliveryPage = lazyRouteComponent(
  () => import('./pages/deliveries/delivery-page.tsx'),
  'DeliveryPage',
)
export const EventTypePage = lazyRouteComponent(
  () => import('./pages/event-types/event-type-page.tsx'),
  'EventTypePage',
)
export const EventTypesPage = lazyRouteComponent(
  () => import('./pages/event-types/list-page.tsx'),
  'EventTypesPage',
)
export const NewEventTypePage = lazyRouteComponent(
  () => import('./pages/event-types/new-page.tsx'),
  'NewEventTypePage',
)
export const EventPage = lazyRouteComponent(() => import('./pages/events/event-page.tsx'), 'EventPage')
export const EventsPage = lazyRouteComponent(() => import('./pages/events/events-page.tsx'), 'EventsPage')
export const PublishPage = lazyRouteComponent(() => import('./pages/events/publish-page.tsx'), 'PublishPage')
export const KeysPage = lazyRouteComponent(() => import('./pages/keys/keys-page.tsx'), 'KeysPage')
export const OverviewPage = lazyRouteComponent(
  () => import('./pages/overview/overview-page.tsx'),
  'OverviewPage',
)
const sourcesEditPages = () => import('./pages/sources/edit-pages.tsx')
export const EditSourcePage = lazyRouteComponent(sourcesEditPages, 'EditSourcePage')
export const NewSourcePage = lazyRouteComponent(sourcesEditPages, 'NewSourcePage')
export const SourcesPage = lazyRouteComponent(() => import('./pages/sources/list-page.tsx'), 'SourcesPage')
export const RequestPage = lazyRouteComponent(() => import('./pages/sources/request-page.tsx'), 'RequestPage')
export const SourcePage = lazyRouteComponent(() => import('./pages/sources/source-page.tsx'), 'SourcePage')
export const EditSubscriptionPage = lazyRouteComponent(
  () => import('./pages/subscriptions/edit-page.tsx'),
  'EditSubscriptionPage',
)
export const SubscriptionsPage = lazyRouteComponent(
  () => import('./pages/subscriptions/list-page.tsx'),
  'SubscriptionsPage',
)
export const NewSubscriptionPage = lazyRouteComponent(
  () => import('./pages/subscriptions/new-page.tsx'),
  'NewSubscriptionPage',
)
export const SubscriptionPage = lazyRouteComponent(
  () => import('./pages/subscriptions/subscription-page.tsx'),
  'SubscriptionPage',
)
export const TenantsPage = lazyRouteComponent(() => import('./pages/tenants/tenants-page.tsx'), 'TenantsPage')
