import type { EventKey } from '../../domain/event.ts'
import type { RequestId, SourceId, TenantId } from '../../domain/ids.ts'
import type { InboundRequest, Verdict } from '../../domain/inbound-request.ts'
import type { InsertResult, NewEvent } from '../../ports/insert.ts'
import type {
  ReceivedRequest,
  ReceiveResult,
  RequestQuery,
  RequestStore,
  SecretUse,
} from '../../ports/request-store.ts'
import { Bytes, columns } from './columns.ts'
import { type DeliveryOf, insertDeliveries } from './delivery-insert.ts'
import { type HeldEvent, holdEvents } from './event-hold.ts'
import type { EventTable } from './events.ts'
import { BeginAnew } from './failures.ts'
import { Conditions } from './filters.ts'
import { reviveForgotten, takeTokens } from './once.ts'
import { REQUEST_COLUMNS, type RequestRow, toRequest } from './request-rows.ts'
import { forgetUses, noteUses, usesOf } from './secret-uses.ts'
import type { Query, Sessions } from './session.ts'
import { fits, repaired } from './text.ts'

interface Row extends InboundRequest {
  readonly eventKey: number | null
  readonly lastEventKey: number | null
}

export class RequestTable implements RequestStore {
  readonly #sessions: Sessions
  readonly #schema: string
  readonly #events: EventTable

  constructor(sessions: Sessions, schema: string, events: EventTable) {
    this.#sessions = sessions
    this.#schema = schema
    this.#events = events
  }

  receive(batch: readonly ReceivedRequest[]): Promise<ReceiveResult[]> {
    const events = batch.flatMap((received) => received.events)
    return this.#events.prepared(events, () => this.#receive(batch))
  }

