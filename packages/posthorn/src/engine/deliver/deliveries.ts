import { bodyContentType, buildBody } from '../../domain/body.ts'
import { readCursor } from '../../domain/cursor.ts'
import type { Attempt, Delivery } from '../../domain/delivery.ts'
import { PosthornError } from '../../domain/error.ts'
import type { DeliveryId, TargetId, TenantId } from '../../domain/ids.ts'
import type { Tenant } from '../../domain/records.ts'
import { ALLOWED_FROM, type Transition } from '../../domain/transition.ts'
import type { Clock } from '../../ports/clock.ts'
import type { DeliveryStats } from '../../ports/stats.ts'
import type { Store } from '../../ports/store.ts'
import type { Directory } from '../directory/directory.ts'
import { notFound } from '../not-found.ts'
import { page } from '../page.ts'
import type { DeliveryFilter, DeliveryUseCases, Page, PageRequest, RequestBody } from '../use-cases.ts'
import type { Claimer } from './claimer.ts'
import { receivedMessage } from './received-message.ts'

export interface DeliveriesParts {
  readonly store: Pick<Store, 'deliveries' | 'events' | 'requests'>
  readonly directory: Directory
  readonly claimer: Claimer
  readonly clock: Clock
}

/** The delivery feed, and what is done to deliveries by hand. */
export class Deliveries implements DeliveryUseCases {
  readonly #parts: DeliveriesParts

  constructor(parts: DeliveriesParts) {
    this.#parts = parts
  }

  async get(tenantId: TenantId, id: DeliveryId): Promise<Delivery> {
    const delivery = await this.#parts.store.deliveries.get(tenantId, id)
    if (delivery === null) throw notFound('delivery', id)
    return delivery
  }

  async list(
    tenantId: TenantId,
    filter: DeliveryFilter,
    { limit, cursor }: PageRequest,
  ): Promise<Page<Delivery>> {
    const { store, directory } = this.#parts
    const scope = { list: 'deliveries', filter: { tenantId, ...filter } }
    const before = cursor === null ? null : (readCursor(scope, cursor) as DeliveryId)
    const { eventId, eventSource = null, ...rest } = filter
    const sourceId = eventId === null ? null : await directory.sourceId(tenantId, eventSource)
    const event = eventId === null ? null : await store.events.get(tenantId, sourceId, eventId)
    if (eventId !== null && event === null) throw notFound('event', eventId)
    const eventKey = event?.key ?? null
    const found = await store.deliveries.list({ tenantId, ...rest, eventKey, before, limit: limit + 1 })
    return page(found, limit, scope, ({ id }) => id)
  }

  async attempts(tenantId: TenantId, id: DeliveryId): Promise<readonly Attempt[]> {
    await this.get(tenantId, id)
    return this.#parts.store.deliveries.attempts(tenantId, id)
  }

  async requestBody(tenant: Tenant, id: DeliveryId): Promise<RequestBody> {
    const { store } = this.#parts
    const { eventKey, format, eventId } = await this.get(tenant.id, id)
    const [event] = await store.events.byKeys(tenant.id, [eventKey], 'whole')
    if (event === undefined) throw notFound('event', eventId)
    const contentType = bodyContentType(format, event)
    if (format !== 'received') return { contentType, body: buildBody(format, event, tenant) }
    const message = await receivedMessage(store.requests, event, [['content-type', contentType]])
    if (message === null) throw notFound('request', event.requestId ?? '')
    const came = message.headers.find(([name]) => name === 'content-type')
    return { contentType: came?.[1] ?? contentType, body: message.body }
  }

  async retry(tenantId: TenantId, id: DeliveryId): Promise<Delivery> {
    const now = this.#parts.clock.now()
    const delivery = await this.#change(tenantId, id, { to: 'revived', dueAt: now }, now)
    this.#parts.claimer.leftInStore(delivery.targetId)
    return delivery
  }

  cancel(tenantId: TenantId, id: DeliveryId): Promise<Delivery> {
    const now = this.#parts.clock.now()
    return this.#change(tenantId, id, { to: 'cancelled', at: now }, now)
  }

  async stats(tenantId: TenantId, targetId: TargetId, windowMs: number): Promise<DeliveryStats> {
    const now = this.#parts.clock.now()
    return this.#parts.store.deliveries.stats({ tenantId, targetId, since: now - windowMs, until: now + 1 })
  }

  async #change(tenantId: TenantId, id: DeliveryId, transition: Transition, now: number): Promise<Delivery> {
    const from = ALLOWED_FROM[transition.to]
    const result = await this.#parts.store.deliveries.change({ tenantId, id, from, transition, now })
    if (result === null) throw notFound('delivery', id)
    if (result.changed) return result.delivery
    const { state, leaseToken } = result.delivery
    const why = from.includes(state) && leaseToken !== null ? 'is being attempted right now' : `is ${state}`
    throw new PosthornError(
      'state_conflict',
      `The delivery ${why}; this works on ${from.join(', ')} ones that nobody attempts.`,
    )
  }
}
