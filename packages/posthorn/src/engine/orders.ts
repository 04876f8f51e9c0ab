import { PosthornError } from '../domain/error.ts'
import type { TenantId } from '../domain/ids.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordStore } from '../ports/record-store.ts'
import type { Telemetry } from '../ports/telemetry.ts'
import { recordPage } from './directory/records.ts'
import { notFound } from './not-found.ts'
import type { Changes } from './peers/changes.ts'
import { Periodic } from './upkeep/periodic.ts'
import type { Page, PageRequest } from './use-cases.ts'

/** Something large that is asked for once and done step by step, whatever ends the process in between. */
export interface Order {
  readonly id: string
  readonly tenantId: TenantId
  readonly state: 'running' | 'done' | 'cancelled'
  readonly finishedAt: number | null
}

export interface OrdersParts<T extends Order> {
  /** What one is called. */
  readonly kind: 'replay' | 'bulk'
  readonly records: RecordStore<T> & { running(): Promise<T[]> }
  /**
   * One commit: its effects and the order's progress. Of several processes each step is made by one.
   * @returns the order after it; null when somebody else moved or cancelled it
   */
  readonly step: (order: T) => Promise<T | null>
  readonly changes: Changes
  readonly clock: Clock
  readonly telemetry: Telemetry
  /** Looks this often for what another process began and did not finish. @default 5000 */
  readonly everyMs?: number | undefined
}

const EVERY_MS = 5_000
/** Each of all that run gets a step in turn: somebody's thousand would hold up the only one of somebody else. */
const OF_TENANT_MAX = 20

/** Durable orders of one kind: begun, worked off in steps after any restart, cancelled. */
export class Orders<T extends Order> {
  readonly #parts: OrdersParts<T>
  readonly #rounds: Periodic
  /** One begins after the other: each must see those that were begun just before. */
  #beginning: Promise<unknown> = Promise.resolve()

  constructor(parts: OrdersParts<T>) {
    const { kind, changes, clock, telemetry, everyMs = EVERY_MS } = parts
    this.#parts = parts
    const round = (signal: AbortSignal) => this.#workOff(signal)
    this.#rounds = new Periodic({ name: `${kind}s`, everyMs, round, clock, telemetry })
    // Perhaps one was begun there.
    changes.listen(({ own }) => own || this.#rounds.soon())
  }

  /** Begins to work off what was begun before, and what comes. */
  async open(): Promise<void> {
    await this.#rounds.start()
    this.#rounds.soon()
  }

  stop(): Promise<void> {
    return this.#rounds.stop()
  }

  /** @throws PosthornError `state_conflict` when as many of the tenant's are running as may */
  async begin(order: T): Promise<void> {
    const { records, changes } = this.#parts
    const begun = this.#beginning.then(async () => {
      const own = (await records.running()).filter(({ tenantId }) => tenantId === order.tenantId)
      if (own.length >= OF_TENANT_MAX)
        throw new PosthornError(
          'state_conflict',
          `${own.length} are running already. Wait for one of them, or cancel it.`,
        )
      await records.insert(order)
    })
    this.#beginning = begun.catch(() => undefined)
    await begun
    this.#rounds.soon()
    changes.sayToOthers(order.tenantId)
  }

  async get(tenantId: TenantId, id: T['id']): Promise<T> {
    return (await this.#found(tenantId, id)).record
  }

  list(tenantId: TenantId, request: PageRequest): Promise<Page<T>> {
    const { kind, records } = this.#parts
    return recordPage(records, `${kind}s`, tenantId, request)
  }

  /** @throws PosthornError `state_conflict` when it does not run any more */
  async cancel(tenantId: TenantId, id: T['id']): Promise<T> {
    const { kind, records, clock } = this.#parts
    for (;;) {
      const { record, version } = await this.#found(tenantId, id)
      if (record.state !== 'running')
        throw new PosthornError(
          'state_conflict',
          `The ${kind} is ${record.state}; only a running one can be cancelled.`,
        )
      const next: T = { ...record, state: 'cancelled', finishedAt: clock.now() }
      if (await records.update(next, version)) return next
    }
  }

  async #found(tenantId: TenantId, id: T['id']) {
    const { kind, records } = this.#parts
    const found = await records.get(tenantId, id)
    if (found === null) throw notFound(kind, id)
    return found
  }

  /** Step by step in turn: a small one does not wait for the end of a large one. */
  async #workOff(signal: AbortSignal): Promise<void> {
    let running: readonly T[] = await this.#parts.records.running()
    while (running.length > 0 && !signal.aborted) {
      const next: T[] = []
      for (const order of running) {
        const moved = signal.aborted ? null : await this.#tryStep(order)
        if (moved?.state === 'running') next.push(moved)
      }
      running = next
    }
  }

  /** One that fails is tried again in the next round, and holds up no other. */
  async #tryStep(order: T): Promise<T | null> {
    const { kind, step, telemetry } = this.#parts
    try {
      return await step(order)
    } catch (error) {
      const what = `${order.id}: ${String(error)}`
      telemetry.record({ name: 'service.failed', service: `${kind}s`, error: what })
      return null
    }
  }
}
