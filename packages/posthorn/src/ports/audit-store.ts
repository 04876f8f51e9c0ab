import type { ActorKind, AuditEntry } from '../domain/audit.ts'
import type { AuditId, KeyId, TenantId } from '../domain/ids.ts'

/** What was changed, by whom. Entries about records come with the change, see `RecordStore`. */
export interface AuditStore {
  /** For changes of what is no record. All in one commit. */
  append(batch: readonly AuditEntry[]): Promise<void>
  /** Newest first, by id. */
  list(query: AuditQuery): Promise<AuditEntry[]>
  /** Removes at most `limit` of the oldest entries from before `before`. @returns how many */
  prune(before: number, limit: number): Promise<number>
}

export interface AuditQuery {
  /** null: of all tenants and of none. */
  readonly tenantId: TenantId | null
  /** Exact, or `subscription.*`. null: all. */
  readonly action: string | null
  /** A key, or a kind. null: all. */
  readonly actor: KeyId | ActorKind | null
  /** Id of what was changed. null: all. */
  readonly objectId: string | null
  /** epoch ms: at or after. */
  readonly since: number | null
  /** before */
  readonly until: number | null
  /** Only ids below this one. */
  readonly before: AuditId | null
  readonly limit: number
}
