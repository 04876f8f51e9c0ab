import type { PortalScope } from '../../domain/portal.ts'
import type { OperationId } from './operations.ts'

/**
 * What a session of the portal may ask for: what is not here it may not, whatever its tenant's keys may. `manage` may
 * all that `view` may. Nothing of keys, tenants, sources' secrets and settings, publishing, or who gets alerts.
 */
export const PORTAL_OPERATIONS: Partial<Record<OperationId, PortalScope>> = {
  listSubscriptions: 'view',
  getSubscription: 'view',
  listSubscriptionDeliveries: 'view',
  getSubscriptionStats: 'view',
  listReplays: 'view',
  getReplay: 'view',
  listEvents: 'view',
  getEvent: 'view',
  listEventDeliveries: 'view',
  listDeliveries: 'view',
  getDelivery: 'view',
  listAttempts: 'view',
  getRequestBody: 'view',
  listDeadLetters: 'view',
  listBulks: 'view',
  getBulk: 'view',
  listBulkItems: 'view',
  // The processes of the operator are shown to admins alone.
  getOverview: 'view',
  search: 'view',
  live: 'view',
  listEventTypes: 'view',
  getEventType: 'view',
  listSources: 'view',
  getSource: 'view',
  listRequests: 'view',
  getRequest: 'view',
  // Without who is told of them.
  listAlerts: 'view',
  // Of the portal's own doing alone.
  listAudit: 'view',
  getCurrentSession: 'view',
  deleteCurrentSession: 'view',
  createSubscription: 'manage',
  updateSubscription: 'manage',
  deleteSubscription: 'manage',
  rotateSubscriptionSecret: 'manage',
  testSubscription: 'manage',
  enableSubscription: 'manage',
  disableSubscription: 'manage',
  replaySubscription: 'manage',
  cancelReplay: 'manage',
  replayEvent: 'manage',
  retryDelivery: 'manage',
  cancelDelivery: 'manage',
  startBulk: 'manage',
  cancelBulk: 'manage',
}
