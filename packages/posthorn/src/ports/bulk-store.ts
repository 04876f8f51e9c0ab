import type { Bulk, BulkItem } from '../domain/bulk.ts'
import type { BulkId, DeliveryId } from '../domain/ids.ts'
import type { HandChange } from './hand-change.ts'
import type { RecordStore } from './record-store.ts'

export interface BulkStore extends RecordStore<Bulk> {
  running(): Promise<Bulk[]>
  /**
   * One step: changes by hand, their results and the order's progress in one commit, so that a crash neither skips nor
   * doubles. Applied only while the stored order is running and has done as many as `from`. `changed` of `next` is
   * ignored: the stored one grows by what was changed.
   * @returns in order; null: it was not applied
   */
  advance(next: Bulk, from: number, changes: readonly HandChange[]): Promise<BulkItem[] | null>
  /** By delivery, those after this one. */
  items(id: BulkId, after: DeliveryId | null, limit: number): Promise<BulkItem[]>
  /** Removes at most `limit` results, and then the orders, from before `before`. @returns how many results */
  prune(before: number, limit: number): Promise<number>
}
