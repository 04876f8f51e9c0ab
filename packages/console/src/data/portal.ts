/** The session of the portal, which a link has opened. */
import { PosthornApiError, type Result } from 'posthorn/client'
import { makePortalClient } from './client.ts'

type SessionInfo = Result<'getCurrentSession'>

export interface PortalSession {
  readonly tenant: NonNullable<SessionInfo['tenant']>
  readonly scope: SessionInfo['scope']
  readonly portal: NonNullable<SessionInfo['portal']>
  readonly expiresAt: string
}

/** null: there is none, or no longer. */
export async function currentPortalSession(): Promise<PortalSession | null> {
  try {
    const { tenant, scope, portal, expires_at } = await makePortalClient().call('getCurrentSession')
    return tenant === null || portal === null ? null : { tenant, scope, portal, expiresAt: expires_at }
  } catch (error) {
    if (error instanceof PosthornApiError && (error.status === 401 || error.status === 403)) return null
    throw error
  }
}

export async function leavePortal(): Promise<void> {
  await makePortalClient().call('deleteCurrentSession')
}
