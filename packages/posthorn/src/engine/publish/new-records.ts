import { hash } from 'node:crypto'
import type { Delivery, Lease, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey, EventRecord } from '../../domain/event.ts'
import { ID_RANDOM_BYTES, makeId, type ReplayId, type TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Target } from '../deliver/target.ts'

interface Sources {
  readonly clock: Clock
  readonly random: Random
}

export interface NewDeliveryOptions {
  /** epoch ms; default now */
  readonly dueAt?: number
  readonly lease?: Lease | null
  readonly replayId?: ReplayId | null
}

/** A delivery to a target, made now. */
export function newDelivery(
  { clock, random }: Sources,
  { id: targetId, format }: Pick<Target, 'id' | 'format'>,
  { dueAt, lease = null, replayId = null }: NewDeliveryOptions = {},
): NewDelivery {
  const now = clock.now()
  const id = makeId('dlv', now, random.bytes(ID_RANDOM_BYTES))
  return { id, targetId, format, dueAt: dueAt ?? now, createdAt: now, replayId, lease }
}

/** An event that Posthorn itself tells a tenant: a test, or something of operation. */
export function ownEvent(
  { clock, random }: Sources,
  tenantId: TenantId,
  type: string,
  content: object,
): EventRecord {
  const now = clock.now()
  const contentType = 'application/json'
  const data = Buffer.from(JSON.stringify(content))
  return {
    tenantId,
    sourceId: null,
    id: makeId('evt', now, random.bytes(ID_RANDOM_BYTES)),
    type,
    contentType,
    data,
    contentHash: contentHash(type, contentType, data),
    occurredAt: now,
    receivedAt: now,
    requestId: null,
    trace: null,
    dedupeUntil: null,
  }
}

/** The delivery as the store has it now, without reading it. */
export function toDelivery(
  made: NewDelivery,
  event: { id: string; type: string; tenantId: TenantId },
  eventKey: EventKey,
): Delivery {
  return {
    id: made.id,
    tenantId: event.tenantId,
    eventKey,
    eventId: event.id,
    eventType: event.type,
    targetId: made.targetId,
    format: made.format,
    state: 'pending',
    dueAt: made.dueAt,
    attempts: 0,
    scheduleStart: 0,
    leaseToken: made.lease?.token ?? null,
    leaseUntil: made.lease?.until ?? null,
    createdAt: made.createdAt,
    finishedAt: null,
    lastStatusCode: null,
    lastError: null,
    replayId: made.replayId,
  }
}

/**
 * Where most contents are put together: two Buffers fewer for each, 0.9 µs instead of 1.3 for 1 KiB. Everything here is
 * synchronous, so nobody else is at it between writing and hashing.
 */
const gathered = Buffer.alloc(16_384)

/** Tells a repeated publish from a conflicting one. Length-prefixed, so that no two contents share a text. */
export function contentHash(type: string, contentType: string, data: Uint8Array): string {
  const head = `${type.length}:${type}${contentType.length}:${contentType}`
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (head.length * 3 + data.length > gathered.length)
    return hash('sha256', Buffer.concat([Buffer.from(head), data]), 'hex')
  const start = gathered.write(head)
  gathered.set(data, start)
  return hash('sha256', gathered.subarray(0, start + data.length), 'hex')
}
