import type { StatementSync } from 'node:sqlite'
import type { AuditEntry } from '../../domain/audit.ts'
import { PosthornError } from '../../domain/error.ts'
import type { TenantId } from '../../domain/ids.ts'
import type { RecordQuery, RecordStore, Versioned } from '../../ports/store.ts'
import { AuditTable } from './audit.ts'
import type { Sync } from './calls.ts'
import type { Statements } from './database.ts'
import { resultCode } from './failures.ts'
import { Conditions } from './filters.ts'
import type { RecordKind } from './record-kinds.ts'
import { checkText } from './text.ts'

const SQLITE_CONSTRAINT = 19

/** Records of any kind: what is looked up stands in columns, the record itself is JSON. */
export class RecordTable<T> implements Sync<RecordStore<T>> {
  readonly #statements: Statements
  readonly #kind: RecordKind<T>
  readonly #audit: AuditTable

  constructor(statements: Statements, kind: RecordKind<T>) {
    this.#statements = statements
    this.#kind = kind
    this.#audit = new AuditTable(statements)
  }

  insert(record: T, audit?: AuditEntry): boolean {
    const { table } = this.#kind
    const { changes } = this.#statements
      .get(
        `insert into ${table} (tenant_id, id, name, version, doc) values (?, ?, ?, 1, ?) on conflict do nothing`,
      )
      .run(...this.#place(record), this.#name(record), JSON.stringify(record))
    return this.#noted(changes === 1, audit)
  }

  get(tenantId: TenantId | null, id: string): Versioned<T> | null {
    return this.#findBy('id', tenantId, id)
  }

  getByName(tenantId: TenantId | null, name: string): Versioned<T> | null {
    return this.#findBy('name', tenantId, name)
  }

  #findBy(column: 'id' | 'name', tenantId: TenantId | null, value: string): Versioned<T> | null {
    if (!value.isWellFormed()) return null
    const where = inTenant(tenantId).add(`${column} = ?`, value)
    const row = this.#prepare(`select version, doc from ${this.#kind.table} where ${where.sql} limit 1`).get(
      ...where.params,
    )
    return row === undefined ? null : (read(row) as Versioned<T>)
  }

  list(query: RecordQuery): Array<Versioned<T> & { readonly cursor: number }> {
    const where = inTenant(query.tenantId).add('seq < ?', query.before ?? Number.MAX_SAFE_INTEGER)
    const rows = this.#prepare(
      `select seq, version, doc from ${this.#kind.table} where ${where.sql} order by seq desc limit ?`,
    ).all(...where.params, query.limit)
    return rows.map((row) => ({ ...(read(row) as Versioned<T>), cursor: Number(row.seq) }))
  }

  /** @throws PosthornError `name_taken` when the record's name was changed to one that is taken */
  update(record: T, version: number, audit?: AuditEntry): boolean {
    const [tenantId, id] = this.#place(record)
    try {
      const { changes } = this.#prepare(
        `update ${this.#kind.table} set name = ?, doc = ?, version = version + 1
        where tenant_id = ? and id = ? and version = ?`,
      ).run(this.#name(record), JSON.stringify(record), tenantId, id, version)
      return this.#noted(changes === 1, audit)
    } catch (error) {
      if (resultCode(error) !== SQLITE_CONSTRAINT) throw error
      throw new PosthornError('name_taken', `The name ${JSON.stringify(this.#name(record))} is taken.`)
    }
  }

  delete(tenantId: TenantId | null, id: string, audit?: AuditEntry): boolean {
    if (!id.isWellFormed()) return false
    const where = inTenant(tenantId).add('id = ?', id)
    const { changes } = this.#prepare(`delete from ${this.#kind.table} where ${where.sql}`).run(
      ...where.params,
    )
    return this.#noted(Number(changes) > 0, audit)
  }

  /** A call is one transaction: the entry is stored with the change. */
  #noted(changed: boolean, audit: AuditEntry | undefined): boolean {
    if (changed && audit !== undefined) this.#audit.append([audit])
    return changed
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

  #prepare(sql: string): StatementSync {
    return this.#statements.get(sql)
  }
}

function inTenant(tenantId: TenantId | null): Conditions {
  const where = new Conditions()
  return tenantId === null ? where : where.add('tenant_id = ?', tenantId)
}

function read(row: Record<string, unknown>): Versioned<unknown> {
  return { record: JSON.parse(String(row.doc)), version: Number(row.version) }
}
