import type { Delivery } from '../../domain/delivery.ts'
import { COMMON_COLUMNS } from './delivery-rows.ts'
import type { Query } from './session.ts'
import { repaired } from './text.ts'

/** Writes a delivery that this transaction holds, where its new state belongs. */
export async function moveDelivery(
  query: Query,
  schema: string,
  from: Delivery,
  to: Delivery,
): Promise<void> {
  const table = from.state === 'pending' ? 'pending' : 'ended'
  const ended = to.state !== 'pending'
  await query.rows(
    `with gone as (delete from ${schema}.${table} where id = $1 returning *)
    insert into ${schema}.${ended ? 'ended' : 'pending'} (${COMMON_COLUMNS}${ended ? ', state, finished_at' : ''})
    select id, tenant_id, event_key, event_id, event_type, target_id, format, $2, $3, $4, created_at, $5, $6, replay_id
      ${ended ? ', $7, $8' : ''} from gone`,
    from.id,
    to.dueAt,
    to.attempts,
    to.scheduleStart,
    to.lastStatusCode,
    repaired(to.lastError),
    ...(ended ? [to.state, to.finishedAt] : []),
  )
}
