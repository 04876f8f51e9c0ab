/** What happens between opening the file and serving from it: nothing of a run that was cut off is left half done. */
import type { DatabaseSync } from 'node:sqlite'
import { PosthornError } from '../../domain/error.ts'
import type { Migrated } from './migrate.ts'

/** What was found and done at the start, for the log. */
export interface OpenReport {
  readonly migrated: Migrated
  /** Whether the file was checked: only after an unclean end, and only a file of at most 128 MiB. */
  readonly checked: boolean
  /** The former run did not close the store. */
  readonly unclean: boolean
  /** Leases of the former run that were given up. */
  readonly leasesReleased: number
  /** Lanes whose time was later than what waits in them; more than 0 is a bug worth a report. */
  readonly lanesRepaired: number
  /** Lanes that are postponed; postponements outlive a restart. */
  readonly lanesPostponed: number
}

/**
 * `quick_check` reads every page. SQLite's journal already makes an interrupted commit whole or nothing; what the check
 * adds is to notice a disk or a file system that broke its word. That is worth a moment after an unclean end (0.4 s for
 * 250 MB in the cache), and not minutes before the start of a large instance.
 */
const CHECKED_BYTES = 128 * 1024 * 1024

/** @throws PosthornError `store_damaged` */
export function checkFile(db: DatabaseSync): boolean {
  const bytes = pragma(db, 'page_count') * pragma(db, 'page_size')
  if (!isUnclean(db) || bytes > CHECKED_BYTES) return false
  const found = String(db.prepare('pragma quick_check(1)').get()?.quick_check)
  if (found !== 'ok')
    throw new PosthornError(
      'store_damaged',
      `posthorn.db is damaged: ${found}. Keep a copy of the data folder and restore a backup.`,
    )
  return true
}

/** All leases are given up: the folder's lock is ours, so whoever held them is gone. */
export function recover(db: DatabaseSync): Omit<OpenReport, 'migrated' | 'checked'> {
  db.exec('begin immediate')
  try {
    const unclean = isUnclean(db)
    // Before the leases: in the state that was found the invariant must hold already.
    const lanesRepaired = alignLanes(db)
    const leasesReleased = Number(
      db
        .prepare(
          'update deliveries set lease_token = null, lease_until = null where lease_token is not null and lease_until is not null',
        )
        .run().changes,
    )
    if (leasesReleased > 0) alignLanes(db)
    db.exec('delete from lanes where due_at is null and held_until is null')
    const postponed = db.prepare('select count(*) as n from lanes where held_until is not null').get()?.n
    db.exec("update facts set value = 1 where name = 'open'")
    db.exec('commit')
    return { unclean, leasesReleased, lanesRepaired, lanesPostponed: Number(postponed) }
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

export function markClosed(db: DatabaseSync): void {
  db.exec("update facts set value = 0 where name = 'open'")
}

/**
 * Makes every lane's time that of its earliest waiting delivery. Jumps from target to target along the index, so it
 * costs what there are targets, not what waits.
 * @returns how many lanes were missing or later
 */
function alignLanes(db: DatabaseSync): number {
  return Number(
    db
      .prepare(`
        with recursive target (id) as (
          select min(target_id) from deliveries indexed by deliveries_waiting
            where state = 'pending' and lease_token is null
          union all
          select (select min(target_id) from deliveries indexed by deliveries_waiting
            where state = 'pending' and lease_token is null and target_id > target.id)
          from target where target.id is not null),
        earliest (target_id, tenant_id, due_at) as (
          select target_id, tenant_id, min(due_at) from target
          cross join deliveries d indexed by deliveries_waiting
            on d.target_id = target.id and d.state = 'pending' and d.lease_token is null
               and d.due_at = (select min(due_at) from deliveries indexed by deliveries_waiting
                 where state = 'pending' and lease_token is null and target_id = target.id)
          where target.id is not null group by target.id)
        insert into lanes (target_id, tenant_id, due_at) select target_id, tenant_id, due_at from earliest where true
        on conflict do update set tenant_id = excluded.tenant_id, due_at = excluded.due_at
        where due_at is null or due_at > excluded.due_at`)
      .run().changes,
  )
}

function isUnclean(db: DatabaseSync): boolean {
  return db.prepare("select value from facts where name = 'open'").get()?.value === 1
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(db.prepare(`pragma ${name}`).get()?.[name])
}
