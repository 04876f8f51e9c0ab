import type { AuditEntry } from '../../domain/audit.ts'
import { PosthornError } from '../../domain/error.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { RecordQuery, RecordStore, Versioned } from '../../ports/store.ts'
import { auditInsert, auditRow } from './audit.ts'
import { causeState } from './failures.ts'
import { Conditions } from './filters.ts'
import { noteChanges } from './peers.ts'
import type { RecordKind } from './record-kinds.ts'
import type { Query, Sessions } from './session.ts'
import { checkText, fits } from './text.ts'

const UNIQUE_VIOLATION = '23505'

interface RecordRow {
  readonly seq: number
  readonly version: number
  readonly doc: string
}

/** Records of any kind: what is looked up stands in columns, the record itself is JSON. */
export class RecordTable<T> implements RecordStore<T> {
  protected readonly sessions: Sessions
  readonly #schema: string
  readonly #table: string
  readonly #kind: RecordKind<T>

  constructor(sessions: Sessions, schema: string, kind: RecordKind<T>) {
    this.sessions = sessions
    this.#schema = schema
    this.#table = `${schema}.${kind.table}`
    this.#kind = kind
  }

  async insert(record: T, audit?: AuditEntry): Promise<boolean> {
    const changed = await this.#changed(
      this.sessions,
      `insert into ${this.#table} (tenant_id, id, name, version, doc) values ($1, $2, $3, 1, $4)
      on conflict do nothing returning seq, tenant_id, id`,
      [...this.#place(record), this.#name(record), JSON.stringify(record)],
      audit,
    )
    return changed === 1
  }

  get(tenantId: TenantId | null, id: string): Promise<Versioned<T> | null> {
    return this.findBy(this.sessions, 'id', tenantId, id)
  }

  getByName(tenantId: TenantId | null, name: string): Promise<Versioned<T> | null> {
    return this.findBy(this.sessions, 'name', tenantId, name)
  }

  protected async findBy(
    query: Query,
    column: 'id' | 'name',
    tenantId: TenantId | null,
    value: string,
    lock = '',
  ): Promise<Versioned<T> | null> {
    if (!fits(value)) return null
    const { sql, params } = inTenant(tenantId).add(`${column} = ?`, value).numbered()
    const [row] = await query.rows<RecordRow>(
      `select version, doc from ${this.#table} where ${sql} limit 1 ${lock}`,
      ...params,
    )
    return row === undefined ? null : this.read(row)
  }

  async list(query: RecordQuery): Promise<Array<Versioned<T> & { readonly cursor: number }>> {
    const { sql, params } = inTenant(query.tenantId)
      .add('seq < ?', query.before ?? Number.MAX_SAFE_INTEGER)
      .numbered()
    const rows = await this.sessions.rows<RecordRow>(
      `select seq, version, doc from ${this.#table} where ${sql} order by seq desc limit $${params.length + 1}`,
      ...params,
      query.limit,
    )
    return rows.map((row) => ({ ...this.read(row), cursor: row.seq }))
  }

  /** @throws PosthornError `name_taken` when the record's name was changed to one that is taken */
  update(record: T, version: number, audit?: AuditEntry): Promise<boolean> {
    return this.updateIn(this.sessions, record, version, audit)
  }

  protected async updateIn(query: Query, record: T, version: number, audit?: AuditEntry): Promise<boolean> {
    const [tenantId, id] = this.#place(record)
    try {
      const changed = await this.#changed(
        query,
        `update ${this.#table} set name = $1, doc = $2, version = version + 1
        where tenant_id = $3 and id = $4 and version = $5 returning seq, tenant_id, id`,
        [this.#name(record), JSON.stringify(record), tenantId, id, version],
        audit,
      )
      return changed === 1
    } catch (error) {
      if (causeState(error) !== UNIQUE_VIOLATION) throw error
      throw new PosthornError('name_taken', `The name ${JSON.stringify(this.#name(record))} is taken.`)
    }
  }

  async delete(tenantId: TenantId | null, id: string, audit?: AuditEntry): Promise<boolean> {
    if (!fits(id)) return false
    const { sql, params } = inTenant(tenantId).add('id = ?', id).numbered()
    const change = `delete from ${this.#table} where ${sql} returning seq, tenant_id, id`
    return (await this.#changed(this.sessions, change, params, audit)) > 0
  }

  /**
   * In one statement with its note, without which a process that missed the signal would never hear of the change, and
   * with its entry in the audit log. @returns how many were changed
   */
  async #changed(
    query: Query,
    change: string,
    params: readonly unknown[],
    audit: AuditEntry | undefined,
  ): Promise<number> {
    const parts = [`with changed as (${change})`]
    const noted = this.#kind.noted
    if (noted !== null)
      parts.push(
        `noted as (${noteChanges(this.#schema, `select tenant_id, ${noted} as record_id from changed`)})`,
      )
    if (audit !== undefined) parts.push(`audited as (${auditInsert(this.#schema, params.length + 1)})`)
    const sql = `${parts.join(', ')} select seq from changed`
    const rows = await query.rows(sql, ...params, ...(audit === undefined ? [] : auditRow(audit)))
    return rows.length
  }

  protected read(row: Pick<RecordRow, 'version' | 'doc'>): Versioned<T> {
    return { record: JSON.parse(row.doc) as T, version: row.version }
  }

  #place(record: T): [tenantId: string, id: string] {
    const id = this.#kind.id(record)
    checkText('id', id)
    return [this.#kind.tenantId(record) ?? '', id]
  }

  #name(record: T): string | null {
    const name = this.#kind.name(record)
    checkText('name', name)
    return name
  }
}

function inTenant(tenantId: TenantId | null): Conditions {
  const where = new Conditions()
  return tenantId === null ? where : where.add('tenant_id = ?', tenantId)
}
