import type { StoredEvent } from '../../domain/event.ts'
import type { Page } from '../../engine/use-cases.ts'
import type { Result } from '../contract/contract.ts'
import { type Handlers, type Tools, tenantOf } from '../http/handler.ts'
import { jsonText } from '../json/text.ts'
import { toDelivery } from '../wire/delivery.ts'
import { toEventText, toListedEventText } from '../wire/event.ts'
import { fromInstant, toInstantOrNull } from '../wire/instant.ts'
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
      const asked = toPageRequest(query)
      const page: Page<StoredEvent> & { readonly searchedUntil?: number | null } =
        query.text === undefined
          ? await events.list(tenantOf(call).id, filter, asked)
          : await events.search(tenantOf(call).id, filter, query.text, asked)
      const rows = page.items.map(toListedEventText).join(',')
      const until =
        page.searchedUntil !== undefined
          ? `,"searched_until":${JSON.stringify(toInstantOrNull(page.searchedUntil))}`
          : ''
      const text = `{"data":[${rows}],"next_cursor":${JSON.stringify(page.next)}${until}}`
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
