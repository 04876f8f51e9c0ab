import type { AuditEntry } from '../domain/audit.ts'
import type { TenantId } from '../domain/ids.ts'
import type { Session } from '../domain/session.ts'

/** A record as it was read: `version` grows with each change and guards the next one. */
export interface Versioned<T> {
  readonly record: T
  readonly version: number
}

/**
 * Few, small, changed by people: tenants, subscriptions, sources, event types, keys. An entry of the audit log that is
 * given with a change is stored in the same commit, and only if the change is.
 */
export interface RecordStore<T> {
  /** @returns false when the id or the unique name is taken: nothing was written. */
  insert(record: T, audit?: AuditEntry): Promise<boolean>
  /** By id within a tenant; a null tenant reaches records of any (admin's look-ups). */
  get(tenantId: TenantId | null, id: string): Promise<Versioned<T> | null>
  /** By unique name: a tenant's or source's slug, an event type's name (also its id), a key's hash. Subscriptions have none. */
  getByName(tenantId: TenantId | null, name: string): Promise<Versioned<T> | null>
  /** By age, newest first; `before` is the cursor `list` gave for the last record of a page. */
  list(query: RecordQuery): Promise<Array<Versioned<T> & { readonly cursor: number }>>
  /**
   * @returns false when the version is no longer the current one, or the record is gone: nothing was written.
   * @throws PosthornError `name_taken` when the unique name was changed to one that is taken
   */
  update(record: T, version: number, audit?: AuditEntry): Promise<boolean>
  delete(tenantId: TenantId | null, id: string, audit?: AuditEntry): Promise<boolean>
}

export interface RecordQuery {
  readonly tenantId: TenantId | null
  readonly before: number | null
  readonly limit: number
}

/** By name: the hash of a session's text. */
export interface SessionStore extends RecordStore<Session> {
  /** Removes at most `limit` that have ended by `now`. @returns how many */
  prune(now: number, limit: number): Promise<number>
}
