import { isJson } from '../../domain/body.ts'
import { ownBytes } from '../../domain/bytes.ts'
import { readNumberCursor, writeCursor } from '../../domain/cursor.ts'
import { type Flaw, isPosthornError, PosthornError } from '../../domain/error.ts'
import type { EventRecord, StoredEvent } from '../../domain/event.ts'
import { eventIdFlaw } from '../../domain/event-id.ts'
import { publishableTypeFlaw } from '../../domain/event-type.ts'
import {
  type DeliveryId,
  ID_RANDOM_BYTES,
  makeId,
  type SubscriptionId,
  type TenantId,
} from '../../domain/ids.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Tenant } from '../../domain/records.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Store } from '../../ports/store.ts'
import type { Tracer } from '../../ports/tracer.ts'
import type { Claimer } from '../deliver/claimer.ts'
import type { Target, TargetFinder } from '../deliver/target.ts'
import type { Directory } from '../directory/directory.ts'
import type { HeavyReads } from '../insight/heavy-reads.ts'
import { searchText } from '../insight/text-search.ts'
import { notFound } from '../not-found.ts'
import { page } from '../page.ts'
import type { EventFilter, EventUseCases, Page, PageRequest, Published, PublishInput } from '../use-cases.ts'
import type { EventTypeGate } from './event-type-gate.ts'
import { contentHash, newDelivery } from './new-records.ts'
import type { Publisher } from './publisher.ts'

export interface EventsParts {
  readonly store: Pick<Store, 'events' | 'deliveries'>
  readonly publisher: Publisher
  readonly claimer: Claimer
  readonly finder: TargetFinder
  readonly gate: EventTypeGate
  readonly directory: Directory
  readonly clock: Clock
  readonly random: Random
  readonly tracer: Tracer
  readonly heavy: HeavyReads
}

/** Publishing, looking up and replaying single events. */
export class Events implements EventUseCases {
  readonly #parts: EventsParts

  constructor(parts: EventsParts) {
    this.#parts = parts
  }

  publish(tenant: Tenant, input: PublishInput): Promise<Published> {
    return this.#parts.tracer.on ? this.#traced(tenant, input) : this.#publish(tenant, input)
  }

  async #traced(tenant: Tenant, input: PublishInput): Promise<Published> {
    const span = this.#parts.tracer.begin('publish', input.trace ?? null, {}, 'producer')
    try {
      const published = await this.#publish(tenant, { ...input, trace: span.traceparent })
      span.end(null, { 'posthorn.event.id': published.eventId, 'posthorn.event.type': input.type })
      return published
    } catch (error) {
      span.end(isPosthornError(error) ? error.code : 'internal')
      throw error
    }
  }

  async #publish(tenant: Tenant, input: PublishInput): Promise<Published> {
    const { publisher, finder, gate } = this.#parts
    const now = this.#parts.clock.now()
    const event = this.#event(tenant, input, now)
    // Awaited only where there is something to wait for: each `await` on the hot path is a turn of the microtask queue.
    const checked = gate.check(event)
    if (checked !== null) await checked
    const found = finder.match(tenant.id, null, event.type)
    const targets = Array.isArray(found) ? (found as readonly Target[]) : await found
    // A time in the past is now: it must not go before what waits already.
    const dueAt = Math.max(input.deliverAt ?? now, now)
    const { transaction } = input
    const { deliveries, duplicate } = await (transaction === undefined
      ? publisher.accept(event, targets, dueAt)
      : publisher.acceptWith(transaction, event, targets, dueAt))
    return { eventId: event.id, deliveries, duplicate }
  }

  async publishBatch(tenant: Tenant, inputs: readonly PublishInput[]): Promise<Array<Published | Error>> {
    // With the tenant in memory none of them waits before it is handed over, so they go in in their order: of two with
    // one id the first holds, also on a tenant's first publish.
    await this.#parts.gate.warm(tenant.id)
    return Promise.all(inputs.map((input) => this.publish(tenant, input).catch((error: Error) => error)))
  }

  async get(tenantId: TenantId, id: string, source: string | null = null): Promise<StoredEvent> {
    const { store, directory } = this.#parts
    const event = await store.events.get(tenantId, await directory.sourceId(tenantId, source), id)
    if (event === null) throw notFound('event', id)
    return event
  }

  async list(
    tenantId: TenantId,
    filter: EventFilter,
    { limit, cursor }: PageRequest,
  ): Promise<Page<StoredEvent>> {
    const { store, directory } = this.#parts
    const scope = { list: 'events', filter: { tenantId, ...filter } }
    const before = readNumberCursor(scope, cursor)
    const { source, ...rest } = filter
    const from = source === undefined ? {} : { sourceId: await directory.sourceId(tenantId, source) }
    const found = await store.events.list({ tenantId, ...rest, ...from, before, limit: limit + 1 })
    return page(found, limit, scope, ({ key }) => key)
  }

  async search(tenantId: TenantId, filter: EventFilter, text: string, { limit, cursor }: PageRequest) {
    const { store, directory, clock, heavy } = this.#parts
    const scope = { list: 'event search', filter: { tenantId, ...filter, text } }
    const before = readNumberCursor(scope, cursor)
    const { source, ...rest } = filter
    const from = source === undefined ? {} : { sourceId: await directory.sourceId(tenantId, source) }
    const query = { tenantId, ...rest, ...from, before, limit }
    const { events, last } = await heavy.run(tenantId, () => searchText(store.events, clock, query, text))
    const next = last === null ? null : writeCursor(scope, last.key)
    return { items: events, next, searchedUntil: last?.receivedAt ?? null }
  }

  async replay(
    tenant: Tenant,
    id: string,
    subscriptionId: SubscriptionId | null,
    source: string | null = null,
  ): Promise<readonly DeliveryId[]> {
    const { store, claimer } = this.#parts
    const event = await this.get(tenant.id, id, source)
    const targets = await this.#replayTargets(tenant.id, event, subscriptionId)
    const deliveries = targets.map((target) => newDelivery(this.#parts, target))
    if (!(await store.deliveries.add(event.key, tenant.id, deliveries))) throw notFound('event', id)
    for (const { targetId } of deliveries) claimer.leftInStore(targetId)
    return deliveries.map((delivery) => delivery.id)
  }

  async #replayTargets(
    tenantId: TenantId,
    event: StoredEvent,
    id: SubscriptionId | null,
  ): Promise<readonly Target[]> {
    const { finder } = this.#parts
    if (id === null) return finder.match(tenantId, event.sourceId, event.type)
    const target = await finder.find(tenantId, id)
    if (target === null) throw notFound('subscription', id)
    if (!target.active)
      throw new PosthornError('state_conflict', `The subscription ${id} is not active. Enable it first.`)
    if (target.format === 'received' && event.requestId === null)
      throw new PosthornError(
        'state_conflict',
        `The subscription ${id} forwards inbound requests as they came; this event came with none.`,
      )
    return [target]
  }

  #event(tenant: Tenant, input: PublishInput, now: number): EventRecord {
    refuseFlaws(input, now)
    const contentType = input.contentType ?? 'application/json'
    return {
      tenantId: tenant.id,
      sourceId: null,
      id: input.id ?? makeId('evt', now, this.#parts.random.bytes(ID_RANDOM_BYTES)),
      type: input.type,
      contentType,
      data: ownBytes(input.data),
      contentHash: contentHash(input.type, contentType, input.data),
      occurredAt: input.occurredAt ?? now,
      receivedAt: now,
      requestId: input.requestId ?? null,
      trace: input.trace ?? null,
      dedupeUntil: null,
    }
  }
}

