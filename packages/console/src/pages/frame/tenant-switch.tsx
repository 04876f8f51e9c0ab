import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { useSession } from '../../data/session.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'

export function TenantSwitch(): ReactElement {
  const { scope, tenant } = useSession()
  if (scope === 'admin') return <Switch />
  return (
    <span className="line muted small" title="The tenant of your key">
      <Icon name="tenant" /> {tenant}
    </span>
  )
}

function Switch(): ReactElement {
  const { tenant, chooseTenant } = useSession()
  const { rows } = useRows('listTenants', {}, { every: false })
  const entries = rows.map(({ slug, name }) => ({
    label: name === slug || name === '' ? slug : `${name} (${slug})`,
    act: () => chooseTenant(slug),
    checked: slug === tenant,
  }))
  const button = (
    <>
      <Icon name="tenant" /> <span className="cut">{tenant}</span>
    </>
  )
  return <Menu label={`Tenant: ${tenant}`} button={button} entries={entries} heading="Tenant" />
}
