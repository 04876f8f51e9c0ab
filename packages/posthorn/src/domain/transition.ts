/**
 * The state machine of a delivery. A change of state is one of a closed set of named transitions; the store applies
 * one only where the state (and, for a lease's end, the token) still fits, and CHECK constraints hold the rest.
 *
 * ```
 *             publish/replay                deliver
 *   (none) ───────────────► pending ───────────────────► delivered ──(revive)──► pending
 *              retry, handBack ⟲  │  die                                            ▲
 *                                 ├─────────────────────► dead ─────(revive)────────┤
 *                                 │                       │ drop                  │
 *                                 │                       ▼                       │
 *                                 └─ cancel ────────────► cancelled (revive)────────┘
 * ```
 */
import type { Delivery, DeliveryState } from './delivery.ts'

export type Transition =
  /** The attempt succeeded. */
  | { readonly to: 'delivered'; readonly at: number; readonly statusCode: number | null }
  /** The attempt failed and another one follows. */
  | {
      readonly to: 'retry'
      readonly dueAt: number
      readonly statusCode: number | null
      readonly error: string
    }
  /** The attempt failed for good, or was the last. */
  | { readonly to: 'dead'; readonly at: number; readonly statusCode: number | null; readonly error: string }
  /** No attempt counts: shutdown, rate limit, pause. */
  | { readonly to: 'handBack'; readonly dueAt: number }
  /** By hand. */
  | { readonly to: 'cancelled'; readonly at: number }
  /** By hand: a dead letter that nobody wants any more. */
  | { readonly to: 'dropped'; readonly at: number }
  /** By hand: pending again, the schedule from its start. */
  | { readonly to: 'revived'; readonly dueAt: number }

/** The states from which a transition may start. */
export const ALLOWED_FROM: Readonly<Record<Transition['to'], readonly DeliveryState[]>> = {
  delivered: ['pending'],
  retry: ['pending'],
  dead: ['pending'],
  handBack: ['pending'],
  cancelled: ['pending'],
  dropped: ['dead'],
  revived: ['dead', 'cancelled', 'delivered'],
}

type Changed = Pick<
  Delivery,
  | 'state'
  | 'dueAt'
  | 'attempts'
  | 'scheduleStart'
  | 'finishedAt'
  | 'lastStatusCode'
  | 'lastError'
  | 'leaseToken'
  | 'leaseUntil'
>

/**
 * The delivery after the transition. Every transition ends the lease.
 * @throws RangeError when the delivery's state does not allow it: the caller has not checked.
 */
export function applyTransition(delivery: Delivery, transition: Transition): Delivery {
  if (!ALLOWED_FROM[transition.to].includes(delivery.state))
    throw new RangeError(`a ${delivery.state} delivery cannot be ${transition.to}`)
  return { ...delivery, leaseToken: null, leaseUntil: null, ...changes(delivery, transition) }
}

function changes(delivery: Delivery, transition: Transition): Partial<Changed> {
  const counted = { attempts: delivery.attempts + 1 }
  switch (transition.to) {
    case 'delivered':
      return {
        ...counted,
        state: 'delivered',
        finishedAt: transition.at,
        lastStatusCode: transition.statusCode,
        lastError: null,
      }
    case 'retry':
      return {
        ...counted,
        dueAt: transition.dueAt,
        lastStatusCode: transition.statusCode,
        lastError: transition.error,
      }
    case 'dead':
      return {
        ...counted,
        state: 'dead',
        finishedAt: transition.at,
        lastStatusCode: transition.statusCode,
        lastError: transition.error,
      }
    case 'handBack':
      return { dueAt: transition.dueAt }
    case 'cancelled':
    case 'dropped':
      return { state: 'cancelled', finishedAt: transition.at }
    case 'revived':
      return { state: 'pending', dueAt: transition.dueAt, finishedAt: null, scheduleStart: delivery.attempts }
  }
}
