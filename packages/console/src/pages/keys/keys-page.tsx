import type { Row } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { useChange, useRows } from '../../data/queries.ts'
import { useSession } from '../../data/session.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { PageHead } from '../../parts/page.tsx'
import { tell, tellProblem } from '../../parts/toasts.tsx'
import { apiCurl } from '../../text/curl.ts'
import { excerpt } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { KeyDialog } from './key-dialog.tsx'

type KeyRow = Row<'listKeys'>

const COLUMNS: readonly Column<KeyRow>[] = [
  {
    head: 'Key',
    width: 'minmax(140px, 1.4fr)',
    cell: ({ name, hint }) => (
      <div className="cell-two">
        <strong className="foreign">{excerpt(name, 80)}</strong>
        <span className="mono">{excerpt(hint, 40)}…</span>
      </div>
    ),
  },
  { head: 'May', width: '80px', cell: ({ scope }) => scope },
  {
    head: 'Created',
    width: '100px',
    wide: true,
    cell: ({ created_at }) => <Instant at={created_at} turns />,
  },
  {
    head: 'State',
    width: '100px',
    wide: true,
    cell: ({ revoked_at }) => (
      <Badge tone={revoked_at === null ? 'good' : 'idle'}>{revoked_at === null ? 'valid' : 'revoked'}</Badge>
    ),
  },
  {
    head: 'Actions',
    headUnseen: true,
    width: '90px',
    end: true,
    cell: (row) => row.revoked_at === null && <Revoke row={row} />,
  },
]

export function KeysPage(): ReactElement {
  const rows = useRows('listKeys', {})
  const { tenant } = useSession()
  const [open, setOpen] = useState(false)
  if (rows.error?.status === 403) return <PageProblem error={rows.error} retry={rows.reload} />
  return (
    <>
      <PageHead
        title="Keys"
        sub={`API keys of the tenant ${tenant}. A key is shown once, when it is made.`}
        actions={
          <Button look="primary" icon="plus" onClick={() => setOpen(true)}>
            New key
          </Button>
        }
      />
      <List
        label="Keys"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <Empty
            title="No keys of this tenant"
            curl={apiCurl('POST', '/keys', {
              origin: location.origin,
              tenant,
              body: { name: 'web shop', scope: 'publish' },
            })}
          >
            Give each application a key of its own, with the least that it needs: most only publish.
          </Empty>
        }
      />
      {open && <KeyDialog onClose={() => setOpen(false)} />}
    </>
  )
}

function Revoke({ row }: { row: KeyRow }): ReactElement {
  const revoke = useChange('revokeKey', () => tell('Revoked.'))
  return (
    <span className="above">
      <ConfirmButton
        label="Revoke"
        size="small"
        title={`Revoke the key “${excerpt(row.name, 60)}”?`}
        act="Revoke"
        onAct={() => revoke.mutate({ params: { id: row.id } }, { onError: tellProblem })}
      >
        <p>Who uses it is refused from then on, and its sessions end. It cannot be taken back.</p>
      </ConfirmButton>
    </span>
  )
}
