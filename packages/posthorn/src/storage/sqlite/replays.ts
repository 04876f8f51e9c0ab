import type { DeliveryState, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { SourceId } from '../../domain/ids.ts'
import type { Replay } from '../../domain/records.ts'
import type { ReplayCandidate, ReplayStore } from '../../ports/store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { DeliveryInsert } from './delivery-insert.ts'
import { keysBetween } from './hours.ts'
import { LaneChanges } from './lane-changes.ts'
import type { LaneTable } from './lanes.ts'
import { REPLAYS } from './record-kinds.ts'
import { RecordTable } from './records.ts'

export class ReplayTable extends RecordTable<Replay> implements Sync<ReplayStore> {
  readonly #statements: Statements
  readonly #lanes: LaneTable
  readonly #deliveries: DeliveryInsert

  constructor(statements: Statements, lanes: LaneTable) {
    super(statements, REPLAYS)
    this.#statements = statements
    this.#lanes = lanes
    this.#deliveries = new DeliveryInsert(statements)
  }

  running(): Replay[] {
    return this.#statements
      .get("select doc from replays where doc ->> 'state' = 'running' order by seq")
      .all()
      .map((row) => JSON.parse(String(row.doc)) as Replay)
  }

  scan(replay: Replay, limit: number): ReplayCandidate[] {
    const range = keysBetween(this.#statements, 'event_hours', replay.since, replay.until)
    if (range === null) return []
    const rows = this.#statements
      .get(`
        select key, type, source_id, (
          select state from deliveries indexed by deliveries_of_event
          where event_key = events.key and target_id = ? order by id desc limit 1) as last_state
        from events indexed by events_of_tenant
        where tenant_id = ? and key > ? and key <= ? and received_at >= ? and received_at < ?
        order by key limit ?`)
      .all(
        replay.subscriptionId,
        replay.tenantId,
        Math.max(replay.cursor, range.first - 1),
        range.last,
        replay.since,
        replay.until,
        limit,
      )
    return rows.map((row) => ({
      eventKey: Number(row.key),
      eventType: String(row.type),
      sourceId: row.source_id === '' ? null : (row.source_id as SourceId),
      lastState: row.last_state as DeliveryState | null,
    }))
  }

  advance(
    next: Replay,
    from: EventKey,
    deliveries: ReadonlyArray<{ eventKey: EventKey; delivery: NewDelivery }>,
  ): boolean {
    const stored = this.get(next.tenantId, next.id)
    if (stored === null || stored.record.state !== 'running' || stored.record.cursor !== from) return false
    this.update(next, stored.version)
    const lanes = new LaneChanges()
    const find = this.#statements.get('select type from events where key = ? and tenant_id = ?')
    for (const { eventKey, delivery } of deliveries) {
      const event = find.get(eventKey, next.tenantId)
      // pruned since it was scanned
      if (event === undefined) continue
      const origin = { eventKey, tenantId: next.tenantId, eventType: String(event.type) }
      this.#deliveries.run(origin, delivery, lanes)
    }
    this.#lanes.pullForward(lanes)
    return true
  }
}
