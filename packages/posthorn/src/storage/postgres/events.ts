import type { EventKey, EventRecord, StoredEvent } from '../../domain/event.ts'
import type { SourceId, TenantId } from '../../domain/ids.ts'
import type { ApplicationTransaction } from '../../ports/application-sql.ts'
import type { InsertResult, NewEvent } from '../../ports/insert.ts'
import type { EventQuery, EventStore } from '../../ports/store.ts'
import { borrowed } from './borrowed.ts'
import { Bytes, columns } from './columns.ts'
import { type DeliveryOf, insertDeliveries } from './delivery-insert.ts'
import { EVENT_COLUMNS, type EventRow, toEvent } from './event-rows.ts'
import { addEventType, Conditions } from './filters.ts'
import { KEY_OF, keysBetween } from './keys.ts'
import type { Partitions } from './partitions.ts'
import type { Query, Sessions } from './session.ts'
import { DUE_BY_NOBODY } from './signals.ts'
import { checkText, fits } from './text.ts'

interface Identity {
  readonly tenant_id: string
  readonly source_id: string
  readonly id: string
}

interface Known extends Identity {
  readonly key: EventKey | null
  readonly content_hash: string
  readonly fan_out: number
}

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
    await this.prepare(batch)
    return this.#sessions.transaction((query) => this.insertIn(query, batch))
  }

  /** Checks, and makes the partitions: to be called before the transaction. */
  async prepare(batch: readonly NewEvent[]): Promise<void> {
    for (const { event } of batch) {
      checkText('event id', event.id)
      checkText('event type', event.type)
      checkText('content type', event.contentType)
    }
    await this.#partitions.events(batch.map(({ event }) => event.receivedAt))
  }

  /** Those who attempt hear of it by the transaction's own word, when it commits. */
  async insertWith(transaction: ApplicationTransaction, batch: readonly NewEvent[]): Promise<InsertResult[]> {
    await this.prepare(batch)
    const results = await this.insertIn(borrowed(transaction), batch, 'later')
    await transaction.execute('select pg_notify($1, $2)::text', [`${this.#schema}_signals`, DUE_BY_NOBODY])
    return results
  }

  /** Within a transaction. Of several with one id the first is stored. */
  async insertIn(
    query: Query,
    batch: readonly NewEvent[],
    pull: 'at once' | 'later' = 'at once',
  ): Promise<InsertResult[]> {
    const firsts = new Map<string, number>()
    batch.forEach(({ event }, index) => {
      const name = nameOf(event)
      if (!firsts.has(name)) firsts.set(name, index)
    })
    const wanted = [...firsts.values()].map((index) => batch[index] as NewEvent)
    const keys = await this.#insertEvents(query, wanted)
    const deliveries = wanted.flatMap((item) => deliveriesOf(item, keys.get(nameOf(item.event))))
    await insertDeliveries(query, this.#schema, deliveries, pull)
    const known = await this.#known(query, batch, firsts, keys)
    return batch.map((item, index) => {
      const name = nameOf(item.event)
      const key = keys.get(name)
      if (key !== undefined && firsts.get(name) === index) return { status: 'stored', key }
      return existing(item.event, known.get(name))
    })
  }

  /** @returns the keys of those that were new */
  async #insertEvents(query: Query, wanted: readonly NewEvent[]): Promise<Map<string, EventKey>> {
    const bytes = new Bytes()
    for (const { event } of wanted) bytes.add(event.data)
    const rows = await query.rows<Identity & { key: EventKey }>(
      `with e as (select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
          $7::bigint[], $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::integer[], $13::integer[],
          $14::integer[])
        as t (tenant_id, source_id, id, type, content_type, content_hash, occurred_at, received_at, request_id, trace,
          dedupe_until, fan_out, at, length)),
      named as (
        insert into ${this.#schema}.event_ids (tenant_id, source_id, id, key, content_hash, fan_out, dedupe_until)
        select tenant_id, source_id, id, ${KEY_OF('received_at', `nextval('${this.#schema}.event_numbers')`)},
          content_hash, fan_out, dedupe_until from e
        on conflict do nothing returning tenant_id, source_id, id, key)
      insert into ${this.#schema}.events (key, tenant_id, source_id, id, type, content_type, content_hash, occurred_at,
        received_at, request_id, trace, dedupe_until, data)
      select n.key, e.tenant_id, e.source_id, e.id, e.type, e.content_type, e.content_hash, e.occurred_at, e.received_at,
        e.request_id, e.trace, e.dedupe_until, substring($15::bytea from e.at for e.length)
      from e join named n using (tenant_id, source_id, id)
      returning tenant_id, source_id, id, key`,
      ...columns(
        wanted,
        ({ event }) => event.tenantId,
        ({ event }) => event.sourceId ?? '',
        ({ event }) => event.id,
        ({ event }) => event.type,
        ({ event }) => event.contentType,
        ({ event }) => event.contentHash,
        ({ event }) => event.occurredAt,
        ({ event }) => event.receivedAt,
        ({ event }) => event.requestId,
        ({ event }) => event.trace,
        ({ event }) => event.dedupeUntil,
        ({ deliveries }) => deliveries.length,
      ),
      bytes.offsets,
      bytes.lengths,
      bytes.joined(),
    )
    return new Map(rows.map((row) => [nameOfRow(row), row.key]))
  }

  /** What is there already of those that were not stored; committed by now, since the insert has waited for it. */
  async #known(
    query: Query,
    batch: readonly NewEvent[],
    firsts: ReadonlyMap<string, number>,
    keys: ReadonlyMap<string, EventKey>,
  ): Promise<Map<string, Known>> {
    const asked = batch.filter(({ event }, index) => {
      const name = nameOf(event)
      return !(keys.has(name) && firsts.get(name) === index)
    })
    if (asked.length === 0) return new Map()
    const rows = await query.rows<Known>(
      `select i.tenant_id, i.source_id, i.id, i.key, i.content_hash, i.fan_out
      from unnest($1::text[], $2::text[], $3::text[]) as t (tenant_id, source_id, id)
      join ${this.#schema}.event_ids i using (tenant_id, source_id, id)`,
      ...columns(
        asked,
        ({ event }) => event.tenantId,
        ({ event }) => event.sourceId ?? '',
        ({ event }) => event.id,
      ),
    )
    return new Map(rows.map((row) => [nameOfRow(row), row]))
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

  async list(query: EventQuery): Promise<StoredEvent[]> {
    const where = new Conditions().add('e.tenant_id = ?', query.tenantId)
    const range = keysBetween(query.since, query.until)
    where.add('e.key >= ? and e.key <= ?', range.first, range.last)
    if (query.before !== null) where.add('e.key < ?', query.before)
    if (query.since !== null) where.add('e.received_at >= ?', query.since)
    if (query.until !== null) where.add('e.received_at < ?', query.until)
    if (query.sourceId !== undefined) where.add('e.source_id = ?', query.sourceId ?? '')
    addEventType(where, 'e.type', query.eventType)
    const { sql, params } = where.numbered()
    const rows = await this.#sessions.rows<EventRow>(
      `select ${EVENT_COLUMNS} from ${this.#schema}.events e where ${sql} order by e.key desc limit $${params.length + 1}`,
      ...params,
      query.limit,
    )
    return rows.map(toEvent)
  }
}

function deliveriesOf({ event, deliveries }: NewEvent, eventKey: EventKey | undefined): DeliveryOf[] {
  if (eventKey === undefined) return []
  const { tenantId, id: eventId, type: eventType } = event
  return deliveries.map((delivery) => ({ eventKey, tenantId, eventId, eventType, delivery }))
}

function existing(event: EventRecord, known: Known | undefined): InsertResult {
  const key = known?.key ?? null
  if (known?.content_hash !== event.contentHash) return { status: 'conflict', key }
  return { status: 'duplicate', key, deliveries: key === null ? 0 : known.fan_out }
}

function nameOf({ tenantId, sourceId, id }: EventRecord): string {
  return `${tenantId}\0${sourceId ?? ''}\0${id}`
}

function nameOfRow({ tenant_id, source_id, id }: Identity): string {
  return `${tenant_id}\0${source_id}\0${id}`
}
