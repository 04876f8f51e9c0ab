import type { Static } from 'typebox'
import type { AuditEntry } from '../../domain/audit.ts'
import type { Portal } from '../../domain/portal.ts'
import type { Tenant } from '../../domain/records.ts'
import type { OpenSession } from '../../engine/access/use-cases.ts'
import type { AuditEntry as WireAuditEntry, Session as WireSession } from '../contract/schemas/access.ts'
import { toInstant } from './instant.ts'

export function toSession(session: OpenSession, tenant: Tenant | null): Static<typeof WireSession> {
  return {
    id: session.id,
    scope: session.scope,
    tenant: tenant === null ? null : { id: tenant.id, slug: tenant.slug, name: tenant.name },
    // How the operator calls a key is nothing for those who have got a link.
    key: { id: session.key.id, name: session.portal === undefined ? session.key.name : '' },
    portal: session.portal === undefined ? null : toPortal(session.portal),
    expires_at: toInstant(session.expiresAt),
    idle_expires_at: toInstant(session.idleExpiresAt),
  }
}

function toPortal({ scope, user, theme }: Portal): NonNullable<Static<typeof WireSession>['portal']> {
  return { scope, user, theme: { logo_url: theme.logoUrl, accent: theme.accent, mode: theme.mode } }
}

export function toAuditEntry(entry: AuditEntry): Static<typeof WireAuditEntry> {
  const { kind, keyId, name } = entry.actor
  return {
    id: entry.id,
    at: toInstant(entry.at),
    tenant_id: entry.tenantId,
    actor: { kind, key_id: keyId, name },
    action: entry.action,
    object: entry.object,
    changes: Object.fromEntries(Object.entries(entry.changes)),
    request_id: entry.requestId,
    address: entry.address,
  }
}
