/** Who is signed in, and who changed what. */
import type { ActorKind, AuditEntry, AuditObject } from '../../domain/audit.ts'
import type { KeyId, SessionId, TenantId } from '../../domain/ids.ts'
import type { KeyScope } from '../../domain/records.ts'
import type { Page, PageRequest } from '../page.ts'
import type { Acting } from './acting.ts'
import type { Principal } from './principal.ts'

export interface SignIn {
  /** By the cookie that browsers send over https alone. */
  readonly secure: boolean
}

export interface SessionUseCases {
  /** For who has shown a key. @returns the session's text too, this once @throws unauthorized when the key is gone */
  open(principal: Principal, signIn: SignIn): Promise<{ session: OpenSession; text: string }>
  /**
   * null for an unknown or ended session.
   * @param how `seen`: somebody is there, so that it does not end for being unused
   */
  authenticate(text: string, how: SignIn & { readonly seen: boolean }): Promise<Principal | null>
  /** null once it has ended: for what stays open for long, too. */
  get(id: SessionId): Promise<OpenSession | null>
  end(id: SessionId): Promise<void>
  endByText(text: string): Promise<void>
  endAllOf(keyId: KeyId): Promise<void>
}

export interface OpenSession {
  readonly id: SessionId
  readonly tenantId: TenantId | null
  readonly scope: KeyScope
  readonly key: { readonly id: KeyId; readonly name: string }
  /** epoch ms */
  readonly expiresAt: number
  /** Unless a request is made with it before. */
  readonly idleExpiresAt: number
}

export interface AuditUseCases {
  /** Newest first. A null tenant: everything. */
  list(tenantId: TenantId | null, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>
  /** What `work` changes is told to be by this one. */
  run<T>(acting: Acting, work: () => Promise<T>): Promise<T>
  /** For a change that is no record: it is told after it, so that a crash between the two leaves it untold. */
  note(what: { tenantId: TenantId | null; action: string; object: AuditObject }): Promise<void>
}

export interface AuditFilter {
  /** Exact, or `subscription.*` */
  readonly action: string | null
  readonly actor: KeyId | ActorKind | null
  readonly objectId: string | null
  readonly since: number | null
  readonly until: number | null
}
