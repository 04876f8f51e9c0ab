import type { StatementSync } from 'node:sqlite'
import type { NewDelivery } from '../../domain/delivery.ts'
import type { EventKey } from '../../domain/event.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { Statements } from './database.ts'
import type { LaneChanges } from './lane-changes.ts'
import { checkText } from './text.ts'

/** What a new delivery takes from its event. */
export interface DeliveryOrigin {
  readonly eventKey: EventKey
  readonly tenantId: TenantId
  readonly eventType: string
}

/** Stores new deliveries; used by a publish, a replay of one event and a step of a replay. */
export class DeliveryInsert {
  readonly #insert: StatementSync

  constructor(statements: Statements) {
    this.#insert = statements.get(`
      insert into deliveries (id, tenant_id, event_key, event_type, target_id, format, state, due_at, attempts,
        schedule_start, lease_token, lease_until, created_at, replay_id)
      values (?, ?, ?, ?, ?, ?, 'pending', ?, 0, 0, ?, ?, ?, ?)`)
  }

  /** @param lanes where it notes what now waits */
  run(origin: DeliveryOrigin, delivery: NewDelivery, lanes: LaneChanges): void {
    checkText('target id', delivery.targetId)
    this.#insert.run(
      delivery.id,
      origin.tenantId,
      origin.eventKey,
      origin.eventType,
      delivery.targetId,
      delivery.format,
      delivery.dueAt,
      delivery.lease?.token ?? null,
      delivery.lease?.until ?? null,
      delivery.createdAt,
      delivery.replayId,
    )
    if (delivery.lease === null) lanes.waits(delivery.targetId, origin.tenantId, delivery.dueAt)
  }
}
