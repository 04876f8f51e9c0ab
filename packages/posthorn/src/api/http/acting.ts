import type { Acting } from '../../engine/access/acting.ts'
import type { Principal } from '../../engine/use-cases.ts'

/** Who is told to the audit log for what a request changes. */
export function actingOf(principal: Principal, requestId: string, address: string | null): Acting {
  const { keyId, name, sessionId } = principal
  return { actor: { kind: sessionId === null ? 'key' : 'session', keyId, name }, requestId, address }
}
