import type { Row } from 'posthorn/client'
import { remember, remembered } from '../browser/storage.ts'
import { makeClient } from './client.ts'
import type { SessionInfo } from './sign-in.ts'

export type TenantRow = Row<'listTenants'>

/** Which tenant is worked on: an administrator's last choice, else the newest one. */
export async function firstTenant(session: SessionInfo): Promise<string> {
  if (session.tenant !== null) return session.tenant.slug
  const chosen = remembered('tenant')
  const client = makeClient(null)
  if (chosen !== null) {
    const found = await client.call('getTenant', { params: { id: chosen } }).catch(() => null)
    if (found !== null) return found.slug
  }
  const { data } = await client.call('listTenants', { query: { limit: 1 } })
  return data[0]?.slug ?? 'default'
}

export function keepTenant(slug: string): void {
  remember('tenant', slug)
}
