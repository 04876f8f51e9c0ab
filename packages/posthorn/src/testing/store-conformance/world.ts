import type { Attempt, LeasedDelivery, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey, EventRecord } from '../../domain/event.ts'
import { type IdPrefix, makeId, type TargetId, type TenantId } from '../../domain/ids.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import type { NewEvent } from '../../ports/insert.ts'
import type { DeliveryQuery, EventQuery, Store } from '../../ports/store.ts'
import { SeededRandom } from '../seeded-random.ts'

/** What a store may lack; each case that needs it names it. */
export type Capability =
  /** Text columns hold U+0000. */
  | 'nulInText'
  /** Several processes may share it. */
  | 'peers'
  /** The harness can open the same data again. */
  | 'reopen'

export interface Case {
  readonly name: string
  readonly needs?: Capability
  run(world: World): Promise<void>
}

/** Where time stands in every case; epoch ms. */
export const NOW = Date.UTC(2026, 0, 15, 12)
export const LEASE_MS = 40_000

/** A store with makers of what goes into it. Everything follows from the seed. */
export class World {
  store: Store
  readonly tenantId: TenantId
  readonly targetId: TargetId
  readonly random: SeededRandom
  readonly #reopen: ((store: Store) => Promise<Store>) | undefined

  constructor(store: Store, seed: number, reopen?: (store: Store) => Promise<Store>) {
    this.store = store
    this.random = new SeededRandom(seed)
    this.#reopen = reopen
    this.tenantId = this.id('ten')
    this.targetId = this.id('sub')
  }

  id<P extends IdPrefix>(prefix: P, at = NOW): ReturnType<typeof makeId<P>> {
    return makeId(prefix, at, this.random.bytes(10))
  }

  /** An orderly restart. */
  async restart(): Promise<void> {
    await this.store.close()
    this.store = await (this.#reopen as (store: Store) => Promise<Store>)(this.store)
  }

  event(changes: Partial<EventRecord> = {}): EventRecord {
    const id = changes.id ?? this.id('evt')
    return {
      tenantId: this.tenantId,
      sourceId: null,
      id,
      type: 'user.created',
      contentType: 'application/json',
      data: new TextEncoder().encode(`{"id":${JSON.stringify(id)}}`),
      contentHash: `hash of ${id}`,
      occurredAt: NOW - 5,
      receivedAt: NOW,
      requestId: null,
      trace: null,
      dedupeUntil: null,
      ...changes,
    }
  }

  delivery(changes: Partial<NewDelivery> = {}): NewDelivery {
    return {
      id: this.id('dlv', changes.createdAt),
      targetId: this.targetId,
      format: 'standard',
      dueAt: NOW,
      createdAt: NOW,
      replayId: null,
      lease: null,
      ...changes,
    }
  }

  leased(changes: Partial<NewDelivery> = {}): NewDelivery {
    return this.delivery({ lease: { token: 'first', until: NOW + LEASE_MS }, ...changes })
  }

  attempt(deliveryId: Attempt['deliveryId'], changes: Partial<Attempt> = {}): Attempt {
    return {
      id: this.id('att', changes.startedAt),
      deliveryId,
      number: 1,
      startedAt: NOW,
      durationMs: 12,
      outcome: 'success',
      statusCode: 200,
      errorCode: null,
      errorDetail: null,
      responseBody: new Uint8Array([0x6f, 0x6b]),
      responseTruncated: false,
      exchange: null,
      ...changes,
    }
  }

  finish(
    delivery: Pick<NewDelivery, 'id'>,
    transition: Transition,
    changes: Partial<Pick<Finish, 'leaseToken' | 'attempt'>> = {},
  ): Finish {
    return {
      deliveryId: delivery.id,
      leaseToken: 'first',
      transition,
      attempt: this.attempt(delivery.id),
      ...changes,
    }
  }

  /** Stores one event of which nothing was there before. */
  async publish(event: Partial<EventRecord>, ...deliveries: NewDelivery[]): Promise<EventKey> {
    const [result] = await this.store.events.insert([this.newEvent(event, ...deliveries)])
    if (result?.status !== 'stored') throw new Error(`not stored: ${JSON.stringify(result)}`)
    return result.key
  }

  newEvent(event: Partial<EventRecord>, ...deliveries: NewDelivery[]): NewEvent {
    return { event: this.event(event), deliveries }
  }

  claim(
    lanes: ReadonlyArray<{ targetId: TargetId; limit: number }>,
    request: { now?: number; token?: string } = {},
  ): Promise<LeasedDelivery[]> {
    const { now = NOW, token = 'claimed' } = request
    return this.store.lanes.claim({ now, lanes, leaseToken: token, leaseUntil: now + LEASE_MS })
  }

  eventQuery(changes: Partial<EventQuery> = {}): EventQuery {
    return {
      tenantId: this.tenantId,
      eventType: null,
      since: null,
      until: null,
      before: null,
      limit: 100,
      ...changes,
    }
  }

  deliveryQuery(changes: Partial<DeliveryQuery> = {}): DeliveryQuery {
    return {
      tenantId: this.tenantId,
      state: null,
      targetId: null,
      eventKey: null,
      eventType: null,
      since: null,
      until: null,
      before: null,
      limit: 100,
      ...changes,
    }
  }
}

/** Reads a list to its end, page by page; `read` gets the last item of the page before. */
export async function allPages<T>(read: (last: T | null) => Promise<readonly T[]>): Promise<T[]> {
  const items: T[] = []
  for (let pages = 0; pages < 100; pages += 1) {
    const page = await read(items.at(-1) ?? null)
    if (page.length === 0) return items
    items.push(...page)
  }
  throw new Error('100 pages, and no end: the cursor does not move the list on')
}

export const DELIVERED: Transition = { to: 'delivered', at: NOW + 10, statusCode: 200 }
