import type { StatementSync } from 'node:sqlite'
import type { EventKey, StoredEvent } from '../../domain/event.ts'
import type { SourceId, TenantId } from '../../domain/ids.ts'
import type { InsertResult, NewEvent } from '../../ports/insert.ts'
import type { EventLook, EventQuery, EventStore } from '../../ports/store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { DeliveryInsert } from './delivery-insert.ts'
import { EVENT_COLUMNS, type EventRow, LISTED_COLUMNS, toEvent } from './event-rows.ts'
import { addEventType, Conditions } from './filters.ts'
import { HourNotes, keysBetween } from './hours.ts'
import { LaneChanges } from './lane-changes.ts'
import type { LaneTable } from './lanes.ts'
import { checkText, repaired } from './text.ts'

/** What the inserts of one call leave to be written once at its end. */
export class InsertChanges {
  readonly hours = new HourNotes('event_hours')
  readonly lanes = new LaneChanges()
}

export class EventTable implements Sync<EventStore> {
  readonly #statements: Statements
  readonly #lanes: LaneTable
  readonly #insertEvent: StatementSync
  readonly #find: StatementSync
  readonly #deliveries: DeliveryInsert

  constructor(statements: Statements, lanes: LaneTable) {
    this.#statements = statements
    this.#lanes = lanes
    this.#deliveries = new DeliveryInsert(statements)
    this.#insertEvent = statements.get(`
      insert into events (tenant_id, source_id, id, type, content_type, content_hash, occurred_at, received_at,
        request_id, trace, dedupe_until, fan_out, data)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (tenant_id, source_id, id) do nothing`)
    this.#find = statements.get(
      'select key, type, content_hash, fan_out from events where tenant_id = ? and source_id = ? and id = ?',
    )
  }

  insert(batch: readonly NewEvent[]): InsertResult[] {
    const changes = new InsertChanges()
    const results = batch.map((item) => this.insertOne(item, changes))
    this.settle(changes)
    return results
  }

  /** One event; `settle` must follow in the same transaction. */
  insertOne({ event, deliveries }: NewEvent, changes: InsertChanges): InsertResult {
    checkText('event id', event.id)
    checkText('event type', event.type)
    checkText('content type', event.contentType)
    const inserted = this.#insertEvent.run(
      event.tenantId,
      event.sourceId ?? '',
      event.id,
      event.type,
      event.contentType,
      event.contentHash,
      event.occurredAt,
      event.receivedAt,
      repaired(event.requestId),
      repaired(event.trace),
      event.dedupeUntil,
      deliveries.length,
      event.data,
    )
    if (inserted.changes === 0) return this.#existing(event)
    const key = Number(inserted.lastInsertRowid)
    changes.hours.add(event.receivedAt, key)
    this.#deliver(key, event.type, { event, deliveries }, changes)
    return { status: 'stored', key }
  }

  /** The deliveries for an event of this id that is there, whatever its content; `settle` must follow. */
  redeliver(item: NewEvent, changes: InsertChanges): void {
    const { tenantId, sourceId, id } = item.event
    const row = this.#find.get(tenantId, sourceId ?? '', id)
    this.#deliver(Number(row?.key), String(row?.type), item, changes)
  }

  #deliver(key: EventKey, type: string, { event, deliveries }: NewEvent, changes: InsertChanges): void {
    const of = { eventKey: key, tenantId: event.tenantId, eventType: type }
    for (const delivery of deliveries) this.#deliveries.run(of, delivery, changes.lanes)
  }

  settle({ hours, lanes }: InsertChanges): void {
    hours.write(this.#statements)
    this.#lanes.pullForward(lanes)
  }

  #existing(event: NewEvent['event']): InsertResult {
    const row = this.#find.get(event.tenantId, event.sourceId ?? '', event.id)
    const key = Number(row?.key)
    if (row?.content_hash !== event.contentHash) return { status: 'conflict', key }
    return { status: 'duplicate', key, deliveries: Number(row.fan_out) }
  }

  get(tenantId: TenantId, sourceId: SourceId | null, id: string): StoredEvent | null {
    if (!id.isWellFormed()) return null
    const row = this.#statements
      .get(`select ${EVENT_COLUMNS} from events where tenant_id = ? and source_id = ? and id = ?`)
      .get(tenantId, sourceId ?? '', id)
    return row === undefined ? null : toEvent(row as unknown as EventRow)
  }

  byKeys(tenantId: TenantId, keys: readonly EventKey[], as: 'whole' | 'listed'): StoredEvent[] {
    const columns = as === 'whole' ? EVENT_COLUMNS : LISTED_COLUMNS
    const find = this.#statements.get(`select ${columns} from events where key = ? and tenant_id = ?`)
    return keys.flatMap((key) => {
      const row = find.get(key, tenantId)
      return row === undefined ? [] : [toEvent(row as unknown as EventRow)]
    })
  }

  list(query: EventQuery): StoredEvent[] {
    const where = this.#asked(query)
    if (where === null) return []
    const rows = this.#statements
      .get(
        `select ${LISTED_COLUMNS} from events indexed by events_of_tenant where ${where.sql} order by key desc limit ?`,
      )
      .all(...where.params, query.limit)
    return rows.map((row) => toEvent(row as unknown as EventRow))
  }

  search(query: EventQuery, bytes: Uint8Array): EventLook[] {
    const where = this.#asked(query)
    if (where === null) return []
    const rows = this.#statements
      .get(
        `select key, received_at, ${bytes.length === 0 ? '?1 is not null' : 'instr(data, ?1) > 0'} as hit
        from events indexed by events_of_tenant where ${where.sql} order by key desc limit ?`,
      )
      .all(bytes, ...where.params, query.limit)
    return rows.map((row) => ({
      key: Number(row.key),
      receivedAt: Number(row.received_at),
      hit: row.hit === 1,
    }))
  }

  /** null: there can be none. */
  #asked(query: EventQuery): Conditions | null {
    const where = new Conditions().add('tenant_id = ?', query.tenantId)
    if (query.since !== null || query.until !== null) {
      const range = keysBetween(this.#statements, 'event_hours', query.since, query.until)
      if (range === null) return null
      where.add('key >= ? and key <= ?', range.first, range.last)
    }
    if (query.before !== null) where.add('key < ?', query.before)
    if (query.since !== null) where.add('received_at >= ?', query.since)
    if (query.until !== null) where.add('received_at < ?', query.until)
    if (query.sourceId !== undefined) where.add('+source_id = ?', query.sourceId ?? '')
    addEventType(where, 'type', query.eventType)
    return where
  }
}
