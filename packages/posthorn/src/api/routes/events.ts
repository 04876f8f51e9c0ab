import type { Result } from '../contract/contract.ts'
import { type Handlers, type Tools, tenantOf } from '../http/handler.ts'
import { jsonText } from '../json/text.ts'
import { toDelivery } from '../wire/delivery.ts'
import { toEventText, toListedEventText } from '../wire/event.ts'
import { fromInstant } from '../wire/instant.ts'
import { toPage, toPageRequest } from './page.ts'

type Reading = 'listEvents' | 'getEvent' | 'listEventDeliveries'

export function eventHandlers({ useCases: { events, deliveries } }: Tools): Handlers<Reading> {
  return {
    async listEvents(call) {
      const { query } = call
      const filter = {
        eventType: query.event_type ?? null,
        ...(query.source === undefined ? {} : { source: query.source }),
        since: fromInstant(query.since),
        until: fromInstant(query.until),
      }
      const { items, next } = await events.list(tenantOf(call).id, filter, toPageRequest(query))
      const rows = items.map(toListedEventText).join(',')
      const text = `{"data":[${rows}],"next_cursor":${JSON.stringify(next)}}`
      return { status: 200, body: jsonText<Result<'listEvents'>>(text) }
    },
    async getEvent(call) {
      const event = await events.get(tenantOf(call).id, call.params.id, call.query.source ?? null)
      return { status: 200, body: toEventText(event) }
    },
    async listEventDeliveries(call) {
      const tenantId = tenantOf(call).id
      const event = await events.get(tenantId, call.params.id, call.query.source ?? null)
      const filter = {
        state: call.query.state ?? null,
        targetId: null,
        eventId: event.id,
        eventSource: event.sourceId,
        eventType: null,
        since: null,
        until: null,
      }
      const page = await deliveries.list(tenantId, filter, toPageRequest(call.query))
      return { status: 200, body: toPage(page, toDelivery) }
    },
  }
}
