import type { AuditChange, AuditEntry, AuditObject } from '../../domain/audit.ts'
import { type AuditId, ID_RANDOM_BYTES, makeId, type TenantId } from '../../domain/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Random } from '../../ports/random.ts'
import type { RecordQuery, RecordStore, Versioned } from '../../ports/store.ts'
import type { Acting } from './acting.ts'
import { changesOf } from './audit-fields.ts'
import { type AuditView, objectOf } from './audit-views.ts'

export interface What {
  readonly tenantId: TenantId | null
  readonly action: string
  readonly object: AuditObject
  readonly changes?: Readonly<Record<string, AuditChange>>
}

export interface AuditWriterParts {
  readonly clock: Clock
  readonly random: Random
  readonly acting: () => Acting
}

/** Makes entries: what, by whoever acts, now. */
export class AuditWriter {
  readonly #parts: AuditWriterParts
  #at = 0
  #count = 0

  constructor(parts: AuditWriterParts) {
    this.#parts = parts
  }

  entry({ tenantId, action, object, changes = {} }: What): AuditEntry {
    const at = this.#parts.clock.now()
    return { id: this.#id(at), at, tenantId, action, object, changes, ...this.#parts.acting() }
  }

  /** Those of one millisecond sort in their order, by a count in the place of the first 12 random bits. */
  #id(at: number): AuditId {
    this.#count = at === this.#at ? this.#count + 1 : 0
    this.#at = at
    const bytes = Uint8Array.from(this.#parts.random.bytes(ID_RANDOM_BYTES))
    bytes[0] = this.#count >> 8
    bytes[1] = this.#count
    return makeId('aud', at, bytes)
  }
}

/** Records whose changes are told to the audit log, in the same commit. */
export class AuditedRecords<T> implements RecordStore<T> {
  protected readonly records: RecordStore<T>
  readonly #view: AuditView<T>
  readonly #writer: AuditWriter

  constructor(records: RecordStore<T>, view: AuditView<T>, writer: AuditWriter) {
    this.records = records
    this.#view = view
    this.#writer = writer
  }

  insert(record: T): Promise<boolean> {
    const { fields, created = 'created' } = this.#view
    return this.records.insert(record, this.#entry(record, created, changesOf(null, fields(record))))
  }

  get(tenantId: TenantId | null, id: string): Promise<Versioned<T> | null> {
    return this.records.get(tenantId, id)
  }

  getByName(tenantId: TenantId | null, name: string): Promise<Versioned<T> | null> {
    return this.records.getByName(tenantId, name)
  }

  list(query: RecordQuery): Promise<Array<Versioned<T> & { readonly cursor: number }>> {
    return this.records.list(query)
  }

  async update(record: T, version: number): Promise<boolean> {
    const { tenantId, id, fields, updated } = this.#view
    const former = await this.records.get(tenantId(record), id(record))
    // A version is written once: this one is what the change began from.
    if (former?.version !== version) return false
    const changes = changesOf(fields(former.record), fields(record))
    const changed = new Set(Object.keys(changes))
    if (changed.size === 0) return this.records.update(record, version)
    const action = updated?.(changed, record) ?? 'updated'
    return this.records.update(record, version, this.#entry(record, action, changes))
  }

  async delete(tenantId: TenantId | null, id: string): Promise<boolean> {
    const former = await this.records.get(tenantId, id)
    if (former === null) return false
    const { fields, deleted = 'deleted' } = this.#view
    const { record } = former
    return this.records.delete(tenantId, id, this.#entry(record, deleted, changesOf(fields(record), null)))
  }

  #entry(record: T, action: string, changes: Readonly<Record<string, AuditChange>>): AuditEntry {
    const { kind, tenantId } = this.#view
    const object = objectOf(this.#view, record)
    return this.#writer.entry({ tenantId: tenantId(record), action: `${kind}.${action}`, object, changes })
  }
}
