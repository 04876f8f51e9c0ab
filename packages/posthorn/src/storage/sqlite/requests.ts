import type { StatementSync } from 'node:sqlite'
import type { EventKey } from '../../domain/event.ts'
import type { RequestId, SourceId, TenantId } from '../../domain/ids.ts'
import type { InboundRequest, Verdict } from '../../domain/inbound-request.ts'
import type { InsertResult, NewEvent } from '../../ports/insert.ts'
import type { ReceiveResult, RequestQuery, RequestStore, SecretUse } from '../../ports/request-store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { type EventTable, InsertChanges } from './events.ts'
import { Conditions } from './filters.ts'
import { HourNotes } from './hours.ts'
import { RememberedIds } from './remembered-ids.ts'
import {
  REQUEST_COLUMNS,
  type ReceivedToWrite,
  type RequestRow,
  type RequestToWrite,
  toRequest,
} from './request-rows.ts'
import { forgetUses, noteUses, usesOf } from './secret-uses.ts'
import { checkText, repaired } from './text.ts'

export class RequestTable implements Sync<RequestStore> {
  readonly #statements: Statements
  readonly #events: EventTable
  readonly #remembered: RememberedIds
  readonly #insert: StatementSync

  constructor(statements: Statements, events: EventTable) {
    this.#statements = statements
    this.#events = events
    this.#remembered = new RememberedIds(statements)
    this.#insert = statements.get(`
      insert into requests (id, tenant_id, source_id, received_at, method, url, address, verdict, reason, status,
        secret_index, event_key, last_event_key, event_ids, headers, body)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  }

  receive(batch: readonly ReceivedToWrite[]): ReceiveResult[] {
    const changes = new InsertChanges()
    const hours = new HourNotes('request_hours')
    const results = batch.map((received) => this.#receiveOne(received, changes, hours))
    this.#events.settle(changes)
    hours.write(this.#statements)
    return results
  }

  #receiveOne(received: ReceivedToWrite, changes: InsertChanges, hours: HourNotes): ReceiveResult {
    const { request, events, onceToken } = received
    const arrivals = this.#isUsed(onceToken, events[0])
      ? events.map((): Arrival => ({ result: UNSEEN, sameBytes: false }))
      : this.#insertEvents(received, changes)
    const results = arrivals.map(({ result }) => result)
    const verdict = verdictOf(results)
    const isElsewhere = events.length !== 1 || arrivals[0]?.sameBytes === true
    const body = request.body ?? (isElsewhere ? null : (events[0]?.event.data ?? null))
    this.#write({ ...request, verdict, body }, spanOf(results), hours)
    return { verdict, results }
  }

  #isUsed(token: string | null, first: NewEvent | undefined): boolean {
    if (token === null || first === undefined) return false
    checkText('token', token)
    return !this.#remembered.take(first.event, token)
  }

