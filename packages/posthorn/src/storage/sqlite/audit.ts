import type { AuditEntry } from '../../domain/audit.ts'
import { lowestId, prefixOf } from '../../domain/ids.ts'
import type { AuditQuery, AuditStore } from '../../ports/audit-store.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { addEventType, Conditions } from './filters.ts'

/** What is asked for stands in columns, the entry itself is JSON. Ids sort by time, so that no index on time is needed. */
export class AuditTable implements Sync<AuditStore> {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  append(batch: readonly AuditEntry[]): void {
    const insert = this.#statements.get(
      'insert into audit (id, tenant_id, action, actor_kind, actor_key, object_id, doc) values (?, ?, ?, ?, ?, ?, ?)',
    )
    for (const entry of batch) {
      const { id, tenantId, action, actor, object } = entry
      insert.run(id, tenantId ?? '', action, actor.kind, actor.keyId, object.id, JSON.stringify(entry))
    }
  }

  list(query: AuditQuery): AuditEntry[] {
    const where = new Conditions()
    if (query.tenantId !== null) where.add('tenant_id = ?', query.tenantId)
    addEventType(where, 'action', query.action)
    if (query.actor !== null)
      where.add(prefixOf(query.actor) === 'key' ? 'actor_key = ?' : 'actor_kind = ?', query.actor)
    if (query.objectId !== null) where.add('object_id = ?', query.objectId)
    if (query.since !== null) where.add('id >= ?', lowestId('aud', query.since))
    if (query.until !== null) where.add('id < ?', lowestId('aud', query.until))
    // Above every id: those are hexadecimal.
    where.add('id < ?', query.before ?? 'aud_g')
    return this.#statements
      .get(`select doc from audit where ${where.sql} order by id desc limit ?`)
      .all(...where.params, query.limit)
      .map(({ doc }) => JSON.parse(String(doc)) as AuditEntry)
  }

  prune(before: number, limit: number): number {
    const { changes } = this.#statements
      .get('delete from audit where id in (select id from audit where id < ? order by id limit ?)')
      .run(lowestId('aud', before), limit)
    return Number(changes)
  }
}
