import type { DeliveryId, ReplayId, TargetId } from '../../domain/ids.ts'
import { type Handlers, type Tools, tenantOf } from '../http/handler.ts'
import { toAttempt, toDelivery, toReplay, toRequestBody } from '../wire/delivery.ts'
import { fromInstant } from '../wire/instant.ts'
import { slicePage, toPage, toPageRequest } from './page.ts'

type OnDeliveries =
  | 'listDeliveries'
  | 'getDelivery'
  | 'listAttempts'
  | 'getRequestBody'
  | 'retryDelivery'
  | 'cancelDelivery'

export function deliveryHandlers({ useCases: { deliveries } }: Tools): Handlers<OnDeliveries> {
  const idOf = (call: { readonly params: { id: string } }) => call.params.id as DeliveryId
  return {
    async listDeliveries(call) {
      const { query } = call
      const filter = {
        state: query.state ?? null,
        targetId: (query.subscription_id ?? null) as TargetId | null,
        eventId: query.event_id ?? null,
        eventSource: query.source ?? null,
        eventType: query.event_type ?? null,
        since: fromInstant(query.since),
        until: fromInstant(query.until),
      }
      const page = await deliveries.list(tenantOf(call).id, filter, toPageRequest(query))
      return { status: 200, body: toPage(page, toDelivery) }
    },
    async getDelivery(call) {
      return { status: 200, body: toDelivery(await deliveries.get(tenantOf(call).id, idOf(call))) }
    },
    async listAttempts(call) {
      const attempts = await deliveries.attempts(tenantOf(call).id, idOf(call))
      // A delivery has as many attempts as its schedule and its retries by hand, some tens.
      const filter = { deliveryId: idOf(call) }
      const page = slicePage('attempts', filter, attempts, toPageRequest(call.query))
      return { status: 200, body: toPage(page, toAttempt) }
    },
    async getRequestBody(call) {
      return { status: 200, body: toRequestBody(await deliveries.requestBody(tenantOf(call), idOf(call))) }
    },
    async retryDelivery(call) {
      return { status: 200, body: toDelivery(await deliveries.retry(tenantOf(call).id, idOf(call))) }
    },
    async cancelDelivery(call) {
      return { status: 200, body: toDelivery(await deliveries.cancel(tenantOf(call).id, idOf(call))) }
    },
  }
}

type OnReplays = 'listReplays' | 'getReplay' | 'cancelReplay'

export function replayHandlers({ useCases: { replays } }: Tools): Handlers<OnReplays> {
  const idOf = (call: { readonly params: { id: string } }) => call.params.id as ReplayId
  return {
    async listReplays(call) {
      const page = await replays.list(tenantOf(call).id, toPageRequest(call.query))
      return { status: 200, body: toPage(page, toReplay) }
    },
    async getReplay(call) {
      return { status: 200, body: toReplay(await replays.get(tenantOf(call).id, idOf(call))) }
    },
    async cancelReplay(call) {
      return { status: 200, body: toReplay(await replays.cancel(tenantOf(call).id, idOf(call))) }
    },
  }
}
