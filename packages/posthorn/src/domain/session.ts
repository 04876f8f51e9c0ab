import type { KeyId, SessionId, TenantId } from './ids.ts'
import type { Portal } from './portal.ts'

/** Somebody who signed in with an API key: a browser holds the session's text instead of the key. */
export interface Session {
  readonly id: SessionId
  readonly keyId: KeyId
  /** Of the key at the sign-in: a key that was given another text since no longer fits. */
  readonly keyHash: string
  /** That of the key, or of the portal; null for an admin key. */
  readonly tenantId: TenantId | null
  /** SHA-256 of the session's text, or of a link's, hex. The text has 256 random bits, so no slow hash is needed. */
  readonly hash: string
  /** Made over https: only the cookie that a browser sends over https alone counts. */
  readonly secure: boolean
  readonly createdAt: number
  /** The last request that somebody made with it, to within a minute. */
  readonly seenAt: number
  /** Its end, whatever happens; epoch ms. */
  readonly expiresAt: number
  /** Of a link to the portal, and of the session that it has become; left out for who signed in with a key. */
  readonly portal?: Portal
}
