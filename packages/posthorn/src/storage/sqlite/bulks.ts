import type { Bulk, BulkItem } from '../../domain/bulk.ts'
import { type BulkId, type DeliveryId, lowestId } from '../../domain/ids.ts'
import type { BulkStore } from '../../ports/bulk-store.ts'
import type { HandChange } from '../../ports/store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import type { DeliveryTable } from './deliveries.ts'
import { BULKS } from './record-kinds.ts'
import { RecordTable } from './records.ts'

export class BulkTable extends RecordTable<Bulk> implements Sync<BulkStore> {
  readonly #statements: Statements
  readonly #deliveries: DeliveryTable

  constructor(statements: Statements, deliveries: DeliveryTable) {
    super(statements, BULKS)
    this.#statements = statements
    this.#deliveries = deliveries
  }

  running(): Bulk[] {
    return this.#statements
      .get("select doc from bulks where doc ->> 'state' = 'running' order by seq")
      .all()
      .map((row) => JSON.parse(String(row.doc)) as Bulk)
  }

  advance(next: Bulk, from: number, changes: readonly HandChange[]): BulkItem[] | null {
    const stored = this.get(next.tenantId, next.id)
    if (stored === null || stored.record.state !== 'running' || stored.record.done !== from) return null
    const insert = this.#statements.get(
      'insert into bulk_items (bulk_id, delivery_id, result) values (?, ?, ?) on conflict do nothing',
    )
    const items = changes.map((change): BulkItem => {
      const done = this.#deliveries.change(change)
      const result = done === null ? 'not_found' : done.changed ? 'changed' : 'state_conflict'
      insert.run(next.id, change.id, result)
      return { deliveryId: change.id, result }
    })
    const changed = stored.record.changed + items.filter(({ result }) => result === 'changed').length
    this.update({ ...next, changed }, stored.version)
    return items
  }

  items(id: BulkId, after: DeliveryId | null, limit: number): BulkItem[] {
    return this.#statements
      .get(
        'select delivery_id, result from bulk_items where bulk_id = ? and delivery_id > ? order by delivery_id limit ?',
      )
      .all(id, after ?? '', limit)
      .map((row) => ({
        deliveryId: row.delivery_id as DeliveryId,
        result: row.result as BulkItem['result'],
      }))
  }

  prune(before: number, limit: number): number {
    const first = lowestId('blk', before)
    const { changes } = this.#statements
      .get(
        `delete from bulk_items where (bulk_id, delivery_id) in (
          select bulk_id, delivery_id from bulk_items where bulk_id < ? order by bulk_id, delivery_id limit ?)`,
      )
      .run(first, limit)
    if (Number(changes) < limit) this.#statements.get('delete from bulks where id < ?').run(first)
    return Number(changes)
  }
}
