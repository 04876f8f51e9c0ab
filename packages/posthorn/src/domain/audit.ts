import type { AuditId, KeyId, TenantId } from './ids.ts'

export const ACTOR_KINDS = ['key', 'session', 'portal', 'system'] as const
export type ActorKind = (typeof ACTOR_KINDS)[number]

/** Who changed something. `system`: Posthorn itself, or the application that it runs in. */
export interface Actor {
  readonly kind: ActorKind
  /** null for `system`; in the portal the key that made the link. */
  readonly keyId: KeyId | null
  /** Of the key; in the portal of its user, where the link tells one. */
  readonly name: string
}

export const SYSTEM_ACTOR: Actor = { kind: 'system', keyId: null, name: 'posthorn' }

/** A value before and after; null: there was none. Never a secret. */
export interface AuditChange {
  readonly from: unknown
  readonly to: unknown
}

export interface AuditObject {
  readonly kind: string
  readonly id: string
  readonly name: string
}

/** What was changed: it is written with the change, and never itself changed. */
export interface AuditEntry {
  /** Sorts by `at`. */
  readonly id: AuditId
  readonly at: number
  /** Whose thing it is; null: of no tenant. */
  readonly tenantId: TenantId | null
  readonly actor: Actor
  /** `subscription.updated` */
  readonly action: string
  readonly object: AuditObject
  /** By the names that the fields have over HTTP. */
  readonly changes: Readonly<Record<string, AuditChange>>
  /** Of the request over HTTP that asked for it. */
  readonly requestId: string | null
  /** From which that request came. */
  readonly address: string | null
}
