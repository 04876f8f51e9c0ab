import { getRouteApi, Link } from '@tanstack/react-router'
import type { Query, Row } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { useRows } from '../../data/queries.ts'
import { given, useSince } from '../../data/search.ts'
import { useSession } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { Code } from '../../parts/code.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Filters, SPAN_FILTER } from '../../parts/filters.tsx'
import { Instant } from '../../parts/instant.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { Facts, PageHead } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { excerpt, visible } from '../../text/visible.ts'

const route = getRouteApi('/audit')

type Entry = Row<'listAudit'>

export function AuditPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const [open, setOpen] = useState<Entry | null>(null)
  const { action, actor, object, span } = search
  const since = useSince(span)
  const { tenant } = useSession()
  const filtered = Object.values(search).some((value) => value !== undefined)
  const rows = useRows('listAudit', { query: given({ action, actor, object, since }) as Query<'listAudit'> })
  return (
    <>
      <PageHead
        title="Audit log"
        sub="Who changed what and when, through the API, the command line or here."
      />
      <Filters
        filters={[
          { name: 'action', label: 'Action', placeholder: 'subscription.*' },
          { name: 'actor', label: 'Actor', placeholder: 'key_… or system' },
          { name: 'object', label: 'Object', placeholder: 'sub_…' },
          SPAN_FILTER,
        ]}
        values={search}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <List
        label="Audit log"
        rows={rows}
        columns={columns(setOpen)}
        rowKey={({ id }) => id}
        empty={
          filtered ? (
            <Empty title="No changes">Nothing fits these filters.</Empty>
          ) : (
            <Empty
              title="No changes yet"
              action={
                <Link to="/subscriptions" className="button">
                  See the subscriptions
                </Link>
              }
              curl={apiCurl('GET', '/audit', { origin: location.origin, tenant })}
            >
              Whoever makes, changes or deletes something in this tenant is named here, with what it was
              before.
            </Empty>
          )
        }
      />
      <Dialog title="Change" open={open !== null} onClose={() => setOpen(null)}>
        {open && <Shown entry={open} />}
        <DialogEnd>
          <Button onClick={() => setOpen(null)}>Close</Button>
        </DialogEnd>
      </Dialog>
    </>
  )
}

function columns(onOpen: (entry: Entry) => void): readonly Column<Entry>[] {
  return [
    {
      head: 'Action',
      width: 'minmax(150px, 1.2fr)',
      cell: (entry) => (
        <div className="cell-two">
          <button type="button" className="row-link link mono" onClick={() => onOpen(entry)}>
            {excerpt(entry.action, 60)}
          </button>
          <span className="foreign">{excerpt(Object.keys(entry.changes).join(', '), 80)}</span>
        </div>
      ),
    },
    {
      head: 'What',
      width: 'minmax(110px, 1fr)',
      cell: ({ object }) => (
        <div className="cell-two">
          <span className="foreign">{excerpt(object.name || object.kind, 60)}</span>
          <span className="mono">{excerpt(object.id, 60)}</span>
        </div>
      ),
    },
    {
      head: 'Who',
      width: 'minmax(90px, 0.8fr)',
      wide: true,
      cell: ({ actor }) => (
        <div className="cell-two">
          <span className="foreign">{excerpt(actor.name || actor.kind, 60)}</span>
          <span>{actor.kind}</span>
        </div>
      ),
    },
    { head: 'When', width: '80px', end: true, cell: ({ at }) => <Instant at={at} /> },
  ]
}

function Shown({ entry }: { entry: Entry }): ReactElement {
  const { actor, object } = entry
  return (
    <div className="stack">
      <Facts
        of={[
          ['Action', visible(entry.action)],
          ['What', `${object.kind} ${visible(object.name)} ${object.id}`],
          ['Who', `${actor.kind} ${visible(actor.name)} ${actor.key_id ?? ''}`],
          ['When', <Instant key="at" at={entry.at} full />],
          ['From', entry.address],
          ['Request', entry.request_id],
        ]}
      />
      {Object.entries(entry.changes).map(([field, { from, to }]) => (
        <Code
          key={field}
          label={visible(field)}
          text={`from ${JSON.stringify(from)}\nto ${JSON.stringify(to)}`}
        />
      ))}
    </div>
  )
}
