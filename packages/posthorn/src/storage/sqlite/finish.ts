import type { StatementSync } from 'node:sqlite'
import type { Attempt } from '../../domain/delivery.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/store.ts'
import type { Statements } from './database.ts'
import type { LaneChanges } from './lane-changes.ts'
import { repaired } from './text.ts'

/**
 * The end of a lease: one conditional write for each transition of `domain/transition.ts`, applied only where the token
 * still fits, and the attempt's row beside it.
 */
export class FinishWrite {
  readonly #delivered: StatementSync
  readonly #retry: StatementSync
  readonly #dead: StatementSync
  readonly #handBack: StatementSync
  readonly #cancelled: StatementSync
  readonly #attempt: StatementSync

  constructor(statements: Statements) {
    const ending = (changes: string) =>
      statements.get(`
        update deliveries set ${changes}, lease_token = null, lease_until = null
        where id = ? and state = 'pending' and lease_token = ? returning tenant_id, target_id`)
    const counted = 'attempts = attempts + 1, last_status_code = ?, last_error = ?'
    this.#delivered = ending(`state = 'delivered', finished_at = ?, ${counted}`)
    this.#dead = ending(`state = 'dead', finished_at = ?, ${counted}`)
    this.#retry = ending(`due_at = ?, ${counted}`)
    this.#handBack = ending('due_at = ?')
    this.#cancelled = ending("state = 'cancelled', finished_at = ?")
    this.#attempt = statements.get(`
      insert into attempts (delivery_id, id, tenant_id, target_id, number, started_at, duration_ms, outcome, status_code, error_code,
        error_detail, response_truncated, response_body)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  }

  /** @returns whether the token still fitted */
  run(finish: Finish, lanes: LaneChanges): boolean {
    const row = this.#end(finish)
    if (row === undefined) return false
    const { tenant_id: tenantId, target_id: targetId } = row as { tenant_id: string; target_id: string }
    if (finish.attempt !== null) this.#insertAttempt(tenantId, targetId, finish.deliveryId, finish.attempt)
    const { transition } = finish
    if (transition.to === 'retry' || transition.to === 'handBack')
      lanes.waits(targetId, tenantId, transition.dueAt)
    return true
  }

  #end({ deliveryId, leaseToken, transition }: Finish): ReturnType<StatementSync['get']> {
    switch (transition.to) {
      case 'delivered':
        return this.#delivered.get(transition.at, transition.statusCode, null, deliveryId, leaseToken)
      case 'dead':
        return this.#dead.get(transition.at, ...lastOf(transition), deliveryId, leaseToken)
      case 'retry':
        return this.#retry.get(transition.dueAt, ...lastOf(transition), deliveryId, leaseToken)
      case 'handBack':
        return this.#handBack.get(transition.dueAt, deliveryId, leaseToken)
      case 'cancelled':
        return this.#cancelled.get(transition.at, deliveryId, leaseToken)
      case 'revived':
        throw new RangeError('a pending delivery cannot be revived')
    }
  }

  #insertAttempt(tenantId: string, targetId: string, deliveryId: string, attempt: Attempt): void {
    this.#attempt.run(
      deliveryId,
      attempt.id,
      tenantId,
      targetId,
      attempt.number,
      attempt.startedAt,
      attempt.durationMs,
      attempt.outcome,
      attempt.statusCode,
      attempt.errorCode,
      repaired(attempt.errorDetail),
      attempt.responseTruncated ? 1 : 0,
      attempt.responseBody,
    )
  }
}

function lastOf(transition: Extract<Transition, { error: string }>): [number | null, string | null] {
  return [transition.statusCode, repaired(transition.error)]
}
