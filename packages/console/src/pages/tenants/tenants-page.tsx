import type { Row } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { useChange, useRows } from '../../data/queries.ts'
import { useSession } from '../../data/session.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Instant } from '../../parts/instant.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { Menu } from '../../parts/menu.tsx'
import { PageHead } from '../../parts/page.tsx'
import { tellProblem } from '../../parts/toasts.tsx'
import { excerpt } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { PortalDialog } from './portal-dialog.tsx'
import { TenantDialog } from './tenant-dialog.tsx'

type TenantRow = Row<'listTenants'>

export function TenantsPage(): ReactElement {
  const rows = useRows('listTenants', {})
  const { tenant, chooseTenant } = useSession()
  const [open, setOpen] = useState<TenantRow | 'new' | null>(null)
  const [inviting, setInviting] = useState<string | null>(null)
  const columns: readonly Column<TenantRow>[] = [
    {
      head: 'Tenant',
      width: 'minmax(150px, 1.4fr)',
      cell: ({ slug, name }) => (
        <div className="cell-two">
          <button type="button" className="row-link link foreign" onClick={() => chooseTenant(slug)}>
            {excerpt(name || slug, 80)}
          </button>
          <span className="mono">{slug}</span>
        </div>
      ),
    },
    {
      head: 'Chosen',
      headUnseen: true,
      width: '110px',
      cell: ({ slug }) => slug === tenant && <Badge tone="good">worked on</Badge>,
    },
    {
      head: 'Created',
      width: '100px',
      wide: true,
      cell: ({ created_at }) => <Instant at={created_at} turns />,
    },
    {
      head: 'Actions',
      headUnseen: true,
      width: '56px',
      end: true,
      cell: (row) => (
        <RowMenu row={row} onRename={() => setOpen(row)} onInvite={() => setInviting(row.slug)} />
      ),
    },
  ]
  if (rows.error?.status === 403) return <PageProblem error={rows.error} retry={rows.reload} />
  return (
    <>
      <PageHead
        title="Tenants"
        sub="Each has its own subscriptions, events, sources and keys. Choose one to work on it."
        actions={
          <Button look="primary" icon="plus" onClick={() => setOpen('new')}>
            New tenant
          </Button>
        }
      />
      <List label="Tenants" rows={rows} columns={columns} rowKey={({ id }) => id} empty={null} />
      {open !== null && <TenantDialog tenant={open === 'new' ? null : open} onClose={() => setOpen(null)} />}
      {inviting !== null && <PortalDialog tenant={inviting} onClose={() => setInviting(null)} />}
    </>
  )
}

interface RowMenuProps {
  readonly row: TenantRow
  readonly onRename: () => void
  readonly onInvite: () => void
}

function RowMenu({ row, onRename, onInvite }: RowMenuProps): ReactElement {
  const [asking, setAsking] = useState(false)
  const { tenant, chooseTenant } = useSession()
  const remove = useChange('deleteTenant', () => {
    setAsking(false)
    // Whatever is asked for in the name of one that is gone is not found.
    if (row.slug === tenant) chooseTenant('default')
  })
  return (
    <span className="above">
      <Menu
        label={`More on ${row.slug}`}
        button={<Icon name="more" />}
        entries={[
          { label: 'Portal link', icon: 'user', act: onInvite },
          { label: 'Rename', act: onRename },
          ...(row.slug === 'default'
            ? []
            : [{ label: 'Delete', danger: true, act: () => setAsking(true) } as const]),
        ]}
      />
      <Confirm
        title={`Delete the tenant “${row.slug}”?`}
        open={asking}
        onClose={() => setAsking(false)}
        act="Delete"
        busy={remove.isPending}
        onAct={() => remove.mutate({ params: { id: row.id } }, { onError: tellProblem })}
      >
        <p>It must have no subscriptions any more.</p>
      </Confirm>
    </span>
  )
}
