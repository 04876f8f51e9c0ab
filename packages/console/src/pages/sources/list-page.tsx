import { Link } from '@tanstack/react-router'
import type { Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { useMayWrite, useSession } from '../../data/session.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { PageHead } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'

type SourceRow = Row<'listSources'>

const COLUMNS: readonly Column<SourceRow>[] = [
  {
    head: 'Source',
    width: 'minmax(150px, 1fr)',
    cell: ({ slug, description }) => (
      <div className="cell-two">
        <Link to="/sources/$id" params={{ id: slug }} className="row-link">
          {slug}
        </Link>
        <span className="foreign">{excerpt(description, 100)}</span>
      </div>
    ),
  },
  {
    head: 'Signs as',
    width: 'minmax(90px, 0.6fr)',
    cell: ({ provider }) => excerpt(provider ?? 'its own scheme', 40),
  },
  {
    head: 'Ingest address',
    width: 'minmax(140px, 1.6fr)',
    wide: true,
    cell: ({ ingest_url }) => <div className="cut mono muted">{ingest_url}</div>,
  },
  {
    head: 'Secrets',
    width: '90px',
    wide: true,
    cell: ({ secrets }) => plural(secrets.length, 'secret'),
  },
  {
    head: 'State',
    width: '88px',
    cell: ({ active }) => <Badge tone={active ? 'good' : 'idle'}>{active ? 'active' : 'paused'}</Badge>,
  },
]

export function SourcesPage(): ReactElement {
  const rows = useRows('listSources', {})
  const { tenant } = useSession()
  const create = useMayWrite() && (
    <Link to="/sources/new" className="button" data-look="primary">
      <Icon name="plus" /> New source
    </Link>
  )
  return (
    <>
      <PageHead
        title="Sources"
        sub="Who may send events here, and how they sign."
        actions={(rows.pending || rows.rows.length > 0) && create}
      />
      <List
        label="Sources"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <Empty
            title="No sources yet"
            action={create}
            curl={apiCurl('POST', '/sources', {
              origin: location.origin,
              tenant,
              body: { slug: 'github', provider: 'github', secrets: ['…'] },
            })}
          >
            A source receives the webhooks of a provider such as GitHub or Stripe: each request is verified,
            stored and made into an event.
          </Empty>
        }
      />
    </>
  )
}
