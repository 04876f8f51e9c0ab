import { getRouteApi, Link } from '@tanstack/react-router'
import type { Query, Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { type Rows, useRows } from '../../data/queries.ts'
import { given, useSince } from '../../data/search.ts'
import { useMaySetUp, useSession } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Filters, SPAN_FILTER, TEXT_FILTER, TYPE_FILTER } from '../../parts/filters.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Instant } from '../../parts/instant.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { PageHead } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { bytesText } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'

const route = getRouteApi('/events')

type EventRow = Row<'listEvents'>

const COLUMNS: readonly Column<EventRow>[] = [
  {
    head: 'Event',
    width: 'minmax(160px, 1.3fr)',
    cell: ({ event_type, event_id, source }) => (
      <div className="cell-two">
        <Link
          to="/events/$id"
          params={{ id: event_id }}
          search={source === null ? {} : { source }}
          className="row-link foreign"
        >
          {excerpt(event_type, 100)}
        </Link>
        <span className="mono foreign">{excerpt(event_id, 60)}</span>
      </div>
    ),
  },
  {
    head: 'Data',
    width: 'minmax(120px, 2fr)',
    wide: true,
    cell: (row) => <div className="cut muted mono foreign">{dataText(row)}</div>,
  },
  {
    head: 'From',
    width: 'minmax(80px, 0.6fr)',
    wide: true,
    cell: ({ source }) => <div className="cut">{source === null ? 'API' : excerpt(source, 40)}</div>,
  },
  { head: 'Size', width: '80px', wide: true, end: true, cell: ({ data_bytes }) => bytesText(data_bytes) },
  { head: 'Received', width: '88px', end: true, cell: ({ received_at }) => <Instant at={received_at} /> },
]

function dataText(row: EventRow): string {
  if (row.data_omitted) return '(too large for a list)'
  if (row.data !== undefined) return excerpt(JSON.stringify(row.data), 200)
  return excerpt(row.data_text ?? `(bytes of ${row.content_type})`, 200)
}

export function EventsPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { tenant } = useSession()
  const mayPublish = useMaySetUp()
  const { event_type, source, span, text } = search
  const since = useSince(span)
  const query = given({ event_type, source, since, text }) as Query<'listEvents'>
  const rows = useRows('listEvents', { query }, text === undefined ? {} : { every: false })
  const filtered = Object.keys(search).length > 0
  return (
    <>
      <PageHead
        title="Events"
        sub="What was published over the API, and what sources brought."
        actions={
          mayPublish && (
            <Link to="/publish" className="button" data-look="primary">
              <Icon name="send" /> Publish an event
            </Link>
          )
        }
      />
      <Filters
        filters={[
          TYPE_FILTER,
          TEXT_FILTER,
          { name: 'source', label: 'Source', placeholder: 'github' },
          SPAN_FILTER,
        ]}
        values={search}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <List
        label="Events"
        // A search goes on when it is told to, not by itself through all that was ever published.
        rows={text === undefined ? rows : { ...rows, hasMore: false }}
        columns={COLUMNS}
        rowKey={({ event_id, source }) => `${source}/${event_id}`}
        empty={
          text !== undefined && rows.hasMore ? (
            <Empty title="Nothing so far">None of the events that were looked at has this text.</Empty>
          ) : filtered ? (
            <Empty title="No events">Nothing fits these filters.</Empty>
          ) : (
            <Empty
              title="No events yet"
              curl={apiCurl('POST', '/events', {
                origin: location.origin,
                tenant,
                body: { event_type: 'user.created', data: { name: 'Ada' } },
              })}
            >
              Publish one from here or from your application; each subscription that takes its type gets it.
            </Empty>
          )
        }
      />
      {text !== undefined && rows.hasMore && <SearchOn rows={rows} />}
    </>
  )
}

function SearchOn({ rows }: { rows: Rows<EventRow> }): ReactElement {
  return (
    <div className="list-end" role="status">
      {rows.searchedUntil && (
        <>
          Looked through what was received since <Instant at={rows.searchedUntil} />.{' '}
        </>
      )}
      <Button size="small" busy={rows.loadingMore} onClick={rows.loadMore}>
        Search further back
      </Button>
    </div>
  )
}
