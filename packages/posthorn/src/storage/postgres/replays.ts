import type { DeliveryState, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { SourceId } from '../../domain/ids.ts'
import type { Replay } from '../../domain/records.ts'
import type { ReplayCandidate, ReplayStore } from '../../ports/store.ts'
import { type DeliveryOf, insertDeliveries } from './delivery-insert.ts'
import { holdEvents } from './event-hold.ts'
import { keysBetween } from './keys.ts'
import { REPLAYS } from './record-kinds.ts'
import { RecordTable } from './records.ts'
import type { Sessions } from './session.ts'

export class ReplayTable extends RecordTable<Replay> implements ReplayStore {
  readonly #schema: string

  constructor(sessions: Sessions, schema: string) {
    super(sessions, schema, REPLAYS)
    this.#schema = schema
  }

  async running(): Promise<Replay[]> {
    const rows = await this.sessions.rows<{ doc: string }>(
      `select doc from ${this.#schema}.replays where doc like '%"state":"running"%' order by seq`,
    )
    return rows.map(({ doc }) => JSON.parse(doc) as Replay)
  }

  async scan(replay: Replay, limit: number): Promise<ReplayCandidate[]> {
    const range = keysBetween(replay.since, replay.until)
    const rows = await this.sessions.rows<CandidateRow>(
      `with leased as materialized (
        select id, event_key from ${this.#schema}.pending where lease_token is not null and target_id = $1)
      select e.key, e.type, e.source_id, (
        select d.state from (
          select id, 'pending' as state from ${this.#schema}.pending
          where lease_token is null and event_key = e.key and target_id = $1
          union all
          select id, 'pending' from leased where event_key = e.key
          union all
          select id, state from ${this.#schema}.ended where event_key = e.key and target_id = $1) d
        order by d.id desc limit 1) as last_state
      from ${this.#schema}.events e
      where e.tenant_id = $2 and e.key > $3 and e.key <= $4 and e.received_at >= $5 and e.received_at < $6
      order by e.key limit $7`,
      replay.subscriptionId,
      replay.tenantId,
      Math.max(replay.cursor, range.first - 1),
      range.last,
      replay.since,
      replay.until,
      limit,
    )
    return rows.map((row) => ({
      eventKey: row.key,
      eventType: row.type,
      sourceId: row.source_id === '' ? null : (row.source_id as SourceId),
      lastState: row.last_state,
    }))
  }

  advance(
    next: Replay,
    from: EventKey,
    deliveries: ReadonlyArray<{ eventKey: EventKey; delivery: NewDelivery }>,
  ): Promise<boolean> {
    return this.sessions.transaction(async (query) => {
      const events = await holdEvents(
        query,
        this.#schema,
        deliveries.map(({ eventKey }) => eventKey),
      )
      const stored = await this.findBy(query, 'id', next.tenantId, next.id, 'for update')
      if (stored === null || stored.record.state !== 'running' || stored.record.cursor !== from) return false
      await this.updateIn(query, next, stored.version)
      const made = deliveries.flatMap(({ eventKey, delivery }): DeliveryOf[] => {
        const event = events.get(eventKey)
        // Pruned since it was scanned, or not of this tenant.
        return event?.tenantId === next.tenantId ? [{ ...event, delivery }] : []
      })
      await insertDeliveries(query, this.#schema, made)
      return true
    })
  }
}

interface CandidateRow {
  readonly key: EventKey
  readonly type: string
  readonly source_id: string
  readonly last_state: DeliveryState | null
}
