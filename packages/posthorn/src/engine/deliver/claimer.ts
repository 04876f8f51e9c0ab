import type { LeasedDelivery } from '../../domain/delivery.ts'
import type { TargetId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Queue } from '../../ports/queue.ts'
import type { DueLane, LaneStore } from '../../ports/store.ts'
import type { Telemetry } from '../../ports/telemetry.ts'
import type { ConfigChange } from '../peers/changes.ts'
import type { Service } from '../service.ts'
import { Backlog } from './backlog.ts'
import { SetAside } from './set-aside.ts'
import type { Target, TargetFinder } from './target.ts'
import type { Targets } from './targets.ts'
import { WakeUps } from './wake-ups.ts'
import type { Worker } from './worker.ts'

export interface ClaimerParts {
  readonly lanes: LaneStore
  readonly queue: Queue
  readonly finder: TargetFinder
  readonly targets: Targets
  readonly worker: Worker
  /** false: this process attempts nothing, and only tells those that do. */
  readonly attempts: boolean
  /** Other processes use the store too. */
  readonly shared: boolean
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Looks at least this often. @default 1000 */
  readonly pollMs?: number
}

/**
 * A lane whose target is not active is looked at again after this long; enabling it ends the wait at once. Not for
 * ever: an enabling between this process's look and its postponement would be lost.
 */
const INACTIVE_TARGET_MS = 300_000
const CANCELLED_A_LOOK = 1_000
const STORE_AWAY_MS = 1_000
/** Lanes looked at beyond those that are known to be full, or not known at all. */
const LANES_A_LOOK = 64

interface Share {
  readonly target: Target
  readonly limit: number
}

/**
 * Brings what is due from the store to the worker: never more than there are free slots, an equal share for each lane
 * that is due, never more of a target than it allows now. So what is claimed is attempted at once, and a target that
 * is full, closed or paused costs one look and no claim.
 */
export class Claimer implements Service {
  readonly #parts: ClaimerParts
  #state: 'new' | 'running' | 'telling' | 'stopped' = 'new'
  #woken = false
  #looking: Promise<void> | null = null
  readonly #backlog = new Backlog()
  readonly #reopened = new Set<TargetId>()
  readonly #setAside: SetAside
  /** Targets of other processes: functions of another application, or of another version of it. */
  readonly #unknown = new Set<TargetId>()
  readonly #wakeUps: WakeUps
  #lastLookAt: number
  #passedOver: number | null = null

