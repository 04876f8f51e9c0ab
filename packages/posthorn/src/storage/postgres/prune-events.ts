import type { EventKey } from '../../domain/event.ts'
import type { PruneCount } from '../../ports/store.ts'
import { idleOf, isBusy } from './busy.ts'
import { keysBetween } from './keys.ts'
import type { PruneRequest } from './prune-request.ts'
import type { Query } from './session.ts'

/** How many events one call looks at for each that it may remove: bounds a call among many that cannot go yet. */
const LOOKED_AT_PER_REMOVED = 10

/** Old events leave one by one where their day cannot leave as a whole. */
export class OldEvents {
  readonly #schema: string
  /** A round goes on where the last call stopped; in memory: a restart begins a new one. */
  #after: EventKey = -1

  constructor(schema: string) {
    this.#schema = schema
  }

  async prune(query: Query, { before, now, limit }: PruneRequest): Promise<PruneCount> {
    const lookAt = limit * LOOKED_AT_PER_REMOVED
    const looked = await query.rows<{ key: EventKey; busy: boolean }>(
      `select e.key, ${isBusy(this.#schema)} as busy
      from ${this.#schema}.events e where e.key > $1 and e.key <= $2 and e.received_at < $3 order by e.key limit $4`,
      this.#after,
      keysBetween(null, before).last,
      before,
      lookAt,
    )
    const idle = looked.filter(({ busy }) => !busy).map(({ key }) => key)
    const keys = idle.slice(0, limit)
    const more = looked.length === lookAt || idle.length > keys.length || keys.length === limit
    this.#after = more ? ((idle.length > limit ? keys.at(-1) : looked.at(-1)?.key) ?? -1) : -1
    return { ...(await this.#remove(query, keys, now)), more }
  }

  async #remove(query: Query, keys: readonly EventKey[], now: number): Promise<Omit<PruneCount, 'more'>> {
    const s = this.#schema
    if (keys.length === 0) return { events: 0, deliveries: 0, attempts: 0, requests: 0 }
    // Locked first and looked at again: somebody may have added a delivery meanwhile. Whoever is about to holds the
    // event: that one stays for another time.
    const locked = await query.rows<{ key: EventKey }>(
      `select e.key from ${s}.events e where e.key = any($1::bigint[]) order by e.key for update skip locked`,
      keys,
    )
    const gone = await idleOf(
      query,
      s,
      locked.map(({ key }) => key),
    )
    const ended = await query.rows<{ id: string }>(
      `delete from ${s}.ended where event_key = any($1::bigint[]) returning id`,
      gone,
    )
    const attempts = await query.rows(
      `delete from ${s}.attempts where delivery_id = any($1::text[]) returning 1`,
      ended.map(({ id }) => id),
    )
    await forget(query, s, gone, now)
    const events = await query.rows(`delete from ${s}.events where key = any($1::bigint[]) returning 1`, gone)
    return { events: events.length, deliveries: ended.length, attempts: attempts.length, requests: 0 }
  }
}

/** Ids that must be remembered stay without their event. */
async function forget(query: Query, schema: string, keys: readonly EventKey[], now: number): Promise<void> {
  await query.rows(
    `with e as (select tenant_id, source_id, id, key from ${schema}.events where key = any($1::bigint[])),
    ${forgetting(schema, '$2')}
    select 1`,
    keys,
    now,
  )
}

/** Of events `e`. @param now parameter */
export function forgetting(schema: string, now: string): string {
  const same = 'i.tenant_id = e.tenant_id and i.source_id = e.source_id and i.id = e.id and i.key = e.key'
  return `kept as (
      update ${schema}.event_ids i set key = null from e where ${same} and i.dedupe_until > ${now}),
    forgotten as (
      delete from ${schema}.event_ids i using e where ${same} and (i.dedupe_until is null or i.dedupe_until <= ${now}))`
}
