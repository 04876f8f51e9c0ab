import type { KeyId, SessionId, TenantId } from '../../domain/ids.ts'
import type { PortalScope } from '../../domain/portal.ts'
import type { KeyScope } from '../../domain/records.ts'

/** Who calls: an admin (tenantId null) or somebody of one tenant. */
export interface Principal {
  readonly keyId: KeyId
  readonly tenantId: TenantId | null
  readonly scope: KeyScope
  /** Of the key. */
  readonly name: string
  /** null: the key itself was shown. */
  readonly sessionId: SessionId | null
  /** Only what the portal allows, whatever the scope says; left out: it is no session of the portal. */
  readonly portal?: PortalScope
}
