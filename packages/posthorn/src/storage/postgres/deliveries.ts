import type { DeadLetterGroup } from '../../domain/dead-letters.ts'
import type { Attempt, Delivery, NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { AttemptId, DeliveryId, TenantId } from '../../domain/ids.ts'
import { applyTransition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import type { DeliveryStats, FailedAttempt, StatsQuery } from '../../ports/stats.ts'
import type { DeliveryQuery, DeliveryStore, HandChange, Standing } from '../../ports/store.ts'
import { appendAudit } from './audit.ts'
import { insertDeliveries } from './delivery-insert.ts'
import { listDeliveries } from './delivery-list.ts'
import { moveDelivery } from './delivery-move.ts'
import {
  COMMON_COLUMNS,
  type DeliveryRow,
  ENDED_COLUMNS,
  PENDING_COLUMNS,
  toDelivery,
} from './delivery-rows.ts'
import { holdEvents } from './event-hold.ts'
import { BeginAnew } from './failures.ts'
import { finishAll } from './finish.ts'
import type { LaneTable } from './lanes.ts'
import type { Partitions } from './partitions.ts'
import type { Query, Sessions } from './session.ts'
import { deadLetters, standing } from './standing.ts'
import { deliveryStats, failingSince, lastFailure } from './stats.ts'
import { fits } from './text.ts'

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

  finish(batch: readonly Finish[]): Promise<boolean[]> {
    const ids = batch.map(({ deliveryId }) => deliveryId)
    return this.#partitions.forDeliveries(ids, () => this.#finish(batch))
  }

  async #finish(batch: readonly Finish[]): Promise<boolean[]> {
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
      const held = await holdEvents(query, this.#schema, [eventKey])
      const event = held.get(eventKey)
      if (event?.tenantId !== tenantId) return false
      await insertDeliveries(
        query,
        this.#schema,
        deliveries.map((delivery) => ({ ...event, delivery })),
      )
      return true
    })
  }

  change(request: HandChange): Promise<{ delivery: Delivery; changed: boolean } | null> {
    return this.#partitions.forDeliveries([request.id], () => this.#change(request))
  }

  #change(request: HandChange): Promise<{ delivery: Delivery; changed: boolean } | null> {
    return this.#sessions.transaction((query) => this.changeIn(query, request))
  }

  /** A transaction about these deliveries. */
  together<T>(ids: readonly DeliveryId[], work: (query: Query) => Promise<T>): Promise<T> {
    return this.#partitions.forDeliveries(ids, () => this.#sessions.transaction(work))
  }

  /** Within a transaction of `together`. */
  async changeIn(
    query: Query,
    request: HandChange,
  ): Promise<{ delivery: Delivery; changed: boolean } | null> {
    const delivery = await this.#hold(query, request)
    if (delivery === null) return null
    const held = delivery.leaseUntil !== null && delivery.leaseUntil > request.now
    if (held || !request.from.includes(delivery.state)) return { delivery, changed: false }
    const changed = applyTransition(delivery, request.transition)
    await moveDelivery(query, this.#schema, delivery, changed)
    await this.#lanes.settleIn(query, changed.targetId, changed.tenantId)
    if (request.audit !== undefined) await appendAudit(query, this.#schema, [request.audit])
    return { delivery: changed, changed: true }
  }

  /**
   * Locks a delivery. Its event first: a prune that holds it is about to remove the delivery too, and one that comes
   * later leaves the event alone.
   */
  async #hold(query: Query, { tenantId, id }: HandChange): Promise<Delivery | null> {
    const seen = await this.#find(query, 'deliveries', tenantId, id)
    if (seen === null) return null
    if ((await holdEvents(query, this.#schema, [seen.eventKey])).size === 0) return null
    const table = seen.state === 'pending' ? 'pending' : 'ended'
    const held = await this.#find(query, table, tenantId, id)
    if (held === null) throw new BeginAnew(`the delivery ${id} has changed its state`)
    return held
  }

  get(tenantId: TenantId, id: DeliveryId): Promise<Delivery | null> {
    return this.#find(this.#sessions, 'deliveries', tenantId, id)
  }

  async #find(
    query: Query,
    from: keyof typeof FOUND_IN,
    tenantId: TenantId,
    id: DeliveryId,
  ): Promise<Delivery | null> {
    if (!fits(id)) return null
    const { columns, lock } = FOUND_IN[from]
    const [row] = await query.rows<DeliveryRow>(
      `select ${columns} from ${this.#schema}.${from} where id = $1 and tenant_id = $2 ${lock}`,
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
      `select ${ATTEMPT_COLUMNS} from ${this.#schema}.attempts where delivery_id = $1 and tenant_id = $2 order by number, id`,
      id,
      tenantId,
    )
    return rows.map(toAttempt)
  }

  stats(query: StatsQuery): Promise<DeliveryStats> {
    return deliveryStats(this.#sessions, this.#schema, query)
  }

  failingSince(of: Omit<StatsQuery, 'until'>): Promise<number | null> {
    return failingSince(this.#sessions, this.#schema, of)
  }

  lastFailure(of: Omit<StatsQuery, 'until'>): Promise<FailedAttempt | null> {
    return lastFailure(this.#sessions, this.#schema, of)
  }

  standing(tenantId: TenantId, most: number): Promise<Standing> {
    return standing(this.#sessions, this.#schema, tenantId, most)
  }

  deadLetters(tenantId: TenantId, most: number): Promise<DeadLetterGroup[]> {
    return deadLetters(this.#sessions, this.#schema, tenantId, most)
  }
}

/** Where deliveries are looked for: the view of all without a lock, a table with one. */
const FOUND_IN = {
  deliveries: { columns: `${COMMON_COLUMNS}, state, lease_token, lease_until, finished_at`, lock: '' },
  pending: { columns: PENDING_COLUMNS, lock: 'for update' },
  ended: { columns: ENDED_COLUMNS, lock: 'for update' },
} as const

/** Named, as everywhere: with `*` a column that a later migration adds would break the prepared statement. */
const ATTEMPT_COLUMNS = `delivery_id, id, number, started_at, duration_ms, outcome, status_code, error_code, error_detail,
  response_truncated, response_body, exchange`

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
    responseTruncated: row.response_truncated,
    exchange: row.exchange,
  }
}
