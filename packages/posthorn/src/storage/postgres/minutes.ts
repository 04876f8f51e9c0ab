import type { TenantId } from '../../domain/ids.ts'
import type { MinuteRow } from '../../domain/minutes.ts'
import type { MinuteStore } from '../../ports/minute-store.ts'
import { columns } from './columns.ts'
import type { Sessions } from './session.ts'
import { repaired } from './text.ts'

export class MinuteTable implements MinuteStore {
  readonly #sessions: Sessions
  readonly #schema: string

  constructor(sessions: Sessions, schema: string) {
    this.#sessions = sessions
    this.#schema = schema
  }

  async put(batch: readonly MinuteRow[]): Promise<void> {
    if (batch.length === 0) return
    await this.#sessions.rows(
      `insert into ${this.#schema}.minutes (tenant_id, minute, run_id, doc)
      select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[])
      on conflict (tenant_id, minute, run_id) do update set doc = excluded.doc`,
      ...columns(
        batch,
        ({ tenantId }) => tenantId,
        ({ minute }) => minute,
        ({ runId }) => runId,
        ({ count }) => repaired(JSON.stringify(count)),
      ),
    )
  }

  async list(tenantId: TenantId, from: number, to: number): Promise<MinuteRow[]> {
    const rows = await this.#sessions.rows<{ minute: number; run_id: string; doc: string }>(
      `select minute, run_id, doc from ${this.#schema}.minutes where tenant_id = $1 and minute >= $2 and minute < $3`,
      tenantId,
      from,
      to,
    )
    return rows.map(({ minute, run_id, doc }) => ({
      tenantId,
      minute,
      runId: run_id,
      count: JSON.parse(doc),
    }))
  }

  async prune(before: number, limit: number): Promise<number> {
    const rows = await this.#sessions.rows(
      `delete from ${this.#schema}.minutes where ctid = any(array(
        select ctid from ${this.#schema}.minutes where minute < $1 order by minute limit $2)) returning 1`,
      before,
      limit,
    )
    return rows.length
  }
}
