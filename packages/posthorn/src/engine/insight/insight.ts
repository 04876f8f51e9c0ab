import type { TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { SeenProcess } from '../../ports/peers.ts'
import type { Store } from '../../ports/store.ts'
import type { Happening, Telemetry } from '../../ports/telemetry.ts'
import type { Directory } from '../directory/directory.ts'
import type { Changes } from '../peers/changes.ts'
import { find } from './finder.ts'
import type { HeavyReads } from './heavy-reads.ts'
import { Live } from './live.ts'
import { MinuteCounts } from './minute-counts.ts'
import { COUNTED_MAX, Overviews } from './overview.ts'
import type { Found, InsightUseCases, Overview } from './use-cases.ts'

export interface InsightParts {
  readonly store: Store
  readonly directory: Directory
  readonly changes: Changes
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly runId: string
  readonly heavy: HeavyReads
  /** Default: nobody says. */
  readonly kinds?: { readonly store: string; readonly queue: string }
  readonly processes: () => readonly SeenProcess[]
}

/** What people want to see: made from what the others do and store. */
export class Insight implements InsightUseCases {
  readonly live: Live
  readonly #parts: InsightParts
  readonly #minutes: MinuteCounts
  readonly #overviews: Overviews

  constructor(parts: InsightParts) {
    this.#parts = parts
    this.#minutes = new MinuteCounts({ ...parts, store: parts.store.minutes })
    this.#overviews = new Overviews({
      kinds: { store: 'given', queue: 'given' },
      ...parts,
      minutes: this.#minutes,
    })
    this.live = new Live({ ...parts, overviews: this.#overviews })
  }

  /** Told of everything that is told to telemetry. */
  note(happening: Happening): void {
    this.#minutes.note(happening)
    this.#overviews.note(happening)
    this.live.note(happening)
  }

  start(): void {
    this.#minutes.start()
  }

  async stop(): Promise<void> {
    await this.live.stop()
    await this.#minutes.stop()
  }

  overview(tenantId: TenantId, windowMs: number): Promise<Overview> {
    const get = () => this.#overviews.get(tenantId, windowMs)
    return this.#parts.heavy.share(tenantId, `overview ${windowMs}`, get)
  }

  processes() {
    return this.#parts.processes()
  }

  find(tenantId: TenantId, text: string): Promise<readonly Found[]> {
    return find(this.#parts, tenantId, text)
  }

  async deadLetters(tenantId: TenantId) {
    const { heavy, store } = this.#parts
    const groups = await heavy.share(tenantId, 'dead letters', () =>
      store.deliveries.deadLetters(tenantId, COUNTED_MAX),
    )
    const counted = groups.reduce((sum, { count }) => sum + count, 0)
    return { groups, complete: counted < COUNTED_MAX }
  }
}