const CONTENT_TYPE =
  /^[A-Za-z0-9!#$&^_.+-]{1,100}\/[A-Za-z0-9!#$&^_.+-]{1,100}(?:\s*;\s*[\x20-\x7e]{1,200})?$/

/** Years that ISO 8601 writes with four digits, as they stand in the bodies. Beyond, a body could not be built. */
const FIRST_INSTANT = Date.parse('0001-01-01T00:00:00Z')
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z')

function instantFlaw(ms: number): string | null {
  if (!Number.isSafeInteger(ms)) return 'is not an instant in whole milliseconds'
  return ms < FIRST_INSTANT || ms > LAST_INSTANT ? 'is not between the years 1 and 9999' : null
}

function refuseFlaws(
  { type, id, data, contentType, deliverAt, occurredAt }: PublishInput,
  now: number,
): void {
  const flaws: Flaw[] = []
  const add = (path: string, message: string | null) => message !== null && flaws.push({ path, message })
  add('/event_type', publishableTypeFlaw(type))
  if (id !== undefined) add('/event_id', eventIdFlaw(id))
  if (contentType !== undefined && !CONTENT_TYPE.test(contentType))
    add('/content_type', 'is not a media type such as "text/plain; charset=utf-8"')
  if (deliverAt !== undefined) add('/deliver_at', instantFlaw(deliverAt))
  if (deliverAt !== undefined && deliverAt > now + LIMITS.deliverAtAheadMs)
    add('/deliver_at', 'is more than a year ahead')
  if (occurredAt !== undefined) add('/occurred_at', instantFlaw(occurredAt))
  if (flaws.length > 0) {
    const [first] = flaws as [Flaw]
    throw new PosthornError('invalid_request', `${first.path.slice(1)} ${first.message}.`, { flaws })
  }
  if (data.byteLength > LIMITS.eventDataBytes)
    throw new PosthornError(
      'body_too_large',
      `The data has ${data.byteLength} bytes; at most ${LIMITS.eventDataBytes} are accepted.`,
    )
  // Without a content type the caller has written the JSON himself, or parsed it: the API and the library do.
  if (contentType !== undefined && isJson(contentType)) refuseBrokenJson(data)
}

/** It is put into the envelopes as it stands: what is no JSON would break them, or add members to them. */
function refuseBrokenJson(data: Uint8Array): void {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data))
  } catch (error) {
    const message = `is not valid JSON: ${(error as Error).message}`
    throw new PosthornError('json_malformed', `The data ${message}`, { flaws: [{ path: '/data', message }] })
  }
}
