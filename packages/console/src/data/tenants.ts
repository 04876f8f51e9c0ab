import type { Row } from 'posthorn/client'
import { remember, remembered } from '../browser/storage.ts'
import { makeClient } from './client.ts'
import type { SessionInfo } from './sign-in.ts'

export type TenantRow = Row<'listTenants'>

/** Where an administrator's calls go that name no tenant. */
const DEFAULT = 'default'

/** Which tenant is worked on: an administrator's last choice, else the one of the API, else the newest. */
export async function firstTenant(session: SessionInfo): Promise<string> {
  if (session.tenant !== null) return session.tenant.slug
  const chosen = remembered('tenant')
  const client = makeClient(null)
  for (const id of chosen === null ? [DEFAULT] : [chosen, DEFAULT]) {
    const found = await client.call('getTenant', { params: { id } }).catch(() => null)
    if (found !== null) return found.slug
  }
  const { data } = await client.call('listTenants', { query: { limit: 1 } })
  return data[0]?.slug ?? DEFAULT
}

export function keepTenant(slug: string): void {
  remember('tenant', slug)
}