  #receive(batch: readonly ReceivedRequest[]): Promise<ReceiveResult[]> {
    return this.#sessions.transaction(async (query) => {
      const used = await takeTokens(query, this.#schema, batch)
      const fresh = batch.filter((received) => !used.has(received))
      await reviveForgotten(query, this.#schema, fresh)
      const inserted = await this.#events.insertIn(
        query,
        fresh.flatMap(({ events }) => events),
      )
      const results = batch.map((received) =>
        used.has(received)
          ? received.events.map((): InsertResult => ({ status: 'duplicate', key: null, deliveries: 0 }))
          : inserted.splice(0, received.events.length),
      )
      const settled = batch.map((received, index) => redelivered(received, results[index] ?? []))
      const added = settled.flatMap(({ deliveries }) => deliveries)
      if (added.length > 0) await this.#addToHeld(query, added)
      await this.#write(
        query,
        batch.map((received, index) => rowOf(received, results[index] ?? [], settled[index]?.results ?? [])),
      )
      return settled.map(({ results: final }) => ({ verdict: verdictOf(final), results: final }))
    })
  }

  /** @throws BeginAnew when an event was pruned since its id was looked up: then it is a new one */
  async #addToHeld(query: Query, added: readonly DeliveryOf[]): Promise<void> {
    const keys = [...new Set(added.map(({ eventKey }) => eventKey))]
    const held = await holdEvents(query, this.#schema, keys)
    if (held.size < keys.length) throw new BeginAnew('an event to be delivered again was just removed')
    // With the type that is stored, whatever came now.
    const rows = added.map((one) => ({ ...one, ...(held.get(one.eventKey) as HeldEvent) }))
    await insertDeliveries(query, this.#schema, rows)
  }

  async note(batch: readonly InboundRequest[], keep: number): Promise<void> {
    await this.#sessions.transaction(async (query) => {
      await this.#write(
        query,
        batch.map((request) => ({ ...request, eventKey: null, lastEventKey: null })),
      )
      for (const sourceId of new Set(batch.map((request) => request.sourceId)))
        for (const verdict of ['refused', 'handshake'])
          await query.rows(
            `delete from ${this.#schema}.requests where source_id = $1 and verdict = '${verdict}' and id <= (
              select id from ${this.#schema}.requests where source_id = $1 and verdict = '${verdict}'
              order by id desc limit 1 offset $2)`,
            sourceId,
            keep,
          )
    })
  }

  async #write(query: Query, rows: readonly Row[]): Promise<void> {
    const bodies = new Bytes()
    for (const { body } of rows) bodies.add(body)
    await query.rows(
      `insert into ${this.#schema}.requests (id, tenant_id, source_id, received_at, method, url, address, verdict, reason,
        status, secret_index, event_key, last_event_key, event_ids, headers, body)
      select id, tenant_id, source_id, received_at, method, url, address, verdict, reason, status, secret_index, event_key,
        last_event_key, event_ids, headers, case when length >= 0 then substring($18::bytea from at for length) end
      from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::text[], $10::integer[], $11::integer[], $12::bigint[], $13::bigint[], $14::text[], $15::text[], $16::integer[], $17::integer[])
      as t (id, tenant_id, source_id, received_at, method, url, address, verdict, reason, status, secret_index, event_key,
        last_event_key, event_ids, headers, at, length)`,
      ...columns(
        rows,
        (row) => row.id,
        (row) => row.tenantId,
        (row) => row.sourceId,
        (row) => row.receivedAt,
        (row) => repaired(row.method),
        (row) => repaired(row.url),
        (row) => repaired(row.address),
        (row) => row.verdict,
        (row) => repaired(row.reason),
        (row) => row.status,
        (row) => row.secretIndex,
        (row) => row.eventKey,
        (row) => row.lastEventKey,
        (row) => JSON.stringify(row.eventIds),
        (row) => JSON.stringify(row.headers),
      ),
      bodies.offsets,
      bodies.lengths,
      bodies.joined(),
    )
  }

  async get(tenantId: TenantId, sourceId: SourceId, id: RequestId): Promise<InboundRequest | null> {
    if (!fits(id) || !fits(sourceId)) return null
    const [row] = await this.#sessions.rows<RequestRow>(
      `select ${REQUEST_COLUMNS}, coalesce(r.body, (
        select e.data from ${this.#schema}.events e where e.key = r.event_key and json_array_length(r.event_ids::json) = 1)) as body
      from ${this.#schema}.requests r where r.source_id = $1 and r.id = $2 and r.tenant_id = $3`,
      sourceId,
      id,
      tenantId,
    )
    return row === undefined ? null : toRequest(row)
  }

  noteUses(batch: readonly SecretUse[]): Promise<void> {
    return noteUses(this.#sessions, this.#schema, batch)
  }

  uses(tenantId: TenantId, sourceIds: readonly SourceId[]): Promise<SecretUse[]> {
    return usesOf(this.#sessions, this.#schema, tenantId, sourceIds)
  }

  forgetUses(tenantId: TenantId, sourceId: SourceId, keep: readonly string[]): Promise<void> {
    return forgetUses(this.#sessions, this.#schema, tenantId, sourceId, keep)
  }

  async list(query: RequestQuery): Promise<InboundRequest[]> {
    const where = new Conditions()
      .add('r.source_id = ?', query.sourceId)
      .add('r.tenant_id = ?', query.tenantId)
    if (query.verdict !== null) where.add(`r.verdict = '${query.verdict}'`)
    if (query.before !== null) where.add('r.id < ?', query.before)
    const { sql, params } = where.numbered()
    const rows = await this.#sessions.rows<RequestRow>(
      `select ${REQUEST_COLUMNS}, null as body from ${this.#schema}.requests r
      where ${sql} order by r.id desc limit $${params.length + 1}`,
      ...params,
      query.limit,
    )
    return rows.map(toRequest)
  }
}

/** Where it was asked for, the deliveries of events that were there already. */
function redelivered(
  { onDuplicate, events }: ReceivedRequest,
  results: readonly InsertResult[],
): { readonly results: readonly InsertResult[]; readonly deliveries: readonly DeliveryOf[] } {
  if (onDuplicate === 'skip') return { results, deliveries: [] }
  const deliveries: DeliveryOf[] = []
  const seen = new Set<EventKey>()
  const final = results.map((result, index): InsertResult => {
    const item = events[index] as NewEvent
    // What one request brings twice is delivered once.
    const isOld = result.status !== 'stored' && result.key !== null && !seen.has(result.key)
    if (result.key !== null) seen.add(result.key)
    if (!isOld || result.key === null) return result
    const { tenantId, id: eventId, type: eventType } = item.event
    for (const delivery of item.deliveries)
      deliveries.push({ eventKey: result.key, tenantId, eventId, eventType, delivery })
    return { status: 'redelivered', key: result.key }
  })
  return { results: final, deliveries }
}

/** @param found before what was there was delivered again */
function rowOf(
  { request, events }: ReceivedRequest,
  found: readonly InsertResult[],
  results: readonly InsertResult[],
): Row {
  const [only] = found
  // Bytes that no stored event has are kept with their request.
  const isElsewhere = events.length !== 1 || (only?.key != null && only.status !== 'conflict')
  const body = request.body ?? (isElsewhere ? null : (events[0]?.event.data ?? null))
  const brought = results.filter(({ status }) => status === 'stored')
  const [first, last] = brought.length > 0 ? [brought[0], brought.at(-1)] : [results[0], results[0]]
  const keys = { eventKey: first?.key ?? null, lastEventKey: last?.key ?? null }
  return { ...request, verdict: verdictOf(results), body, ...keys }
}

function verdictOf(results: readonly InsertResult[]): Verdict {
  if (results.some(({ status }) => status === 'stored')) return 'accepted'
  return results.some(({ status }) => status === 'redelivered') ? 'redelivered' : 'duplicate'
}
