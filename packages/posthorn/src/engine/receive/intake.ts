import { type EventItem, eventItems, type ProviderEvent } from '@posthorn/receiver/providers'
import { ownBytes } from '../../domain/bytes.ts'
import type { EventRecord } from '../../domain/event.ts'
import { LIMITS } from '../../domain/limits.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { Target, TargetFinder } from '../deliver/target.ts'
import type { EventTypeGate } from '../publish/event-type-gate.ts'
import { contentHash } from '../publish/new-records.ts'
import type { Arrival, ArrivedEvent } from '../publish/publisher.ts'
import { eventIds, freshId, plainId, plainType } from './identity.ts'
import type { InboxSettings } from './inbox-settings.ts'
import { isOfTenant, isTest } from './payload.ts'
import { keptRequest, type Visit } from './visit.ts'

export interface IntakeParts {
  readonly finder: TargetFinder
  readonly gate: EventTypeGate
  readonly clock: Clock
  readonly random: Random
}

/** A request that was verified and still is not for this source. */
export class NotTaken extends Error {
  override readonly name = 'NotTaken'
  readonly reason: 'tenant_mismatch'

  constructor(reason: 'tenant_mismatch') {
    super(reason)
    this.reason = reason
  }
}

/** An event with the reason why it goes nowhere, if it does not. */
export interface TakenEvent extends ArrivedEvent {
  readonly skipped: string | null
}

export interface Taken extends Arrival {
  readonly events: readonly TakenEvent[]
}

export interface How {
  /** Where the provider's ids do not count: they become new events, whatever was there before. */
  readonly freshIds?: boolean
  /** What is there already is delivered again, and a token that holds once may have been used. */
  readonly again?: boolean
  /** No secret fitted: it is taken in by somebody's word. */
  readonly unverified?: boolean
}

/** Takes the events out of a verified request. */
export class Intake {
  readonly #settings: InboxSettings
  readonly #parts: IntakeParts

  constructor(settings: InboxSettings, parts: IntakeParts) {
    this.#settings = settings
    this.#parts = parts
  }

  /**
   * Without a promise where everything is in memory. Throws or rejects.
   * @throws NotTaken; PosthornError schema_mismatch, event_type_archived
   */
  take(verified: ProviderEvent, visit: Visit, how: How = {}): Taken | Promise<Taken> {
    const { provider, expectedTenant, checkSchemas } = this.#settings
    const items = eventItems(provider.items, verified)
    if (expectedTenant !== null && !isOfTenant(verified, items, expectedTenant))
      throw new NotTaken('tenant_mismatch')
    const events = this.#events(verified, items, visit, how)
    const checks = checkSchemas ? events.map((event) => this.#parts.gate.check(event)) : []
    const found = this.#match(events)
    const make = (targets: ReadonlyArray<readonly Target[]>) =>
      this.#taken(verified, visit, how, { items, events, targets })
    if (checks.every((check) => check === null) && found.every(isThere)) return make(found)
    return Promise.all([Promise.all(found), ...checks]).then(([targets]) => make(targets))
  }

  #events(verified: ProviderEvent, items: readonly EventItem[], visit: Visit, how: How): EventRecord[] {
    const { tenant, id: sourceId, provider, dedupeS } = this.#settings
    const ids =
      how.freshIds === true
        ? items.map(() => freshId(this.#parts))
        : eventIds(items, provider.withoutId, this.#parts)
    const occurredAt = instantOf(verified.timestamp) ?? visit.at
    return items.map((item, index) => {
      const type = plainType(item.type)
      const contentType = item.body === verified.body ? plainContentType(verified.contentType) : JSON_TYPE
      return {
        tenantId: tenant.id,
        sourceId,
        id: ids[index] as string,
        type,
        contentType,
        data: ownBytes(item.body),
        contentHash: contentHash(type, contentType, item.body),
        occurredAt,
        receivedAt: visit.at,
        requestId: visit.id,
        trace: visit.span.traceparent,
        dedupeUntil: visit.at + dedupeS * 1000,
      }
    })
  }

  /** Each type is looked up once: a batch has few. */
  #match(events: readonly EventRecord[]): Array<readonly Target[] | Promise<readonly Target[]>> {
    const { tenant, id } = this.#settings
    const known = new Map<string, readonly Target[] | Promise<readonly Target[]>>()
    return events.map(({ type }) => {
      const found = known.get(type) ?? this.#parts.finder.match(tenant.id, id, type)
      known.set(type, found)
      return found
    })
  }

  #taken(
    verified: ProviderEvent,
    visit: Visit,
    how: How,
    found: {
      readonly items: readonly EventItem[]
      readonly events: readonly EventRecord[]
      readonly targets: ReadonlyArray<readonly Target[]>
    },
  ): Taken {
    const { items, events, targets } = found
    const token = how.again === true ? undefined : verified.oneTimeToken
    const isWhole = items.length === 1 && items[0]?.body === verified.body
    const request = keptRequest(visit, this.#settings, {
      verdict: 'accepted',
      reason: null,
      status: this.#settings.provider.answers.success.status,
      secretIndex: how.unverified === true ? null : verified.secretIndex,
      eventIds: events.slice(0, LIMITS.requestEventIds).map(({ id }) => id),
      body: isWhole ? null : ownBytes(verified.body),
    })
    return {
      request,
      events: events.map((event, index) => this.#routed(event, targets[index] ?? [])),
      onceToken: token === undefined ? null : plainId(token),
      onDuplicate: how.again === true || this.#isLetThrough(events, visit.at) ? 'deliver' : 'skip',
    }
  }

  #routed(event: EventRecord, targets: readonly Target[]): TakenEvent {
    if (this.#settings.testEvents === 'skip' && isTest(event.data))
      return { event, targets: [], skipped: 'a test event' }
    return {
      event,
      targets,
      skipped: targets.length === 0 ? 'no subscription or handler for its type' : null,
    }
  }

  /** Of a batch all items are, if one of them is: a request is stored by one rule. */
  #isLetThrough(events: readonly EventRecord[], now: number): boolean {
    return this.#settings.letThrough.some(
      ({ eventId, until }) => until > now && (eventId === null || events.some(({ id }) => id === eventId)),
    )
  }
}

const JSON_TYPE = 'application/json'
/** What goes out again as a header. */
const CONTENT_TYPE = /^[\x20-\x7e]{1,255}$/
const FIRST_INSTANT = Date.parse('0001-01-01T00:00:00Z')
const LAST_INSTANT = Date.parse('9999-12-31T23:59:59.999Z')

function plainContentType(given: string | undefined): string {
  if (given === undefined) return JSON_TYPE
  return CONTENT_TYPE.test(given) ? given : 'application/octet-stream'
}

/** Some providers sign a date as text: what ISO 8601 cannot write is no instant. */
function instantOf(ms: number | undefined): number | undefined {
  return ms !== undefined && ms >= FIRST_INSTANT && ms <= LAST_INSTANT ? Math.trunc(ms) : undefined
}

function isThere<T>(value: T | Promise<T>): value is T {
  return !(value instanceof Promise)
}
