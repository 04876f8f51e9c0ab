/** The same pages twice: for the tenant that is worked on, and for the operator, over all tenants. */
import type { Row } from 'posthorn/client'
import { useRows } from '../../data/queries.ts'
import { useSession } from '../../data/session.tsx'

const TENANT = {
  alerts: '/alerts',
  rules: '/alerts/rules',
  newRule: '/alerts/rules/new',
  rule: '/alerts/rules/$id',
} as const

const OPERATOR = {
  alerts: '/operator/alerts',
  rules: '/operator/alerts/rules',
  newRule: '/operator/alerts/rules/new',
  rule: '/operator/alerts/rules/$id',
} as const

/** Where the pages of alerts are. */
export function useAlertPlaces(): typeof TENANT | typeof OPERATOR {
  return useSession().everyTenant ? OPERATOR : TENANT
}

/** A tenant's slug by its id; the id itself while it is not known. null: the operator's. */
export function useWhose(): (tenantId: string | null) => string {
  const { rows } = useRows('listTenants', {}, { every: false, enabled: useSession().everyTenant })
  const slugs = new Map(rows.map(({ id, slug }: Row<'listTenants'>) => [id, slug]))
  return (id) => (id === null ? 'the operator' : (slugs.get(id) ?? id))
}
