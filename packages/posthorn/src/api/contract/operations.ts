/**
 * Every operation of the HTTP API: its name, its method, its path. Plain data, because the client needs it at run
 * time, in browsers too; everything else about an operation stands under the same name in `contract.ts`.
 */
export const API_BASE = '/api/v1/webhooks'

export const OPERATIONS = {
  createSubscription: 'POST /api/v1/webhooks/subscriptions',
  listSubscriptions: 'GET /api/v1/webhooks/subscriptions',
  getSubscription: 'GET /api/v1/webhooks/subscriptions/{id}',
  updateSubscription: 'PATCH /api/v1/webhooks/subscriptions/{id}',
  deleteSubscription: 'DELETE /api/v1/webhooks/subscriptions/{id}',
  rotateSubscriptionSecret: 'POST /api/v1/webhooks/subscriptions/{id}/rotate-secret',
  testSubscription: 'POST /api/v1/webhooks/subscriptions/{id}/test',
  enableSubscription: 'POST /api/v1/webhooks/subscriptions/{id}/enable',
  disableSubscription: 'POST /api/v1/webhooks/subscriptions/{id}/disable',
  listSubscriptionDeliveries: 'GET /api/v1/webhooks/subscriptions/{id}/deliveries',
  getSubscriptionStats: 'GET /api/v1/webhooks/subscriptions/{id}/stats',
  replaySubscription: 'POST /api/v1/webhooks/subscriptions/{id}/replay',

  listReplays: 'GET /api/v1/webhooks/replays',
  getReplay: 'GET /api/v1/webhooks/replays/{id}',
  cancelReplay: 'POST /api/v1/webhooks/replays/{id}/cancel',

  publishEvent: 'POST /api/v1/webhooks/events',
  publishEvents: 'POST /api/v1/webhooks/events/batch',
  listEvents: 'GET /api/v1/webhooks/events',
  getEvent: 'GET /api/v1/webhooks/events/{id}',
  listEventDeliveries: 'GET /api/v1/webhooks/events/{id}/deliveries',
  replayEvent: 'POST /api/v1/webhooks/events/{id}/replay',

  listDeliveries: 'GET /api/v1/webhooks/deliveries',
  getDelivery: 'GET /api/v1/webhooks/deliveries/{id}',
  listAttempts: 'GET /api/v1/webhooks/deliveries/{id}/attempts',
  getRequestBody: 'GET /api/v1/webhooks/deliveries/{id}/request-body',
  retryDelivery: 'POST /api/v1/webhooks/deliveries/{id}/retry',
  cancelDelivery: 'POST /api/v1/webhooks/deliveries/{id}/cancel',

  listDeadLetters: 'GET /api/v1/webhooks/dead-letters',
  startBulk: 'POST /api/v1/webhooks/deliveries/bulk',
  listBulks: 'GET /api/v1/webhooks/deliveries/bulk',
  getBulk: 'GET /api/v1/webhooks/deliveries/bulk/{id}',
  listBulkItems: 'GET /api/v1/webhooks/deliveries/bulk/{id}/items',
  cancelBulk: 'POST /api/v1/webhooks/deliveries/bulk/{id}/cancel',

  getOverview: 'GET /api/v1/webhooks/overview',
  search: 'GET /api/v1/webhooks/search',
  live: 'GET /api/v1/webhooks/live',

  createSource: 'POST /api/v1/webhooks/sources',
  listSources: 'GET /api/v1/webhooks/sources',
  getSource: 'GET /api/v1/webhooks/sources/{id}',
  updateSource: 'PATCH /api/v1/webhooks/sources/{id}',
  deleteSource: 'DELETE /api/v1/webhooks/sources/{id}',
  letThrough: 'POST /api/v1/webhooks/sources/{id}/let-through',
  listRequests: 'GET /api/v1/webhooks/sources/{id}/requests',
  getRequest: 'GET /api/v1/webhooks/sources/{id}/requests/{request_id}',
  verifyRequest: 'POST /api/v1/webhooks/sources/{id}/requests/{request_id}/verify',
  replayRequest: 'POST /api/v1/webhooks/sources/{id}/requests/{request_id}/replay',
  listProviders: 'GET /api/v1/webhooks/providers',

  createEventType: 'POST /api/v1/webhooks/event-types',
  listEventTypes: 'GET /api/v1/webhooks/event-types',
  getEventType: 'GET /api/v1/webhooks/event-types/{name}',
  updateEventType: 'PATCH /api/v1/webhooks/event-types/{name}',
  deleteEventType: 'DELETE /api/v1/webhooks/event-types/{name}',

  createTenant: 'POST /api/v1/webhooks/tenants',
  listTenants: 'GET /api/v1/webhooks/tenants',
  getTenant: 'GET /api/v1/webhooks/tenants/{id}',
  updateTenant: 'PATCH /api/v1/webhooks/tenants/{id}',
  deleteTenant: 'DELETE /api/v1/webhooks/tenants/{id}',

  createKey: 'POST /api/v1/webhooks/keys',
  listKeys: 'GET /api/v1/webhooks/keys',
  revokeKey: 'DELETE /api/v1/webhooks/keys/{id}',

  createSession: 'POST /api/v1/webhooks/sessions',
  getCurrentSession: 'GET /api/v1/webhooks/sessions/current',
  deleteCurrentSession: 'DELETE /api/v1/webhooks/sessions/current',

  listAudit: 'GET /api/v1/webhooks/audit',

  createPortalSession: 'POST /api/v1/webhooks/portal-sessions',

  createAlertRule: 'POST /api/v1/webhooks/alert-rules',
  listAlertRules: 'GET /api/v1/webhooks/alert-rules',
  getAlertRule: 'GET /api/v1/webhooks/alert-rules/{id}',
  updateAlertRule: 'PATCH /api/v1/webhooks/alert-rules/{id}',
  deleteAlertRule: 'DELETE /api/v1/webhooks/alert-rules/{id}',
  listAlerts: 'GET /api/v1/webhooks/alerts',

  health: 'GET /healthz',
  readiness: 'GET /readyz',
  metrics: 'GET /metrics',
  openApi: 'GET /openapi.json',
} as const

export type OperationId = keyof typeof OPERATIONS

/** The header in which an admin key names the tenant it works on; by id or slug. */
export const TENANT_HEADER = 'posthorn-tenant'
/** Answered on every request; taken over from the request when it is 1 to 64 of `A-Z a-z 0-9 . _ : -`. */
export const REQUEST_ID_HEADER = 'posthorn-request-id'
/**
 * Sent by pages with each request that a session makes: other sites cannot. `1`, or `background` when nobody asked; in
 * the portal `portal` and `portal-background`: it says which of two cookies counts.
 */
export const CONSOLE_HEADER = 'posthorn-console'
/** The cookie of a session; over https with `__Host-` before it. */
export const SESSION_COOKIE = 'posthorn_session'
/** The cookie of the portal, so that an operator's session in the same browser stays apart; over https with `__Host-`. */
export const PORTAL_COOKIE = 'posthorn_portal'
