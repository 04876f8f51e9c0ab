import type { Attempt, Delivery, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { AttemptId, DeliveryId, TenantId } from '../../domain/ids.ts'
import { applyTransition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import type {
  DeliveryQuery,
  DeliveryStats,
  DeliveryStore,
  HandChange,
  StatsQuery,
} from '../../ports/store.ts'
import { insertDeliveries } from './delivery-insert.ts'
import { listDeliveries } from './delivery-list.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, toDelivery } from './delivery-rows.ts'
import { finishAll } from './finish.ts'
import type { LaneTable } from './lanes.ts'
import type { Partitions } from './partitions.ts'
import type { Query, Sessions } from './session.ts'
import { deliveryStats } from './stats.ts'
import { fits, repaired } from './text.ts'

export class DeliveryTable implements DeliveryStore {
  readonly #sessions: Sessions
  readonly #schema: string
  readonly #partitions: Partitions
  readonly #lanes: LaneTable

  constructor(sessions: Sessions, schema: string, partitions: Partitions, lanes: LaneTable) {
    this.#sessions = sessions
    this.#schema = schema
    this.#partitions = partitions
    this.#lanes = lanes
  }

  async finish(batch: readonly Finish[]): Promise<boolean[]> {
    await this.#partitions.attempts(
      batch.flatMap(({ attempt }) => (attempt === null ? [] : [attempt.startedAt])),
    )
    const seen = new Set<string>()
    const again = batch.some(({ deliveryId }) => seen.size === seen.add(deliveryId).size)
    if (!again) return finishAll(this.#sessions, this.#schema, batch)
    // Several ends of one delivery: an update takes one of them at will, so they go one after the other.
    return this.#sessions.transaction(async (query) => {
      const fitted: boolean[] = []
      for (const finish of batch) fitted.push(...(await finishAll(query, this.#schema, [finish])))
      return fitted
    })
  }

  add(eventKey: EventKey, tenantId: TenantId, deliveries: readonly NewDelivery[]): Promise<boolean> {
    return this.#sessions.transaction(async (query) => {
      // Held, so that a prune cannot take it away meanwhile.
      const [event] = await query.rows<{ id: string; type: string }>(
        `select id, type from ${this.#schema}.events where key = $1 and tenant_id = $2 for share`,
        eventKey,
        tenantId,
      )
      if (event === undefined) return false
      const origin = { eventKey, tenantId, eventId: event.id, eventType: event.type }
      await insertDeliveries(
        query,
        this.#schema,
        deliveries.map((delivery) => ({ ...origin, delivery })),
      )
      return true
    })
  }

  change(request: HandChange): Promise<{ delivery: Delivery; changed: boolean } | null> {
    return this.#sessions.transaction(async (query) => {
      const delivery = await this.#find(query, request.tenantId, request.id, 'for update of d')
      if (delivery === null) return null
      const held = delivery.leaseUntil !== null && delivery.leaseUntil > request.now
      if (held || !request.from.includes(delivery.state)) return { delivery, changed: false }
      const changed = applyTransition(delivery, request.transition)
      await this.#write(query, changed)
      await this.#lanes.settleIn(query, changed.targetId, changed.tenantId)
      return { delivery: changed, changed: true }
    })
  }

  async #write(query: Query, delivery: Delivery): Promise<void> {
    await query.rows(
      `update ${this.#schema}.deliveries set state = $2, due_at = $3, attempts = $4, schedule_start = $5,
        lease_token = null, lease_until = null, finished_at = $6, last_status_code = $7, last_error = $8 where id = $1`,
      delivery.id,
      delivery.state,
      delivery.dueAt,
      delivery.attempts,
      delivery.scheduleStart,
      delivery.finishedAt,
      delivery.lastStatusCode,
      repaired(delivery.lastError),
    )
  }

  get(tenantId: TenantId, id: DeliveryId): Promise<Delivery | null> {
    return this.#find(this.#sessions, tenantId, id, '')
  }

  async #find(query: Query, tenantId: TenantId, id: DeliveryId, lock: string): Promise<Delivery | null> {
    if (!fits(id)) return null
    const [row] = await query.rows<DeliveryRow>(
      `select ${DELIVERY_COLUMNS} from ${this.#schema}.deliveries d where d.id = $1 and d.tenant_id = $2 ${lock}`,
      id,
      tenantId,
    )
    return row === undefined ? null : toDelivery(row)
  }

  list(query: DeliveryQuery): Promise<Delivery[]> {
    return listDeliveries(this.#sessions, this.#schema, query)
  }

  async attempts(tenantId: TenantId, id: DeliveryId): Promise<Attempt[]> {
    if (!fits(id)) return []
    const rows = await this.#sessions.rows<AttemptRow>(
      `select a.* from ${this.#schema}.deliveries d join ${this.#schema}.attempts a on a.delivery_id = d.id
      where d.id = $1 and d.tenant_id = $2 order by a.number, a.id`,
      id,
      tenantId,
    )
    return rows.map(toAttempt)
  }

  stats(query: StatsQuery): Promise<DeliveryStats> {
    return deliveryStats(this.#sessions, this.#schema, query)
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
  readonly response_truncated: boolean
  readonly response_body: Uint8Array
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
    responseTruncated: row.response_truncated,
  }
}
