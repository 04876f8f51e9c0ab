import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { Query } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { useRows } from '../../data/queries.ts'
import { given } from '../../data/search.ts'
import { useMaySetUp, useSession } from '../../data/session.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Filters } from '../../parts/filters.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Instant } from '../../parts/instant.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { PageHead } from '../../parts/page.tsx'
import { ALERT_KINDS, valueText } from '../../text/alerts.ts'
import { apiCurl } from '../../text/curl.ts'
import { excerpt } from '../../text/visible.ts'
import { type AlertRow, AlertShown } from './alert-shown.tsx'
import { useAlertPlaces, useWhose } from './whose.ts'

export function AlertsPage(): ReactElement {
  const { everyTenant, tenant } = useSession()
  const places = useAlertPlaces()
  const whose = useWhose()
  const { state } = useSearch({ from: places.alerts })
  const navigate = useNavigate({ from: places.alerts })
  const [open, setOpen] = useState<string | null>(null)
  const mayWrite = useMaySetUp()
  const rows = useRows('listAlerts', { query: given({ state }) as Query<'listAlerts'> })
  // Asked for by its id: while it is looked at it may go on.
  const shown = rows.rows.find(({ id }) => id === open)
  return (
    <>
      <PageHead
        title={everyTenant ? 'Alerts of all tenants' : 'Alerts'}
        sub="What is wrong now, and what was. Each is told once when it begins, and once when it is over."
        actions={
          <>
            {mayWrite && (
              <Link to={places.newRule} className="button" data-look="primary">
                <Icon name="plus" /> New rule
              </Link>
            )}
            <Link to={places.rules} className="button">
              Rules
            </Link>
          </>
        }
      />
      <Filters
        filters={[
          {
            name: 'state',
            label: 'State',
            choices: [
              ['', 'All'],
              ['open', 'open'],
              ['closed', 'closed'],
            ],
          },
        ]}
        values={{ state }}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <List
        label="Alerts"
        rows={rows}
        columns={everyTenant ? columns(setOpen, whose) : columns(setOpen)}
        rowKey={({ id }) => id}
        empty={
          state === undefined ? (
            <Empty
              title="No alerts"
              action={
                <Link to={places.rules} className="button">
                  See the rules
                </Link>
              }
              curl={apiCurl('GET', '/alerts', {
                origin: location.origin,
                ...(everyTenant ? {} : { tenant }),
              })}
            >
              No rule has found anything yet, and no subscription whose owner is known has failed. A rule says
              what must not be, and who is told when it is.
            </Empty>
          ) : (
            <Empty title="No alerts">Nothing fits this filter.</Empty>
          )
        }
      />
      <Dialog title="Alert" open={shown !== undefined} onClose={() => setOpen(null)}>
        {shown && <AlertShown alert={shown} />}
        <DialogEnd>
          <Button onClick={() => setOpen(null)}>Close</Button>
        </DialogEnd>
      </Dialog>
    </>
  )
}

function columns(
  onOpen: (id: string) => void,
  whose?: (tenantId: string | null) => string,
): readonly Column<AlertRow>[] {
  return [
    {
      head: 'Alert',
      width: 'minmax(170px, 2fr)',
      cell: ({ id, name, cause }) => (
        <div className="cell-two">
          <button type="button" className="row-link link foreign" onClick={() => onOpen(id)}>
            {excerpt(name, 100)}
          </button>
          <span className="foreign">{excerpt(cause, 160)}</span>
        </div>
      ),
    },
    {
      head: 'Kind',
      width: 'minmax(130px, 1fr)',
      wide: true,
      cell: ({ kind, subject }) => (
        <div className="cell-two">
          <span>{ALERT_KINDS[kind]?.name ?? kind}</span>
          {subject && <span className="foreign">{excerpt(subject.name, 60)}</span>}
        </div>
      ),
    },
    ...(whose
      ? [
          {
            head: 'Of',
            width: 'minmax(90px, 1fr)',
            wide: true,
            cell: ({ tenant_id }: AlertRow) => <div className="cut">{whose(tenant_id)}</div>,
          },
        ]
      : []),
    {
      head: 'Value',
      width: '90px',
      wide: true,
      end: true,
      cell: ({ kind, value }) => valueText(kind, value) ?? '',
    },
    {
      head: 'State',
      width: '96px',
      cell: ({ state }) => <Badge tone={state === 'open' ? 'bad' : 'idle'}>{state}</Badge>,
    },
    { head: 'Since', width: '88px', end: true, cell: ({ since }) => <Instant at={since} /> },
  ]
}
