/** What stands now, of one tenant: along the indexes that hold no history, and at most so many rows. */
import { type DeadLetterGroup, grouped } from '../../domain/dead-letters.ts'
import type { DeliveryId, TargetId, TenantId } from '../../domain/ids.ts'
import type { Standing } from '../../ports/store.ts'
import type { Query } from './session.ts'

interface StandingRow {
  readonly waiting: number
  readonly retrying: number
  readonly oldest: number | null
  readonly dead: number
}

export async function standing(
  query: Query,
  schema: string,
  tenantId: TenantId,
  most: number,
): Promise<Standing> {
  const [row] = await query.rows<StandingRow>(
    `select count(*) as waiting, count(*) filter (where attempts > schedule_start) as retrying, min(due_at) as oldest,
      (select count(*) from (select 1 from ${schema}.ended where tenant_id = $1 and state = 'dead' limit $2) d) as dead
    from (select due_at, attempts, schedule_start from ${schema}.pending
      where tenant_id = $1 and lease_token is null order by id limit $2) w`,
    tenantId,
    most,
  )
  const { waiting = 0, retrying = 0, oldest = null, dead = 0 } = row ?? {}
  return { waiting, retrying, dead, oldestDueAt: oldest }
}

interface GroupRow {
  readonly target_id: TargetId
  readonly cause: string
  readonly status: number | null
  readonly n: number
  readonly oldest: number
  readonly newest: number
  readonly sample: DeliveryId
}

export async function deadLetters(
  query: Query,
  schema: string,
  tenantId: TenantId,
  most: number,
): Promise<DeadLetterGroup[]> {
  const rows = await query.rows<GroupRow>(
    `select target_id, coalesce(last_error, '') as cause, last_status_code as status, count(*) as n, min(finished_at) as oldest,
      max(finished_at) as newest, max(id) as sample
    from (select id, target_id, last_error, last_status_code, finished_at from ${schema}.ended
      where tenant_id = $1 and state = 'dead' order by id desc limit $2) d
    group by target_id, coalesce(last_error, ''), last_status_code`,
    tenantId,
    most,
  )
  return grouped(
    rows.map(({ target_id, cause, status, n, oldest, newest, sample }) => ({
      ...{
        targetId: target_id,
        cause,
        statusCode: status,
        count: n,
        oldestAt: oldest,
        newestAt: newest,
        sample,
      },
    })),
  )
}
