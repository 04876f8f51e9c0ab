import type { DeliveryState, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { SourceId } from '../../domain/ids.ts'
import type { Replay } from '../../domain/records.ts'
import type { ReplayCandidate, ReplayStore } from '../../ports/store.ts'
import { type DeliveryOf, insertDeliveries } from './delivery-insert.ts'
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
      `select e.key, e.type, e.source_id, (
        select d.state from ${this.#schema}.deliveries d
        where d.event_key = e.key and d.target_id = $1 order by d.id desc limit 1) as last_state
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
      const stored = await this.findBy(query, 'id', next.tenantId, next.id, 'for update')
      if (stored === null || stored.record.state !== 'running' || stored.record.cursor !== from) return false
      await this.updateIn(query, next, stored.version)
      const rows = await query.rows<{ key: EventKey; id: string; type: string }>(
        `select key, id, type from ${this.#schema}.events where tenant_id = $1 and key = any($2::bigint[]) for share`,
        next.tenantId,
        deliveries.map(({ eventKey }) => eventKey),
      )
      const events = new Map(rows.map((row) => [row.key, row]))
      const made = deliveries.flatMap(({ eventKey, delivery }): DeliveryOf[] => {
        const event = events.get(eventKey)
        // pruned since it was scanned
        if (event === undefined) return []
        return [{ eventKey, tenantId: next.tenantId, eventId: event.id, eventType: event.type, delivery }]
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
