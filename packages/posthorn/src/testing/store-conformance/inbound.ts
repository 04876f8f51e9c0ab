import assert from 'node:assert/strict'
import type { NewDelivery } from '../../domain/delivery.ts'
import type { EventKey, EventRecord } from '../../domain/event.ts'
import type { RequestId, SourceId } from '../../domain/ids.ts'
import type { InboundRequest, Verdict } from '../../domain/inbound-request.ts'
import type { NewEvent } from '../../ports/insert.ts'
import type { ReceivedRequest, ReceiveResult } from '../../ports/request-store.ts'
import { NOW, type World } from './world.ts'

export const DAY = 86_400_000
const encoder = new TextEncoder()

/** One source of a tenant: makers of what it receives. */
export class Inbound {
  readonly world: World
  readonly sourceId: SourceId
  readonly tenantId: World['tenantId']

  constructor(world: World, tenantId = world.tenantId) {
    this.world = world
    this.tenantId = tenantId
    this.sourceId = world.id('src')
  }

  request(changes: Partial<InboundRequest> = {}): InboundRequest {
    return {
      id: this.world.id('req', changes.receivedAt),
      tenantId: this.tenantId,
      sourceId: this.sourceId,
      receivedAt: NOW,
      method: 'POST',
      url: '/in/shop?a=1&a=%00',
      headers: [
        ['content-type', 'application/json'],
        ['x-twice', 'one'],
        ['x-twice', 'two'],
      ],
      address: '2001:db8::7',
      verdict: 'accepted',
      reason: null,
      status: 202,
      secretIndex: 0,
      eventIds: [],
      body: null,
      ...changes,
    }
  }

  /** @param content what the hash and the bytes come from */
  event(id: string, content = 'a', changes: Partial<EventRecord> = {}): EventRecord {
    return this.world.event({
      id,
      tenantId: this.tenantId,
      sourceId: this.sourceId,
      contentHash: `hash of ${content}`,
      data: encoder.encode(content),
      dedupeUntil: NOW + 30 * DAY,
      ...changes,
    })
  }

  /** A request that brought these events; its body is that of its only event, or all of them one after the other. */
  received(
    items: readonly (EventRecord | NewEvent)[],
    changes: Partial<InboundRequest> & Partial<Omit<ReceivedRequest, 'request' | 'events'>> = {},
  ): ReceivedRequest {
    const { onceToken = null, onDuplicate = 'skip', ...rest } = changes
    const events = items.map((item) => ('event' in item ? item : { event: item, deliveries: [] }))
    const whole = events.length === 1 ? null : Buffer.concat(events.map(({ event }) => event.data))
    const request = this.request({
      eventIds: events.map(({ event }) => event.id),
      body: whole === null ? null : Uint8Array.from(whole),
      ...rest,
    })
    const own = events.map((item) => ({ ...item, event: { ...item.event, requestId: request.id } }))
    return { request, events: own, onceToken, onDuplicate }
  }

  async receive(...args: Parameters<Inbound['received']>): Promise<ReceiveResult & { id: RequestId }> {
    const received = this.received(...args)
    const [result] = await this.world.store.requests.receive([received])
    return { ...(result as ReceiveResult), id: received.request.id }
  }

  get(id: RequestId): Promise<InboundRequest | null> {
    return this.world.store.requests.get(this.tenantId, this.sourceId, id)
  }

  /** The kept body as text. */
  async bodyOf(id: RequestId): Promise<string | null> {
    const body = (await this.get(id))?.body ?? null
    return body === null ? null : new TextDecoder().decode(body)
  }

  async listed(
    changes: { verdict?: Verdict; before?: RequestId; limit?: number } = {},
  ): Promise<RequestId[]> {
    const { verdict = null, before = null, limit = 100 } = changes
    const query = { tenantId: this.tenantId, sourceId: this.sourceId, verdict, before, limit }
    return (await this.world.store.requests.list(query)).map(({ id }) => id)
  }

  /** Ids of the deliveries of an event. */
  async deliveriesOf(eventKey: EventKey): Promise<string[]> {
    const query = this.world.deliveryQuery({ tenantId: this.tenantId, eventKey })
    return (await this.world.store.deliveries.list(query)).map(({ id }) => id).toSorted()
  }

  with(event: EventRecord, ...deliveries: NewDelivery[]): NewEvent {
    return { event, deliveries }
  }
}

/** Prunes until there is no more, then a last round for what was freed late. @returns how many of each left */
export async function pruneAll(
  world: World,
  request: { before: number; now: number; limit: number },
): Promise<{ events: number; requests: number }> {
  const sum = { events: 0, requests: 0 }
  let ends = 0
  for (let calls = 0; calls < 500; calls += 1) {
    const count = await world.store.upkeep.prune(request)
    assert.ok(count.events <= request.limit && count.requests <= request.limit)
    sum.events += count.events
    sum.requests += count.requests
    if (!count.more) ends += 1
    if (ends === 2) return sum
  }
  throw new Error('prune says there is more, for ever')
}

/** The key of what a call says was stored, or is there. */
export function keyOf(result: ReceiveResult, index = 0): EventKey {
  const key = result.results[index]?.key ?? null
  assert.ok(key !== null, 'no event is there')
  return key
}