  constructor(parts: ClaimerParts) {
    this.#parts = parts
    this.#setAside = new SetAside(parts.finder)
    this.#lastLookAt = parts.clock.now()
    this.#wakeUps = new WakeUps({
      ...parts,
      lastLookAt: () => this.#lastLookAt,
      hasRoom: () => parts.worker.free > 0,
      wake: () => this.wake(),
    })
  }

  /** When it last looked for due work with a slot free for it; epoch ms. */
  get lastLookAt(): number {
    return this.#lastLookAt
  }

  /** Since when something was due at the last look that could have gone if more slots had been free; epoch ms. */
  get passedOver(): number | null {
    return this.#passedOver
  }

  async start(): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = this.#parts.attempts ? 'running' : 'telling'
    await this.#wakeUps.start(this.#parts.attempts)
    this.wake()
  }

  async stop(): Promise<void> {
    this.#state = 'stopped'
    await this.#wakeUps.stop()
    await this.#looking
  }

  /** Something may be due, or a slot is free. Many calls in one turn are one look. */
  wake(): void {
    this.#woken = true
    if (this.#state !== 'running' || this.#looking !== null) return
    this.#looking = new Promise<void>((resolve) => this.#parts.clock.nextTurn(resolve))
      .then(() => this.#lookWhileWoken())
      .finally(() => {
        this.#looking = null
        if (this.#woken && this.#parts.worker.free > 0) this.wake()
      })
  }

  /** Deliveries of a target were stored that are due and that nobody has leased. */
  leftInStore(id: TargetId): void {
    if (this.#parts.attempts) this.#backlog.left(id)
    this.dueNow(id)
  }

  /** Something is due in the store. @param id whose; null: somebody's */
  dueNow(id: TargetId | null): void {
    if (this.#parts.shared) this.#wakeUps.later(id, this.#parts.clock.now())
    this.wake()
  }

  /** Targets may be active, or known, that were not. */
  changed(of: ConfigChange['of']): void {
    if (this.#setAside.recheck(of)) this.wake()
  }

  /** Something was stored that falls due at a time; epoch ms. */
  dueLater(targetId: TargetId | null, at: number): void {
    this.#wakeUps.later(targetId, at)
  }

  hasBacklog(id: TargetId): boolean {
    return this.#backlog.has(id)
  }

  /** A target answers again, or is known at last. Its lane may be postponed still: the end of that was only a guess. */
  reopened(target: Target): void {
    this.#reopened.add(target.id)
    this.wake()
  }

  /** A slot became free: worth a look when somebody waits for it. */
  freed(target: Target): void {
    const waitedFor =
      this.#backlog.has(target.id) || (this.#backlog.size > 0 && this.#parts.worker.free === 1)
    if (this.#woken || waitedFor) this.wake()
  }

  async #lookWhileWoken(): Promise<void> {
    const { clock, lanes, telemetry, worker } = this.#parts
    try {
      while (this.#woken && this.#state === 'running' && worker.free > 0) {
        this.#woken = false
        await this.#resume()
        if (await this.#look()) this.#woken = true
      }
      if (this.#woken) return this.#wakeUps.askOthers()
      // Not what is due already: a lane that is full would hide the others.
      const next = await lanes.nextDueAt(clock.now())
      if (next !== null) this.#wakeUps.later(null, next)
    } catch (error) {
      telemetry.record({ name: 'store.failed', operation: 'claim', error: String(error) })
      this.#woken = false
      this.#wakeUps.again(STORE_AWAY_MS)
    }
  }

  async #resume(): Promise<void> {
    for (const id of [...this.#reopened, ...(await this.#setAside.active())]) {
      await this.#parts.lanes.resume(id)
      this.#reopened.delete(id)
      this.#setAside.delete(id)
    }
  }

  /** @returns whether another look may find more. */
  async #look(): Promise<boolean> {
    const { lanes, clock, worker } = this.#parts
    // Enough for all free slots behind those that could not go; never all of a backlog, which may be 10,000 lanes.
    const fillers = Math.max(LANES_A_LOOK, worker.free)
    const most = this.#backlog.passedOver + this.#unknown.size + fillers
    const due = await lanes.due(clock.now(), most)
    this.#lastLookAt = clock.now()
    this.#passedOver = null
    if (due.length < most) this.#backlog.forgetEmpty(due)
    if (due.length === 0) return false
    const shares: Share[] = []
    let claimed: LeasedDelivery[]
    try {
      const passedOn = await this.#share(due, shares)
      // Publishes have taken the slots meanwhile: what is due here is looked at when the next one is free.
      if (shares.length === 0) return worker.free === 0 || (passedOn > 0 && due.length === most)
      claimed = await this.#claim(shares)
    } catch (error) {
      for (const { target, limit } of shares) for (let slot = 0; slot < limit; slot++) worker.forgo(target)
      throw error
    }
    this.#run(shares, claimed)
    return claimed.length > 0
  }

  #claim(shares: readonly Share[]): Promise<LeasedDelivery[]> {
    const { lanes, clock, worker } = this.#parts
    const lease = worker.lease(Math.max(...shares.map(({ target }) => target.timeoutMs)))
    const request = shares.map(({ target, limit }) => ({ targetId: target.id, limit }))
    return lanes.claim({
      now: clock.now(),
      lanes: request,
      leaseToken: lease.token,
      leaseUntil: lease.until,
    })
  }

  /**
   * Splits the free slots fairly over the lanes that are due, and takes them.
   * @param shares what was taken, also when this rejects
   * @returns how many lanes were passed over
   */
  async #share(due: readonly DueLane[], shares: Share[]): Promise<number> {
    const { finder, lanes, targets, worker, clock } = this.#parts
    const postponed: Array<{ targetId: TargetId; until: number | null }> = []
    let passed = 0
    for (const [index, lane] of due.entries()) {
      const { targetId } = lane
      const target = await finder.find(lane.tenantId, targetId)
      this.#setAside.delete(targetId)
      if (target === null) {
        await this.#cancelIfDeleted(lane)
        passed += 1
        continue
      }
      this.#unknown.delete(targetId)
      const fair = Math.ceil(worker.free / (due.length - index))
      const allowed = targets.allowance(targetId, target.policy, Math.max(1, fair))
      if (!target.active) {
        this.#setAside.add(lane)
        postponed.push({ targetId, until: clock.now() + INACTIVE_TARGET_MS })
      } else if (allowed.kind === 'closed' && !allowed.alone)
        postponed.push({ targetId, until: allowed.until })
      else if (allowed.kind !== 'open') {
        // Others may have room for it: it is passed over here, not postponed for all.
        passed += 1
        this.#backlog.add(targetId)
        if (allowed.kind === 'closed') this.#wakeUps.again(allowed.until - clock.now())
      } else {
        // It was not the target's own limit.
        if (allowed.slots >= fair) this.#passedOver ??= lane.at
        if (fair === 0) break
        shares.push(this.#taken(target, allowed.slots))
      }
    }
    if (postponed.length > 0) await lanes.postpone(postponed)
    return passed + postponed.length
  }

  /**
   * What was stored or failed while its target was being deleted would wait for ever. One that this process only does
   * not know is left to those that do: to postpone its lane would stop them too.
   */
  async #cancelIfDeleted({ tenantId, targetId }: DueLane): Promise<void> {
    const { finder, lanes, clock } = this.#parts
    if (!(await finder.isDeleted(tenantId, targetId))) {
      this.#unknown.add(targetId)
      return
    }
    await lanes.cancelWaiting(tenantId, targetId, clock.now(), CANCELLED_A_LOOK)
    this.#backlog.delete(targetId)
    this.#unknown.delete(targetId)
  }

  #taken(target: Target, limit: number): Share {
    this.#parts.worker.take(target, limit)
    return { target, limit }
  }

  #run(shares: readonly Share[], claimed: readonly LeasedDelivery[]): void {
    const byTarget = Map.groupBy(claimed, ({ delivery }) => delivery.targetId)
    for (const { target, limit } of shares) {
      const mine = byTarget.get(target.id) ?? []
      this.#backlog.claimed(target.id, mine.length >= limit)
      for (const leased of mine) void this.#parts.worker.run(leased, target).catch(() => undefined)
      for (let slot = mine.length; slot < limit; slot++) this.#parts.worker.forgo(target)
    }
  }
}
