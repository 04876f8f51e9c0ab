/** What stands now, of one tenant: along the indexes that hold no history, and at most so many rows. */
import { type DeadLetterGroup, grouped } from '../../domain/dead-letters.ts'
import type { DeliveryId, TargetId, TenantId } from '../../domain/ids.ts'
import type { Standing } from '../../ports/store.ts'
import type { Statements } from './database.ts'

export function standing(statements: Statements, tenantId: TenantId, most: number): Standing {
  const waiting = statements
    .get(`
      select count(*) as n, coalesce(sum(attempts > schedule_start), 0) as retrying, min(due_at) as oldest from (
        select due_at, attempts, schedule_start from deliveries indexed by deliveries_waiting_of_tenant
        where tenant_id = ? and state = 'pending' and lease_token is null limit ?)`)
    .get(tenantId, most)
  const dead = statements
    .get(`
      select count(*) as n from (select 1 from deliveries indexed by deliveries_ended_of_tenant
        where tenant_id = ? and state = 'dead' limit ?)`)
    .get(tenantId, most)
  return {
    waiting: Number(waiting?.n),
    retrying: Number(waiting?.retrying),
    dead: Number(dead?.n),
    oldestDueAt: waiting?.oldest == null ? null : Number(waiting.oldest),
  }
}

export function deadLetters(statements: Statements, tenantId: TenantId, most: number): DeadLetterGroup[] {
  const rows = statements
    .get(`
      select id, target_id, last_error, last_status_code, finished_at from deliveries indexed by deliveries_ended_of_tenant
      where tenant_id = ? and state = 'dead' order by id desc limit ?`)
    .all(tenantId, most)
  return grouped(
    rows.map((row) => ({
      sample: row.id as DeliveryId,
      targetId: row.target_id as TargetId,
      cause: String(row.last_error ?? ''),
      statusCode: row.last_status_code === null ? null : Number(row.last_status_code),
      count: 1,
      oldestAt: Number(row.finished_at),
      newestAt: Number(row.finished_at),
    })),
  )
}
