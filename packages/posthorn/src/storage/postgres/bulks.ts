import type { Bulk, BulkItem } from '../../domain/bulk.ts'
import { type BulkId, type DeliveryId, lowestId } from '../../domain/ids.ts'
import type { BulkStore } from '../../ports/bulk-store.ts'
import type { HandChange } from '../../ports/store.ts'
import { columns } from './columns.ts'
import type { DeliveryTable } from './deliveries.ts'
import { BULKS } from './record-kinds.ts'
import { RecordTable } from './records.ts'
import type { Sessions } from './session.ts'
import { repaired } from './text.ts'

export class BulkTable extends RecordTable<Bulk> implements BulkStore {
  readonly #schema: string
  readonly #deliveries: DeliveryTable

  constructor(sessions: Sessions, schema: string, deliveries: DeliveryTable) {
    super(sessions, schema, BULKS)
    this.#schema = schema
    this.#deliveries = deliveries
  }

  async running(): Promise<Bulk[]> {
    const rows = await this.sessions.rows<{ doc: string }>(
      `select doc from ${this.#schema}.bulks where doc like '%"state":"running"%' order by seq`,
    )
    return rows.map(({ doc }) => JSON.parse(doc) as Bulk)
  }

  advance(next: Bulk, from: number, changes: readonly HandChange[]): Promise<BulkItem[] | null> {
    return this.#deliveries.together(
      changes.map(({ id }) => id),
      async (query) => {
        const stored = await this.findBy(query, 'id', next.tenantId, next.id, 'for update')
        if (stored === null || stored.record.state !== 'running' || stored.record.done !== from) return null
        const items: BulkItem[] = []
        for (const change of changes) {
          const done = await this.#deliveries.changeIn(query, change)
          const result = done === null ? 'not_found' : done.changed ? 'changed' : 'state_conflict'
          items.push({ deliveryId: change.id, result })
        }
        await query.rows(
          `insert into ${this.#schema}.bulk_items (bulk_id, delivery_id, result)
          select $1, * from unnest($2::text[], $3::text[]) on conflict do nothing`,
          next.id,
          ...columns(
            items,
            ({ deliveryId }) => repaired(deliveryId),
            ({ result }) => result,
          ),
        )
        const changed = stored.record.changed + items.filter(({ result }) => result === 'changed').length
        await this.updateIn(query, { ...next, changed }, stored.version)
        return items
      },
    )
  }

  async items(id: BulkId, after: DeliveryId | null, limit: number): Promise<BulkItem[]> {
    const rows = await this.sessions.rows<{ delivery_id: DeliveryId; result: BulkItem['result'] }>(
      `select delivery_id, result from ${this.#schema}.bulk_items where bulk_id = $1 and delivery_id > $2
      order by delivery_id limit $3`,
      id,
      after ?? '',
      limit,
    )
    return rows.map(({ delivery_id, result }) => ({ deliveryId: delivery_id, result }))
  }

  async prune(before: number, limit: number): Promise<number> {
    const first = lowestId('blk', before)
    const rows = await this.sessions.rows(
      `delete from ${this.#schema}.bulk_items where ctid = any(array(
        select ctid from ${this.#schema}.bulk_items where bulk_id < $1 order by bulk_id limit $2)) returning 1`,
      first,
      limit,
    )
    if (rows.length < limit)
      await this.sessions.rows(`delete from ${this.#schema}.bulks where id < $1`, first)
    return rows.length
  }
}
