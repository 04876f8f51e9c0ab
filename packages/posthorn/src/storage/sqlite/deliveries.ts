import type { DeadLetterGroup } from '../../domain/dead-letters.ts'
import type { Attempt, Delivery, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { AttemptId, DeliveryId, TenantId } from '../../domain/ids.ts'
import { applyTransition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import type { DeliveryStats, FailedAttempt, StatsQuery } from '../../ports/stats.ts'
import type { DeliveryQuery, DeliveryStore, HandChange, Standing } from '../../ports/store.ts'
import { AuditTable } from './audit.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { DeliveryInsert } from './delivery-insert.ts'
import { listDeliveries } from './delivery-list.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, toDelivery } from './delivery-rows.ts'
import { FinishWrite } from './finish.ts'
import { LaneChanges } from './lane-changes.ts'
import type { LaneTable } from './lanes.ts'
import { deadLetters, standing } from './standing.ts'
import { deliveryStats, failingSince, lastFailure } from './stats.ts'
import { repaired } from './text.ts'

export class DeliveryTable implements Sync<DeliveryStore> {
  readonly #statements: Statements
  readonly #lanes: LaneTable
  readonly #finish: FinishWrite
  readonly #insert: DeliveryInsert
  readonly #audit: AuditTable

  constructor(statements: Statements, lanes: LaneTable) {
    this.#statements = statements
    this.#lanes = lanes
    this.#finish = new FinishWrite(statements)
    this.#insert = new DeliveryInsert(statements)
    this.#audit = new AuditTable(statements)
  }

  finish(batch: readonly Finish[]): boolean[] {
    const lanes = new LaneChanges()
    const fitted = batch.map((finish) => this.#finish.run(finish, lanes))
    this.#lanes.pullForward(lanes)
    return fitted
  }

  add(eventKey: EventKey, tenantId: TenantId, deliveries: readonly NewDelivery[]): boolean {
    const event = this.#statements
      .get('select type from events where key = ? and tenant_id = ?')
      .get(eventKey, tenantId)
    if (event === undefined) return false
    const lanes = new LaneChanges()
    const origin = { eventKey, tenantId, eventType: String(event.type) }
    for (const delivery of deliveries) this.#insert.run(origin, delivery, lanes)
    this.#lanes.pullForward(lanes)
    return true
  }

  change(request: HandChange): { delivery: Delivery; changed: boolean } | null {
    const delivery = this.get(request.tenantId, request.id)
    if (delivery === null) return null
    const held = delivery.leaseUntil !== null && delivery.leaseUntil > request.now
    if (held || !request.from.includes(delivery.state)) return { delivery, changed: false }
    const changed = applyTransition(delivery, request.transition)
    this.#write(changed)
    if (request.audit !== undefined) this.#audit.append([request.audit])
    if (changed.state === 'pending') {
      const lanes = new LaneChanges()
      lanes.waits(changed.targetId, changed.tenantId, changed.dueAt)
      this.#lanes.pullForward(lanes)
    } else this.#lanes.settle(changed.targetId)
    return { delivery: changed, changed: true }
  }

  #write(delivery: Delivery): void {
    this.#statements
      .get(`
        update deliveries set state = ?, due_at = ?, attempts = ?, schedule_start = ?, lease_token = ?, lease_until = ?,
          finished_at = ?, last_status_code = ?, last_error = ? where id = ?`)
      .run(
        delivery.state,
        delivery.dueAt,
        delivery.attempts,
        delivery.scheduleStart,
        delivery.leaseToken,
        delivery.leaseUntil,
        delivery.finishedAt,
        delivery.lastStatusCode,
        repaired(delivery.lastError),
        delivery.id,
      )
  }

  get(tenantId: TenantId, id: DeliveryId): Delivery | null {
    const row = this.#statements
      .get(
        `select ${DELIVERY_COLUMNS} from deliveries d join events e on e.key = d.event_key
        where d.id = ? and d.tenant_id = ?`,
      )
      .get(id, tenantId)
    return row === undefined ? null : toDelivery(row as unknown as DeliveryRow)
  }

  list(query: DeliveryQuery): Delivery[] {
    return listDeliveries(this.#statements, query)
  }

  attempts(tenantId: TenantId, id: DeliveryId): Attempt[] {
    const rows = this.#statements
      .get(`
        select a.delivery_id, a.id, a.number, a.started_at, a.duration_ms, a.outcome, a.status_code, a.error_code,
          a.error_detail, a.response_truncated, a.response_body, a.exchange
        from deliveries d join attempts a on a.delivery_id = d.id
        where d.id = ? and d.tenant_id = ? order by a.number, a.id`)
      .all(id, tenantId)
    return rows.map((row) => toAttempt(row as unknown as AttemptRow))
  }

  stats(query: StatsQuery): DeliveryStats {
    return deliveryStats(this.#statements, query)
  }

  failingSince(of: Omit<StatsQuery, 'until'>): number | null {
    return failingSince(this.#statements, of)
  }

  lastFailure(of: Omit<StatsQuery, 'until'>): FailedAttempt | null {
    return lastFailure(this.#statements, of)
  }

  standing(tenantId: TenantId, most: number): Standing {
    return standing(this.#statements, tenantId, most)
  }

  deadLetters(tenantId: TenantId, most: number): DeadLetterGroup[] {
    return deadLetters(this.#statements, tenantId, most)
  }
}

interface AttemptRow {
  readonly delivery_id: string
  readonly id: string
  readonly number: number
  readonly started_at: number
  readonly duration_ms: number
  readonly outcome: string
  readonly status_code: number | null
  readonly error_code: string | null
  readonly error_detail: string | null
  readonly response_truncated: number
  readonly response_body: Uint8Array
  readonly exchange: string | null
}

function toAttempt(row: AttemptRow): Attempt {
  return {
    id: row.id as AttemptId,
    deliveryId: row.delivery_id as DeliveryId,
    number: row.number,
    startedAt: row.started_at,
    durationMs: row.duration_ms,
    outcome: row.outcome as Attempt['outcome'],
    statusCode: row.status_code,
    errorCode: row.error_code,
    errorDetail: row.error_detail,
    responseBody: row.response_body,
    responseTruncated: row.response_truncated === 1,
    exchange: row.exchange,
  }
}
