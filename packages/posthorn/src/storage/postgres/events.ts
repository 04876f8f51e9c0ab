import type { EventKey, EventRecord, StoredEvent } from '../../domain/event.ts'
import type { SourceId, TenantId } from '../../domain/ids.ts'
import type { ApplicationTransaction } from '../../ports/application-sql.ts'
import type { InsertResult, NewEvent } from '../../ports/insert.ts'
import type { EventLook, EventQuery, EventStore } from '../../ports/store.ts'
import { borrowed } from './borrowed.ts'
import { checkTargets, type Pull } from './delivery-insert.ts'
import { type Known, type Placed, placeEvents } from './event-insert.ts'
import { EVENT_COLUMNS, type EventRow, LISTED_COLUMNS, toEvent } from './event-rows.ts'
import { addEventType, Conditions } from './filters.ts'
import { keysBetween } from './keys.ts'
import { forgetGone } from './once.ts'
import type { Partitions } from './partitions.ts'
import type { Query, Sessions } from './session.ts'
import { DUE_BY_NOBODY } from './signals.ts'
import { checkText, fits } from './text.ts'

type Found = NonNullable<Placed>

export class EventTable implements EventStore {
  readonly #sessions: Sessions
  readonly #schema: string
  readonly #partitions: Partitions

  constructor(sessions: Sessions, schema: string, partitions: Partitions) {
    this.#sessions = sessions
    this.#schema = schema
    this.#partitions = partitions
  }

  async insert(batch: readonly NewEvent[]): Promise<InsertResult[]> {
    return this.prepared(batch, () => this.insertIn(this.#sessions, batch))
  }

  /** Checks, makes the partitions, and then runs what writes: not within a transaction. */
  async prepared<T>(batch: readonly NewEvent[], run: () => Promise<T>): Promise<T> {
    checkEvents(batch)
    return this.#partitions.forEvents(
      batch.map(({ event }) => event.receivedAt),
      run,
    )
  }

  /** Those who attempt hear of it by the transaction's own word, when it commits. */
  async insertWith(transaction: ApplicationTransaction, batch: readonly NewEvent[]): Promise<InsertResult[]> {
    // Nobody may attempt what is not committed.
    const unleased = batch.map(({ event, deliveries }) => ({
      event,
      deliveries: deliveries.map((delivery) => ({ ...delivery, lease: null })),
    }))
    checkEvents(unleased)
    await this.#partitions.events(unleased.map(({ event }) => event.receivedAt))
    const results = await this.insertIn(borrowed(transaction), unleased, 'later')
    await transaction.execute('select pg_notify($1, $2)::text', [`${this.#schema}_signals`, DUE_BY_NOBODY])
    return results
  }

  /** All in one statement: without a transaction around it it is one. Of several with one id the first is stored. */
  async insertIn(query: Query, batch: readonly NewEvent[], pull: Pull = 'at once'): Promise<InsertResult[]> {
    const firsts = new Map<string, number>()
    for (const [index, { event }] of batch.entries()) {
      const name = nameOf(event)
      if (!firsts.has(name)) firsts.set(name, index)
    }
    const wanted = [...firsts.values()]
    const placed = await this.#place(
      query,
      wanted.map((index) => batch[index] as NewEvent),
      pull,
    )
    const byName = new Map(
      wanted.map((index, place) => [nameOf(batch[index]?.event as EventRecord), placed[place] as Found]),
    )
    return batch.map(({ event }, index) => {
      const name = nameOf(event)
      const first = firsts.get(name) as number
      const found = byName.get(name) as Found
      if (!('stored' in found)) return existing(event, found.known)
      const { event: stored, deliveries } = batch[first] as NewEvent
      if (first === index) return { status: 'stored', key: found.stored }
      return existing(event, {
        key: found.stored,
        contentHash: stored.contentHash,
        fanOut: deliveries.length,
        dedupeUntil: stored.dedupeUntil,
      })
    })
  }

