import type { Acting } from '../../engine/access/acting.ts'
import type { Principal } from '../../engine/use-cases.ts'

/** Who is told to the audit log for what a request changes. */
export function actingOf(principal: Principal, requestId: string, address: string | null): Acting {
  const { keyId, name, sessionId, portal } = principal
  const kind = portal !== undefined ? 'portal' : sessionId === null ? 'key' : 'session'
  return { actor: { kind, keyId, name }, requestId, address }
}
