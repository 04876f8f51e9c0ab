import type { Static } from 'typebox'
import type { ApiKey, EventType, Tenant } from '../../domain/records.ts'
import type {
  EventType as WireEventType,
  Key as WireKey,
  Tenant as WireTenant,
} from '../contract/schemas/operator.ts'
import { toInstant, toInstantOrNull } from './instant.ts'

export function toEventType(eventType: EventType): Static<typeof WireEventType> {
  return {
    name: eventType.name,
    description: eventType.description,
    // The engine takes objects only.
    schema: eventType.schema as Record<string, unknown> | null,
    examples: [...eventType.examples],
    archived: eventType.archived,
    created_at: toInstant(eventType.createdAt),
    updated_at: toInstant(eventType.updatedAt),
  }
}

export function toTenant(tenant: Tenant): Static<typeof WireTenant> {
  return { id: tenant.id, slug: tenant.slug, name: tenant.name, created_at: toInstant(tenant.createdAt) }
}

/** Without hash and text. */
export function toKey(key: ApiKey): Static<typeof WireKey> {
  return {
    id: key.id,
    tenant_id: key.tenantId,
    name: key.name,
    scope: key.scope,
    hint: key.hint,
    created_at: toInstant(key.createdAt),
    revoked_at: toInstantOrNull(key.revokedAt),
  }
}
