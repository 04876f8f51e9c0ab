import type { AuditEntry } from '../../domain/audit.ts'
import { lowestId, prefixOf } from '../../domain/ids.ts'
import type { AuditQuery, AuditStore } from '../../ports/audit-store.ts'
import { columns } from './columns.ts'
import { addEventType, Conditions } from './filters.ts'
import type { Query, Sessions } from './session.ts'
import { fits, repaired } from './text.ts'

const COLUMNS = 'id, tenant_id, action, actor_kind, actor_key, object_id, doc'

/** What is asked for stands in columns, the entry itself is JSON. Ids sort by time, so that no index on time is needed. */
export class AuditTable implements AuditStore {
  readonly #sessions: Sessions
  readonly #schema: string

  constructor(sessions: Sessions, schema: string) {
    this.#sessions = sessions
    this.#schema = schema
  }

  append(batch: readonly AuditEntry[]): Promise<void> {
    return appendAudit(this.#sessions, this.#schema, batch)
  }

  async list(query: AuditQuery): Promise<AuditEntry[]> {
    const where = new Conditions()
    if (query.tenantId !== null) where.add('tenant_id = ?', query.tenantId)
    addEventType(where, 'action', query.action)
    if (query.actor !== null)
      where.add(prefixOf(query.actor) === 'key' ? 'actor_key = ?' : 'actor_kind = ?', known(query.actor))
    if (query.objectId !== null) where.add('object_id = ?', known(query.objectId))
    if (query.since !== null) where.add('id >= ?', lowestId('aud', query.since))
    if (query.until !== null) where.add('id < ?', lowestId('aud', query.until))
    // Above every id: those are hexadecimal.
    const { sql, params } = where.add('id < ?', query.before ?? 'aud_g').numbered()
    const rows = await this.#sessions.rows<{ doc: string }>(
      `select doc from ${this.#schema}.audit where ${sql} order by id desc limit $${params.length + 1}`,
      ...params,
      query.limit,
    )
    return rows.map(({ doc }) => JSON.parse(doc) as AuditEntry)
  }

  async prune(before: number, limit: number): Promise<number> {
    const rows = await this.#sessions.rows(
      `delete from ${this.#schema}.audit where id = any(array(
        select id from ${this.#schema}.audit where id < $1 order by id limit $2)) returning 1`,
      lowestId('aud', before),
      limit,
    )
    return rows.length
  }
}

/** As kept; what cannot be kept is kept nowhere. */
function known(text: string): string {
  return fits(text) ? text : repaired(text)
}

export async function appendAudit(query: Query, schema: string, batch: readonly AuditEntry[]): Promise<void> {
  if (batch.length === 0) return
  await query.rows(
    `insert into ${schema}.audit (${COLUMNS})
    select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])`,
    ...columns(
      batch.map(auditRow),
      (row) => row[0],
      (row) => row[1],
      (row) => row[2],
      (row) => row[3],
      (row) => row[4],
      (row) => row[5],
      (row) => row[6],
    ),
  )
}

/** Part of a statement whose `changed` has a row for each record that was changed: one entry, if there is any. */
export function auditInsert(schema: string, from: number): string {
  const values = Array.from({ length: 7 }, (_, index) => `$${from + index}::text`)
  return `insert into ${schema}.audit (${COLUMNS}) select ${values.join(', ')} where exists (select 1 from changed)`
}

export function auditRow(entry: AuditEntry): readonly (string | null)[] {
  const { id, tenantId, action, actor, object } = entry
  return [id, tenantId ?? '', action, actor.kind, actor.keyId, repaired(object.id), JSON.stringify(entry)]
}
