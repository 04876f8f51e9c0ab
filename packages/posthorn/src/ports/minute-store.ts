import type { TenantId } from '../domain/ids.ts'
import type { MinuteRow } from '../domain/minutes.ts'

/**
 * Counts of minutes, for charts. Each process keeps its own rows: nobody waits for another one, and writing a row again
 * changes nothing.
 */
export interface MinuteStore {
  /** Writes rows in place of those that were there for the same tenant, minute and process. */
  put(batch: readonly MinuteRow[]): Promise<void>
  /** Of a tenant, minutes from `from` on and before `to`, in any order. */
  list(tenantId: TenantId, from: number, to: number): Promise<MinuteRow[]>
  /** Removes at most `limit` of minutes before `before`. @returns how many */
  prune(before: number, limit: number): Promise<number>
}
