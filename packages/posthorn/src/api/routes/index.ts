import type { Handlers, Tools } from '../http/handler.ts'
import { auditHandlers, sessionHandlers } from './access.ts'
import { alertHandlers } from './alerts.ts'
import { deliveryHandlers, replayHandlers } from './deliveries.ts'
import { eventHandlers } from './events.ts'
import { bulkHandlers, insightHandlers } from './insight.ts'
import { eventTypeHandlers, keyHandlers, serverHandlers, tenantHandlers } from './operator.ts'
import { publishHandlers } from './publish.ts'
import { requestHandlers, sourceHandlers } from './sources.ts'
import { subscriptionActionHandlers, subscriptionHandlers } from './subscriptions.ts'

/** What each operation of the contract does. */
export function makeHandlers(tools: Tools): Handlers {
  return {
    ...subscriptionHandlers(tools),
    ...subscriptionActionHandlers(tools),
    ...publishHandlers(tools),
    ...eventHandlers(tools),
    ...deliveryHandlers(tools),
    ...replayHandlers(tools),
    ...sourceHandlers(tools),
    ...requestHandlers(tools),
    ...eventTypeHandlers(tools),
    ...tenantHandlers(tools),
    ...keyHandlers(tools),
    ...sessionHandlers(tools),
    ...auditHandlers(tools),
    ...insightHandlers(tools),
    ...bulkHandlers(tools),
    ...alertHandlers(tools),
    ...serverHandlers(tools),
  }
}
