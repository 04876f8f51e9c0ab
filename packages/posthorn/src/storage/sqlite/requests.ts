import type { StatementSync } from 'node:sqlite'
import type { RequestId, SourceId, TenantId } from '../../domain/ids.ts'
import type { InboundRequest, Verdict } from '../../domain/inbound-request.ts'
import type { InsertResult, NewEvent } from '../../ports/insert.ts'
import type { ReceivedRequest, ReceiveResult, RequestQuery, RequestStore } from '../../ports/request-store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { type EventTable, InsertChanges } from './events.ts'
import { Conditions } from './filters.ts'
import { RememberedIds } from './remembered-ids.ts'
import { REQUEST_COLUMNS, type RequestRow, toRequest } from './request-rows.ts'
import { repaired } from './text.ts'

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
        secret_index, event_key, event_ids, headers, body)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  }

  receive(batch: readonly ReceivedRequest[]): ReceiveResult[] {
    const changes = new InsertChanges()
    const results = batch.map((received) => this.#receiveOne(received, changes))
    this.#events.settle(changes)
    return results
  }

  #receiveOne(received: ReceivedRequest, changes: InsertChanges): ReceiveResult {
    const { request, events, onceToken } = received
    const results = this.#isUsed(onceToken, events[0])
      ? events.map((): InsertResult => ({ status: 'duplicate', key: null, deliveries: 0 }))
      : events.map((item) => this.#insertEvent(item, received, changes))
    const verdict = verdictOf(results)
    const conflict = results.find(({ status }) => status === 'conflict')
    // The event that is there has other bytes: those of this request are kept with it.
    const body = conflict && events.length === 1 ? (events[0]?.event.data ?? null) : request.body
    this.#write({ ...request, verdict, body }, results[0]?.key ?? null)
    return { verdict, results }
  }

  #isUsed(token: string | null, first: NewEvent | undefined): boolean {
    return token !== null && first !== undefined && !this.#remembered.take(first.event, token)
  }

  #insertEvent(item: NewEvent, { onDuplicate }: ReceivedRequest, changes: InsertChanges): InsertResult {
    const known = this.#remembered.find(item.event)
    if (known !== null && onDuplicate === 'skip')
      return known === item.event.contentHash
        ? { status: 'duplicate', key: null, deliveries: 0 }
        : { status: 'conflict', key: null }
    if (known !== null) this.#remembered.forget(item.event)
    const result = this.#events.insertOne(item, changes)
    if (result.status === 'stored' || onDuplicate === 'skip' || result.key === null) return result
    this.#events.deliver(result.key, item, changes)
    return { status: 'redelivered', key: result.key }
  }

  note(batch: readonly InboundRequest[], keep: number): void {
    for (const request of batch) this.#write(request, null)
    // The second condition says nothing new, but without it the planner may not use the partial index.
    const trim = this.#statements.get(`
      delete from requests indexed by requests_of_verdict
      where source_id = ?1 and verdict = 'refused' and verdict <> 'accepted' and id <= (
        select id from requests indexed by requests_of_verdict
        where source_id = ?1 and verdict = 'refused' and verdict <> 'accepted' order by id desc limit 1 offset ?2)`)
    for (const sourceId of new Set(batch.map((request) => request.sourceId))) trim.run(sourceId, keep)
  }

  #write(request: InboundRequest, eventKey: number | null): void {
    this.#insert.run(
      request.id,
      request.tenantId,
      request.sourceId,
      request.receivedAt,
      request.method,
      repaired(request.url),
      request.address,
      request.verdict,
      request.reason,
      request.status,
      request.secretIndex,
      eventKey,
      JSON.stringify(request.eventIds),
      JSON.stringify(request.headers),
      request.body,
    )
  }

  get(tenantId: TenantId, sourceId: SourceId, id: RequestId): InboundRequest | null {
    const row = this.#statements
      .get(`
        select ${REQUEST_COLUMNS}, coalesce(r.body, (
          select data from events e where e.key = r.event_key and e.request_id = r.id)) as body
        from requests r where r.source_id = ? and r.id = ? and r.tenant_id = ?`)
      .get(sourceId, id, tenantId)
    return row === undefined ? null : toRequest(row as unknown as RequestRow)
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

function verdictOf(results: readonly InsertResult[]): Verdict {
  if (results.some(({ status }) => status === 'stored')) return 'accepted'
  return results.some(({ status }) => status === 'redelivered') ? 'redelivered' : 'duplicate'
}
