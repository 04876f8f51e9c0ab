import type { StatementSync } from 'node:sqlite'
import type { Attempt } from '../../domain/delivery.ts'
import type { Transition } from '../../domain/transition.ts'
import type { Finish } from '../../ports/finish.ts'
import type { Statements } from './database.ts'
import type { LaneChanges } from './lane-changes.ts'
import { repaired } from './text.ts'

/**
 * The end of a lease: a write for each transition of `domain/transition.ts`, applied only where the token still fits,
 * and the attempt's row beside it.
 */
export class FinishWrite {
  readonly #held: StatementSync
  readonly #delivered: StatementSync
  readonly #retry: StatementSync
  readonly #dead: StatementSync
  readonly #handBack: StatementSync
  readonly #cancelled: StatementSync
  readonly #attempt: StatementSync

  constructor(statements: Statements) {
    // The condition is asked first and not part of each update: what it answers is needed too, and RETURNING makes
    // SQLite journal the statement, which costs more than the look-up (measured: 0.85 of this).
    this.#held = statements.get(
      "select tenant_id, target_id from deliveries where id = ? and state = 'pending' and lease_token = ?",
    )
    const ending = (changes: string) =>
      statements.get(`update deliveries set ${changes}, lease_token = null, lease_until = null where id = ?`)
    const counted = 'attempts = attempts + 1, last_status_code = ?, last_error = ?'
    this.#delivered = ending(`state = 'delivered', finished_at = ?, ${counted}`)
    this.#dead = ending(`state = 'dead', finished_at = ?, ${counted}`)
    this.#retry = ending(`due_at = ?, ${counted}`)
    this.#handBack = ending('due_at = ?')
    this.#cancelled = ending("state = 'cancelled', finished_at = ?")
    this.#attempt = statements.get(`
      insert into attempts (delivery_id, id, tenant_id, target_id, number, started_at, duration_ms, outcome, status_code,
        error_code, error_detail, response_truncated, response_body, exchange)
      values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
  }

  /** @returns whether the token still fitted */
  run({ deliveryId, leaseToken, transition, attempt }: Finish, lanes: LaneChanges): boolean {
    const held = this.#held.get(deliveryId, leaseToken) as unknown as Held | undefined
    if (held === undefined) return false
    this.#end(deliveryId, transition)
    if (attempt !== null) this.#insertAttempt(held, deliveryId, attempt)
    if (transition.to === 'retry' || transition.to === 'handBack')
      lanes.waits(held.target_id, held.tenant_id, transition.dueAt)
    return true
  }

  #end(id: string, transition: Transition): void {
    switch (transition.to) {
      case 'delivered':
        this.#delivered.run(transition.at, transition.statusCode, null, id)
        break
      case 'dead':
        this.#dead.run(transition.at, transition.statusCode, repaired(transition.error), id)
        break
      case 'retry':
        this.#retry.run(transition.dueAt, transition.statusCode, repaired(transition.error), id)
        break
      case 'handBack':
        this.#handBack.run(transition.dueAt, id)
        break
      case 'cancelled':
        this.#cancelled.run(transition.at, id)
        break
      case 'dropped':
      case 'revived':
        throw new RangeError(`a pending delivery cannot be ${transition.to}`)
    }
  }

  #insertAttempt(held: Held, deliveryId: string, attempt: Attempt): void {
    this.#attempt.run(
      deliveryId,
      attempt.id,
      held.tenant_id,
      held.target_id,
      attempt.number,
      attempt.startedAt,
      attempt.durationMs,
      attempt.outcome,
      attempt.statusCode,
      attempt.errorCode,
      repaired(attempt.errorDetail),
      attempt.responseTruncated ? 1 : 0,
      attempt.responseBody,
      repaired(attempt.exchange),
    )
  }
}

interface Held {
  readonly tenant_id: string
  readonly target_id: string
}
