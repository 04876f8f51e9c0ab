import { afterFailure, afterSuccess, type Breaker, CLOSED_BREAKER } from '../../domain/breaker.ts'
import type { TargetId } from '../../domain/ids.ts'
import {
  afterAttempts,
  afterForgone,
  allowance,
  isForgotten,
  NOTHING_STARTED,
  nextAllowedAt,
  type RateLog,
  rateShare,
} from '../../domain/rate-limiter.ts'
import type { RateLimit } from '../../domain/subscription.ts'
import type { Clock } from '../../ports/clock.ts'

/** What a target allows, by its owner's word. */
export interface TargetPolicy {
  readonly maxInFlight: number
  readonly rateLimit: RateLimit | null
  /**
   * Whether nothing but failures closes it for a while. Not for a function of this process: it has no far end that
   * could be down, and one event that always fails must not hold up the others.
   */
  readonly breaker: boolean
  /** Whether its limits are for all processes together: each keeps to its share. */
  readonly shared: boolean
  /** Changes whenever the owner changed the target: an open breaker is forgotten then. */
  readonly revision: number
}

/** How many attempts may start for a target now: some, or none before a time, or none until one of its own ends. */
export type Allowance =
  | { readonly kind: 'open'; readonly slots: number }
  | { readonly kind: 'full' }
  /** `alone`: this process has used up its share of what all may; others may have some of theirs. */
  | { readonly kind: 'closed'; readonly until: number; readonly alone: boolean }

interface State {
  revision: number
  inFlight: number
  breaker: Breaker
  started: RateLog
}

const IDLE = { inFlight: 0, breaker: CLOSED_BREAKER, started: NOTHING_STARTED }

/**
 * What this process knows of each target: how many of its attempts run, whether its breaker is open, how much of its
 * rate is used. Only targets with something to remember are kept.
 */
export class Targets {
  readonly #clock: Clock
  readonly #states = new Map<TargetId, State>()
  /** Processes that attempt deliveries. */
  #workers = 1

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Limits are shared out over so many processes, this one among them. */
  share(workers: number): void {
    this.#workers = workers
  }

  allowance(id: TargetId, policy: TargetPolicy, wanted: number): Allowance {
    const state = this.#known(id, policy)
    const { maxInFlight, rateLimit } = this.#limits(policy)
    if (state === undefined && rateLimit === null)
      return { kind: 'open', slots: Math.min(wanted, maxInFlight) }
    const { inFlight, breaker, started } = state ?? IDLE
    const now = this.#clock.now()
    if (breaker.openUntil !== null) {
      if (now < breaker.openUntil) return { kind: 'closed', until: breaker.openUntil, alone: false }
      return inFlight > 0 ? { kind: 'full' } : { kind: 'open', slots: 1 }
    }
    if (inFlight >= maxInFlight) return { kind: 'full' }
    const free = Math.min(wanted, maxInFlight - inFlight)
    if (rateLimit === null) return { kind: 'open', slots: free }
    const slots = allowance(started, rateLimit, now, free)
    if (slots > 0) return { kind: 'open', slots }
    const alone = policy.shared && this.#workers > 1
    return { kind: 'closed', until: nextAllowedAt(started, rateLimit, now), alone }
  }

  /** Takes one slot if the target allows it now. */
  tryTake(id: TargetId, policy: TargetPolicy): boolean {
    if (this.allowance(id, policy, 1).kind !== 'open') return false
    this.take(id, policy)
    return true
  }

  take(id: TargetId, policy: TargetPolicy): void {
    const state = this.#known(id, policy) ?? this.#made(id, policy)
    const { rateLimit } = this.#limits(policy)
    state.inFlight += 1
    if (rateLimit !== null) state.started = afterAttempts(state.started, rateLimit, this.#clock.now(), 1)
  }

  /** Gives a slot back without an attempt: it costs no rate either. */
  giveBack(id: TargetId, policy: TargetPolicy): void {
    const state = this.#made(id, policy)
    state.inFlight -= 1
    state.started = afterForgone(state.started)
    this.#forgetIfIdle(id, policy, state)
  }

  /** Gives a slot back after an attempt. @returns when the breaker opened or closed by it, else null */
  ended(id: TargetId, policy: TargetPolicy, success: boolean): 'opened' | 'closed' | null {
    const state = this.#made(id, policy)
    const before = state.breaker.openUntil
    state.inFlight -= 1
    if (policy.breaker)
      state.breaker = success ? afterSuccess() : afterFailure(state.breaker, this.#clock.now())
    const after = state.breaker.openUntil
    this.#forgetIfIdle(id, policy, state)
    if (after !== null && after !== before) return 'opened'
    return before !== null && after === null ? 'closed' : null
  }

  openUntil(id: TargetId): number | null {
    return this.#states.get(id)?.breaker.openUntil ?? null
  }

  /** Of this process. */
  #limits(policy: TargetPolicy): Pick<TargetPolicy, 'maxInFlight' | 'rateLimit'> {
    if (this.#workers === 1 || !policy.shared) return policy
    const { maxInFlight, rateLimit } = policy
    return {
      // At least one: to do nothing at all would need somebody who knows that the others do.
      maxInFlight: Math.ceil(maxInFlight / this.#workers),
      rateLimit: rateLimit === null ? null : rateShare(rateLimit, this.#workers),
    }
  }

  /** What is remembered of a target, as its owner has it now. */
  #known(id: TargetId, { revision }: TargetPolicy): State | undefined {
    const state = this.#states.get(id)
    if (state === undefined || state.revision === revision) return state
    state.revision = revision
    state.breaker = CLOSED_BREAKER
    return state
  }

  #made(id: TargetId, { revision }: TargetPolicy): State {
    let state = this.#states.get(id)
    if (state === undefined) {
      state = { revision, ...IDLE }
      this.#states.set(id, state)
    }
    return state
  }

  #forgetIfIdle(id: TargetId, policy: TargetPolicy, { inFlight, breaker, started }: State): void {
    const { rateLimit } = this.#limits(policy)
    if (inFlight > 0 || breaker.failures > 0) return
    if (rateLimit === null || isForgotten(started, rateLimit, this.#clock.now())) this.#states.delete(id)
  }
}
