import { getRouteApi, Link } from '@tanstack/react-router'
import type { Query, Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { given } from '../../data/search.ts'
import { StateBadge } from '../../parts/badge.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Filters } from '../../parts/filters.tsx'
import { Instant } from '../../parts/instant.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { Section } from '../../parts/page.tsx'
import { refusalText } from '../../text/cause.ts'
import { curlText } from '../../text/curl.ts'
import { plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'

const route = getRouteApi('/sources/$id')

type RequestRow = Row<'listRequests'>

const VERDICTS = ['accepted', 'duplicate', 'redelivered', 'refused', 'handshake'] as const

function columns(sourceId: string): readonly Column<RequestRow>[] {
  return [
    {
      head: 'Request',
      width: 'minmax(150px, 1.6fr)',
      cell: ({ id, method, url }) => (
        <div className="cell-two">
          <Link
            to="/sources/$id/requests/$requestId"
            params={{ id: sourceId, requestId: id }}
            className="row-link mono foreign"
          >
            {excerpt(`${method} ${url}`, 160)}
          </Link>
          <span className="mono">{id}</span>
        </div>
      ),
    },
    { head: 'Verdict', width: '116px', cell: ({ verdict }) => <StateBadge state={verdict} /> },
    {
      head: 'Why, or what it brought',
      width: 'minmax(120px, 1fr)',
      wide: true,
      cell: ({ reason, event_ids }) =>
        reason === null ? (
          plural(event_ids.length, 'event')
        ) : (
          <div className="cut bad" title={excerpt(reason, 80)}>
            {excerpt(refusalText(reason), 80)}
          </div>
        ),
    },
    {
      head: 'From',
      width: '130px',
      wide: true,
      cell: ({ address }) => <span className="mono">{address ?? 'not known'}</span>,
    },
    { head: 'Answer', width: '60px', wide: true, end: true, cell: ({ status }) => status },
    { head: 'Received', width: '80px', end: true, cell: ({ received_at }) => <Instant at={received_at} /> },
  ]
}

interface RequestsProps {
  readonly sourceId: string
  readonly ingestUrl: string
}

export function Requests({ sourceId, ingestUrl }: RequestsProps): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const query = given({ verdict: search.verdict }) as Query<'listRequests'>
  const rows = useRows('listRequests', { params: { id: sourceId }, query })
  return (
    <Section title="Requests">
      <Filters
        filters={[
          {
            name: 'verdict',
            label: 'Verdict',
            choices: [['', 'All'], ...VERDICTS.map((name) => [name, name] as const)],
          },
        ]}
        values={search}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <List
        label="Requests"
        rows={rows}
        columns={columns(sourceId)}
        rowKey={({ id }) => id}
        empty={
          search.verdict === undefined ? (
            <Empty
              title="No requests"
              curlLabel="Or send one by hand: it is not signed, so it is refused, and listed here"
              curl={curlText({ url: ingestUrl, headers: [['content-type', 'application/json']], body: '{}' })}
            >
              Nothing has come yet. Enter the ingest address on the provider’s page, and let it send a test.
            </Empty>
          ) : (
            <Empty title="No requests">Nothing fits this filter.</Empty>
          )
        }
      />
    </Section>
  )
}