  /** What others have stored since the statement began is not seen by it: that is looked up, or stored after all. */
  async #place(query: Query, wanted: readonly NewEvent[], pull: Pull): Promise<Found[]> {
    const placed = await placeEvents(query, this.#schema, wanted, pull)
    const over = wanted.filter(({ event }, index) => isOver(placed[index] ?? null, event))
    if (over.length > 0) await forgetGone(query, this.#schema, over)
    const again = placed.map((one, index) =>
      one === null || over.includes(wanted[index] as NewEvent) ? null : one,
    )
    const left = wanted.filter((_, index) => again[index] === null)
    if (left.length === 0) return again as Found[]
    const others = [...(await this.#place(query, left, pull))]
    return again.map((one) => one ?? (others.shift() as Found))
  }

  async get(tenantId: TenantId, sourceId: SourceId | null, id: string): Promise<StoredEvent | null> {
    if (!fits(id)) return null
    const [row] = await this.#sessions.rows<EventRow>(
      `select ${EVENT_COLUMNS} from ${this.#schema}.event_ids i join ${this.#schema}.events e on e.key = i.key
      where i.tenant_id = $1 and i.source_id = $2 and i.id = $3`,
      tenantId,
      sourceId ?? '',
      id,
    )
    return row === undefined ? null : toEvent(row)
  }

  async byKeys(
    tenantId: TenantId,
    keys: readonly EventKey[],
    as: 'whole' | 'listed',
  ): Promise<StoredEvent[]> {
    const columns = as === 'whole' ? EVENT_COLUMNS : LISTED_COLUMNS
    const rows = await this.#sessions.rows<EventRow>(
      `select ${columns} from ${this.#schema}.events e where e.key = any($1::bigint[]) and e.tenant_id = $2`,
      keys,
      tenantId,
    )
    return rows.map(toEvent)
  }

  async list(query: EventQuery): Promise<StoredEvent[]> {
    const { sql, params } = asked(query).numbered()
    const rows = await this.#sessions.rows<EventRow>(
      `select ${LISTED_COLUMNS} from ${this.#schema}.events e where ${sql} order by e.key desc limit $${params.length + 1}`,
      ...params,
      query.limit,
    )
    return rows.map(toEvent)
  }

  async search(query: EventQuery, bytes: Uint8Array): Promise<EventLook[]> {
    const { sql, params } = asked(query).numbered()
    const rows = await this.#sessions.rows<{ key: number; received_at: number; hit: boolean }>(
      `select e.key, e.received_at, ${bytes.length === 0 ? `$${params.length + 1}::bytea is not null` : `position($${params.length + 1}::bytea in e.data) > 0`} as hit
      from ${this.#schema}.events e where ${sql} order by e.key desc limit $${params.length + 2}`,
      ...params,
      Buffer.from(bytes),
      query.limit,
    )
    return rows.map(({ key, received_at, hit }) => ({ key, receivedAt: received_at, hit }))
  }
}

function asked(query: EventQuery): Conditions {
  const where = new Conditions().add('e.tenant_id = ?', query.tenantId)
  const range = keysBetween(query.since, query.until)
  where.add('e.key >= ? and e.key <= ?', range.first, range.last)
  if (query.before !== null) where.add('e.key < ?', query.before)
  if (query.since !== null) where.add('e.received_at >= ?', query.since)
  if (query.until !== null) where.add('e.received_at < ?', query.until)
  if (query.sourceId !== undefined) where.add('e.source_id = ?', query.sourceId ?? '')
  addEventType(where, 'e.type', query.eventType)
  return where
}

/** An id whose event is gone and that need not be remembered any more: the prune has not come to it yet. */
function isOver(placed: Placed, { receivedAt }: EventRecord): boolean {
  if (placed === null || 'stored' in placed || placed.known.key !== null) return false
  return (placed.known.dedupeUntil ?? 0) <= receivedAt
}

/** @throws PosthornError `invalid_request` */
export function checkEvents(batch: readonly NewEvent[]): void {
  for (const { event, deliveries } of batch) {
    checkText('event id', event.id)
    checkText('event type', event.type)
    checkText('content type', event.contentType)
    checkTargets(deliveries)
  }
}

export function existing(event: EventRecord, { key, contentHash, fanOut }: Known): InsertResult {
  if (contentHash !== event.contentHash) return { status: 'conflict', key }
  return { status: 'duplicate', key, deliveries: key === null ? 0 : fanOut }
}

function nameOf({ tenantId, sourceId, id }: EventRecord): string {
  return `${tenantId}\0${sourceId ?? ''}\0${id}`
}
