import type { PruneCount, StoreCounts, UpkeepStore } from '../../ports/store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { Pruning } from './prune.ts'

export class Upkeep implements Sync<UpkeepStore> {
  readonly #statements: Statements
  readonly #pruning: Pruning

  constructor(statements: Statements) {
    this.#statements = statements
    this.#pruning = new Pruning(statements)
  }

  ping(): void {
    this.#statements.get("update facts set value = value + 1 where name = 'pings'").run()
  }

  prune(request: { before: number; now: number; limit: number }): PruneCount {
    return this.#pruning.run(request)
  }

  /** Counts along the partial indexes, which hold no history. */
  counts(): StoreCounts {
    const row = this.#statements
      .get(`
        select
          (select count(*) from deliveries indexed by deliveries_waiting
            where state = 'pending' and lease_token is null) as waiting,
          (select count(*) from deliveries indexed by deliveries_leased where lease_token is not null) as leased,
          (select count(*) from deliveries indexed by deliveries_ended_of_tenant where state = 'dead') as dead,
          (select min(due_at) from lanes) as oldest`)
      .get() as { waiting: number; leased: number; dead: number; oldest: number | null }
    return { pending: row.waiting + row.leased, dead: row.dead, oldestDueAt: row.oldest }
  }
}
