import { Link } from '@tanstack/react-router'
import type { Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { useMaySetUp, useSession } from '../../data/session.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Instant } from '../../parts/instant.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { PageHead } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'

const COLUMNS: readonly Column<Row<'listEventTypes'>>[] = [
  {
    head: 'Event type',
    width: 'minmax(160px, 1.6fr)',
    cell: ({ name, description }) => (
      <div className="cell-two">
        <Link to="/event-types/$name" params={{ name }} className="row-link mono foreign">
          {excerpt(name, 100)}
        </Link>
        <span className="foreign">{excerpt(description, 120)}</span>
      </div>
    ),
  },
  { head: 'Schema', width: '90px', wide: true, cell: ({ schema }) => (schema === null ? 'none' : 'checked') },
  {
    head: 'Examples',
    width: '110px',
    wide: true,
    cell: ({ examples }) => plural(examples.length, 'example'),
  },
  { head: 'Changed', width: '90px', wide: true, cell: ({ updated_at }) => <Instant at={updated_at} turns /> },
  {
    head: 'State',
    width: '100px',
    cell: ({ archived }) => (
      <Badge tone={archived ? 'idle' : 'good'}>{archived ? 'archived' : 'in use'}</Badge>
    ),
  },
]

export function EventTypesPage(): ReactElement {
  const rows = useRows('listEventTypes', {})
  const { tenant } = useSession()
  const create = useMaySetUp() && (
    <Link to="/event-types/new" className="button" data-look="primary">
      <Icon name="plus" /> New event type
    </Link>
  )
  return (
    <>
      <PageHead
        title="Event types"
        sub="What may happen, described: with a schema, data that does not fit is refused."
        actions={(rows.pending || rows.rows.length > 0) && create}
      />
      <List
        label="Event types"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ name }) => name}
        empty={
          <Empty
            title="No event types described"
            action={create}
            curl={apiCurl('POST', '/event-types', {
              origin: location.origin,
              tenant,
              body: { name: 'user.created', description: 'Somebody signed up.', examples: [{ name: 'Ada' }] },
            })}
          >
            Events of any type can be published. A described one tells readers what it means, and its schema
            keeps broken data out.
          </Empty>
        }
      />
    </>
  )
}
