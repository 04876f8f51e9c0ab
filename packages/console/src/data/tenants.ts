import type { Row } from 'posthorn/client'
import { takeLinkedTenant } from '../browser/address.ts'
import { remember, remembered } from '../browser/storage.ts'
import { makeClient } from './client.ts'
import type { SessionInfo } from './sign-in.ts'

export type TenantRow = Row<'listTenants'>

/** Which tenant is worked on: the one of the link, an administrator's last choice, else the newest one. */
export async function firstTenant(session: SessionInfo): Promise<string> {
  const linked = takeLinkedTenant()
  if (session.tenant !== null) return session.tenant.slug
  const client = makeClient(null)
  for (const id of [linked, remembered('tenant')]) {
    const found = id === null ? null : await client.call('getTenant', { params: { id } }).catch(() => null)
    if (found === null) continue
    if (id === linked) keepTenant(found.slug)
    return found.slug
  }
  const { data } = await client.call('listTenants', { query: { limit: 1 } })
  return data[0]?.slug ?? 'default'
}

export function keepTenant(slug: string): void {
  remember('tenant', slug)
}
