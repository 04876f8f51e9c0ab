import type { TenantId } from '../../domain/ids.ts'
import type { MinuteRow } from '../../domain/minutes.ts'
import type { MinuteStore } from '../../ports/minute-store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'

export class MinuteTable implements Sync<MinuteStore> {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  put(batch: readonly MinuteRow[]): void {
    const put = this.#statements.get(
      `insert into minutes (tenant_id, minute, run_id, doc) values (?, ?, ?, ?)
      on conflict do update set doc = excluded.doc`,
    )
    for (const { tenantId, minute, runId, count } of batch)
      put.run(tenantId, minute, runId, JSON.stringify(count))
  }

  list(tenantId: TenantId, from: number, to: number): MinuteRow[] {
    return this.#statements
      .get('select minute, run_id, doc from minutes where tenant_id = ? and minute >= ? and minute < ?')
      .all(tenantId, from, to)
      .map((row) => ({
        tenantId,
        minute: Number(row.minute),
        runId: String(row.run_id),
        count: JSON.parse(String(row.doc)),
      }))
  }

  prune(before: number, limit: number): number {
    const { changes } = this.#statements
      .get(
        `delete from minutes where (tenant_id, minute, run_id) in (
          select tenant_id, minute, run_id from minutes indexed by minutes_by_time where minute < ? order by minute limit ?)`,
      )
      .run(before, limit)
    return Number(changes)
  }
}
