import { getRouteApi, Link } from '@tanstack/react-router'
import type { Result } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useAsk } from '../../data/queries.ts'
import { useSession } from '../../data/session.tsx'
import { Body } from '../../parts/body.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Problem } from '../../parts/note.tsx'
import { Facts, PageHead } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { bytesText } from '../../text/number.ts'
import { visible } from '../../text/visible.ts'
import { EventTimeline } from './event-timeline.tsx'
import { ReplayEvent } from './replay-event.tsx'

const route = getRouteApi('/events/$id')

type FoundEvent = Result<'getEvent'>

export function EventPage(): ReactElement {
  const { id } = route.useParams()
  const { source } = route.useSearch()
  const query = source === undefined ? {} : { source }
  const found = useAsk('getEvent', { params: { id }, query })
  if (found.error) return <Problem error={found.error} retry={() => void found.refetch()} />
  if (found.data === undefined) return <p className="muted">Loading …</p>
  return <Found event={found.data} source={source} />
}

function Found({ event, source }: { event: FoundEvent; source: string | undefined }): ReactElement {
  const { tenant } = useSession()
  const type = visible(event.event_type)
  return (
    <>
      <PageHead
        title={type}
        crumb={<Link to="/events">Events</Link>}
        sub={<span className="mono">{visible(event.event_id)}</span>}
        actions={
          <>
            <ReplayEvent id={event.event_id} source={source} />
            <CopyButton label="Copy as curl" size="usual" text={() => asCurl(event, tenant)} />
          </>
        }
      />
      <div className="split">
        <div className="stack">
          <div className="card">
            <Facts
              of={[
                ['From', <From key="from" event={event} />],
                ['Received', <Instant key="received" at={event.received_at} full />],
                ['Occurred', <Instant key="occurred" at={event.occurred_at} full />],
                ['Content type', visible(event.content_type)],
                ['Size', bytesText(event.data_bytes)],
              ]}
            />
          </div>
          <section aria-label="What became of it">
            <EventTimeline event={event} source={source} />
          </section>
        </div>
        <Body label="Data" text={textOf(event)} base64={event.data_base64} />
      </div>
    </>
  )
}

function From({ event: { source, request_id } }: { event: FoundEvent }): ReactElement {
  if (source === null) return <>published over the API</>
  const id = source
  return (
    <span className="line">
      <Link to="/sources/$id" params={{ id }}>
        {visible(id)}
      </Link>
      {request_id !== null && (
        <Link to="/sources/$id/requests/$requestId" params={{ id, requestId: request_id }}>
          the request
        </Link>
      )}
    </span>
  )
}

function textOf(event: FoundEvent): string {
  if (event.data !== undefined) return JSON.stringify(event.data)
  return event.data_text ?? ''
}

function asCurl(event: FoundEvent, tenant: string): string {
  const { event_type, data, data_text, data_base64, content_type } = event
  const body =
    data !== undefined
      ? { event_type, data }
      : { event_type, ...(data_text === undefined ? { data_base64 } : { data_text }), content_type }
  return apiCurl('POST', '/events', { origin: location.origin, tenant, body })
}
