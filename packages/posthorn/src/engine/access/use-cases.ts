/** Who is signed in, and who changed what. */
import type { ActorKind, AuditEntry, AuditObject } from '../../domain/audit.ts'
import type { KeyId, SessionId, TenantId } from '../../domain/ids.ts'
import type { Portal, PortalScope, PortalTheme } from '../../domain/portal.ts'
import type { KeyScope } from '../../domain/records.ts'
import type { Session } from '../../domain/session.ts'
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
   * @param how `seen`: somebody is there, so that it does not end for being unused; `portal`: by the portal's cookie
   */
  authenticate(
    text: string,
    how: SignIn & { readonly seen: boolean; readonly portal?: boolean },
  ): Promise<Principal | null>
  /** null once it has ended. */
  get(id: SessionId): Promise<OpenSession | null>
  /** Whether who was let in once still would be: the session is in force, or the key is. For what stays open for long. */
  holds(principal: Principal): Promise<boolean>
  end(id: SessionId): Promise<void>
  endByText(text: string): Promise<void>
  endAllOf(keyId: KeyId): Promise<void>
  /** A link for somebody of a tenant's. @returns its text, this once @throws unauthorized, invalid_request */
  invite(principal: Principal, invitation: Invitation): Promise<{ text: string; session: Session }>
  /** Who comes by a link, for the audit log. null for a link that was used, is over or never was. */
  guest(link: string): Promise<{ readonly keyId: KeyId; readonly name: string } | null>
  /** Once, and within ten minutes. null as for `guest`. */
  openLink(link: string, signIn: SignIn): Promise<{ text: string; session: Session } | null>
}

export interface Invitation {
  readonly tenantId: TenantId
  readonly scope: PortalScope
  readonly sessionMs: number
  readonly user: string | null
  readonly theme: PortalTheme
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
  readonly portal?: Portal
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
