import type { StatementSync } from 'node:sqlite'
import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { TargetId, TenantId } from '../../domain/ids.ts'
import type { ClaimRequest, DueLane, LaneStore } from '../../ports/store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { DELIVERY_COLUMNS, type DeliveryRow, toDelivery } from './delivery-rows.ts'
import { type EventRow, toEvent } from './event-rows.ts'
import { LaneChanges } from './lane-changes.ts'

/** `held_until` of a lane that is postponed until it is resumed. */
const FOREVER = Number.MAX_SAFE_INTEGER

/**
 * `due_at` of a lane is at all times exactly that of the first row of its part of the index `deliveries_waiting`, or
 * null; `held_until` is the postponement; when to look is the later of the two (a generated column).
 */
export class LaneTable implements Sync<LaneStore> {
  readonly #statements: Statements
  readonly #pull: StatementSync
  readonly #settle: StatementSync
  readonly #open: StatementSync
  readonly #pick: StatementSync
  readonly #lease: StatementSync

  constructor(statements: Statements) {
    this.#statements = statements
    this.#pull = statements.get(`
      insert into lanes (target_id, tenant_id, due_at) values (?, ?, ?)
      on conflict do update set tenant_id = excluded.tenant_id, due_at = excluded.due_at
      where due_at is null or excluded.due_at < due_at`)
    this.#settle = statements.get(`
      update lanes set due_at = (
        select min(due_at) from deliveries indexed by deliveries_waiting
        where target_id = lanes.target_id and state = 'pending' and lease_token is null)
      where target_id = ?`)
    this.#open = statements.get(
      'update lanes set held_until = null where target_id = ?1 and (held_until is null or held_until <= ?2)',
    )
    // Those of the same time come in the order of the index, by id. To ask for it would make SQLite sort the backlog.
    this.#pick = statements.get(`
      select ${DELIVERY_COLUMNS}, e.source_id, e.content_type, e.content_hash, e.occurred_at, e.received_at, e.request_id,
        e.trace, e.dedupe_until, e.data
      from deliveries d indexed by deliveries_waiting join events e on e.key = d.event_key
      where d.target_id = ? and d.state = 'pending' and d.lease_token is null and d.due_at <= ?
      order by d.due_at limit ?`)
    this.#lease = statements.get('update deliveries set lease_token = ?, lease_until = ? where id = ?')
  }

  /** To be called at the end of each call that made deliveries wait. */
  pullForward(changes: LaneChanges): void {
    for (const [targetId, change] of changes.entries())
      this.#pull.run(targetId, change.tenantId, change.dueAt)
  }

  /** To be called where deliveries stopped waiting: the lane's time is that of what is left. */
  settle(targetId: string): void {
    this.#settle.run(targetId)
  }

  due(now: number, limit: number): DueLane[] {
    const rows = this.#statements
      .get(
        'select target_id, tenant_id, look_at from lanes where look_at <= ? order by look_at, target_id limit ?',
      )
      .all(now, limit)
    return rows.map((row) => ({
      targetId: row.target_id as TargetId,
      tenantId: row.tenant_id as TenantId,
      at: row.look_at as number,
    }))
  }

  claim(request: ClaimRequest): LeasedDelivery[] {
    const claimed: LeasedDelivery[] = []
    for (const { targetId, limit } of request.lanes) {
      // A postponement that is over ends here; in a lane where one is in force nothing is taken.
      if (this.#open.run(targetId, request.now).changes === 0) continue
      for (const row of this.#pick.all(targetId, request.now, limit))
        claimed.push(this.#take(row as unknown as ClaimRow, request))
      this.settle(targetId)
    }
    return claimed
  }

  #take(row: ClaimRow, { leaseToken, leaseUntil }: ClaimRequest): LeasedDelivery {
    this.#lease.run(leaseToken, leaseUntil, row.id)
    const delivery = { ...toDelivery(row), leaseToken, leaseUntil }
    const event = toEvent({ ...row, id: row.event_id, key: row.event_key, type: row.event_type })
    return { delivery, event }
  }

  postpone(batch: ReadonlyArray<{ targetId: TargetId; until: number | null }>): void {
    const hold = this.#statements.get(`
      insert into lanes (target_id, held_until) values (?, ?)
      on conflict do update set held_until = excluded.held_until`)
    for (const { targetId, until } of batch) hold.run(targetId, until ?? FOREVER)
  }

  resume(targetId: TargetId): void {
    this.#statements.get('update lanes set held_until = null where target_id = ?').run(targetId)
  }

  nextDueAt(after: number = Number.MIN_SAFE_INTEGER): number | null {
    const found = this.#statements.get('select min(look_at) as at from lanes where look_at > ?').get(after)
    return (found?.at ?? null) as number | null
  }

  expireLeases(now: number, limit: number): number {
    const rows = this.#statements
      .get(`
        select id, target_id, tenant_id, due_at from deliveries indexed by deliveries_leased
        where lease_token is not null and lease_until <= ? order by lease_until limit ?`)
      .all(now, limit) as unknown as Array<Pick<DeliveryRow, 'id' | 'target_id' | 'tenant_id' | 'due_at'>>
    const release = this.#statements.get(
      'update deliveries set lease_token = null, lease_until = null where id = ?',
    )
    const changes = new LaneChanges()
    for (const row of rows) {
      release.run(row.id)
      changes.waits(row.target_id, row.tenant_id, row.due_at)
    }
    this.pullForward(changes)
    return rows.length
  }

  cancelWaiting(tenantId: TenantId, targetId: TargetId, at: number, limit: number): number {
    const { changes } = this.#statements
      .get(`
        update deliveries set state = 'cancelled', finished_at = ?1 where id in (
          select id from deliveries indexed by deliveries_waiting
          where target_id = ?3 and state = 'pending' and lease_token is null and tenant_id = ?2
          order by due_at limit ?4)`)
      .run(at, tenantId, targetId, limit)
    this.settle(targetId)
    return Number(changes)
  }
}

type ClaimRow = DeliveryRow & Omit<EventRow, 'key' | 'id' | 'type' | 'tenant_id'>