  #insertEvents(received: ReceivedToWrite, changes: InsertChanges): Arrival[] {
    const seen = new Set<EventKey>()
    return received.events.map((item) => {
      const arrival = this.#insertEvent(item, received, changes)
      const { result } = arrival
      // What one request brings twice is delivered once.
      const isOld = result.status !== 'stored' && result.key !== null && !seen.has(result.key)
      if (result.key !== null) seen.add(result.key)
      if (!isOld || received.onDuplicate === 'skip') return arrival
      this.#events.redeliver(item, changes)
      return { ...arrival, result: { status: 'redelivered', key: result.key as EventKey } }
    })
  }

  #insertEvent(item: NewEvent, { onDuplicate }: ReceivedToWrite, changes: InsertChanges): Arrival {
    checkText('event id', item.event.id)
    const known = this.#remembered.find(item.event)
    if (known !== null && onDuplicate === 'skip') {
      const isSame = known === item.event.contentHash
      return { result: isSame ? UNSEEN : { status: 'conflict', key: null }, sameBytes: false }
    }
    if (known !== null) this.#remembered.forget(item.event)
    const result = this.#events.insertOne(item, changes)
    return { result, sameBytes: result.status !== 'conflict' }
  }

  note(batch: readonly RequestToWrite[], keep: number): void {
    const hours = new HourNotes('request_hours')
    for (const request of batch) this.#write(request, NO_EVENTS, hours)
    hours.write(this.#statements)
    const trim = this.#statements.get(`
      delete from requests where source_id = ?1 and verdict = ?2 and verdict <> 'accepted' and id <= (
        select id from requests indexed by requests_of_verdict
        where source_id = ?1 and verdict = ?2 and verdict <> 'accepted' order by id desc limit 1 offset ?3)`)
    for (const sourceId of new Set(batch.map((request) => request.sourceId)))
      for (const verdict of OF_STRANGERS) trim.run(sourceId, verdict, keep)
  }

  #write(request: RequestToWrite, span: EventSpan, hours: HourNotes): void {
    const { lastInsertRowid } = this.#insert.run(
      request.id,
      request.tenantId,
      request.sourceId,
      request.receivedAt,
      repaired(request.method),
      repaired(request.url),
      repaired(request.address),
      request.verdict,
      repaired(request.reason),
      request.status,
      request.secretIndex,
      span.first,
      span.last,
      // JSON escapes what text cannot hold: these come back as they were.
      JSON.stringify(request.eventIds),
      typeof request.headers === 'string' ? request.headers : JSON.stringify(request.headers),
      request.body,
    )
    hours.add(request.receivedAt, Number(lastInsertRowid))
  }

  get(tenantId: TenantId, sourceId: SourceId, id: RequestId): InboundRequest | null {
    const row = this.#statements
      .get(`
        select ${REQUEST_COLUMNS}, coalesce(r.body, (
          select data from events e where e.key = r.event_key and json_array_length(r.event_ids) = 1)) as body
        from requests r where r.source_id = ? and r.id = ? and r.tenant_id = ?`)
      .get(sourceId, id, tenantId)
    return row === undefined ? null : toRequest(row as unknown as RequestRow)
  }

  noteUses(batch: readonly SecretUse[]): void {
    noteUses(this.#statements, batch)
  }

  uses(tenantId: TenantId, sourceIds: readonly SourceId[]): SecretUse[] {
    return usesOf(this.#statements, tenantId, sourceIds)
  }

  forgetUses(tenantId: TenantId, sourceId: SourceId, keep: readonly string[]): void {
    forgetUses(this.#statements, tenantId, sourceId, keep)
  }

  list(query: RequestQuery): InboundRequest[] {
    const where = new Conditions()
      .add('r.source_id = ?', query.sourceId)
      .add('+r.tenant_id = ?', query.tenantId)
    if (query.verdict !== null) where.add('r.verdict = ?', query.verdict)
    if (query.before !== null) where.add('r.id < ?', query.before)
    const index =
      query.verdict === null || query.verdict === 'accepted' ? 'requests_of_source' : 'requests_of_verdict'
    const also = index === 'requests_of_verdict' ? " and r.verdict <> 'accepted'" : ''
    const rows = this.#statements
      .get(
        `select ${REQUEST_COLUMNS}, null as body from requests r indexed by ${index}
         where ${where.sql}${also} order by r.id desc limit ?`,
      )
      .all(...where.params, query.limit)
    return rows.map((row) => toRequest(row as unknown as RequestRow))
  }
}

/** What became of one event, and whether what is stored has its bytes. */
interface Arrival {
  readonly result: InsertResult
  readonly sameBytes: boolean
}

/** Of an event that is not there, but known. */
const UNSEEN: InsertResult = { status: 'duplicate', key: null, deliveries: 0 }

/** Verdicts of requests that nobody signed. */
const OF_STRANGERS: readonly Verdict[] = ['refused', 'handshake']

/** Keys of the events of a request. */
interface EventSpan {
  readonly first: EventKey | null
  readonly last: EventKey | null
}

const NO_EVENTS: EventSpan = { first: null, last: null }

/** Those that it brought, which have followed each other; else the first that it repeats. */
function spanOf(results: readonly InsertResult[]): EventSpan {
  const brought = results.filter(({ status }) => status === 'stored')
  const [first, last] = brought.length > 0 ? [brought[0], brought.at(-1)] : [results[0], results[0]]
  return { first: first?.key ?? null, last: last?.key ?? null }
}

function verdictOf(results: readonly InsertResult[]): Verdict {
  if (results.some(({ status }) => status === 'stored')) return 'accepted'
  return results.some(({ status }) => status === 'redelivered') ? 'redelivered' : 'duplicate'
}
