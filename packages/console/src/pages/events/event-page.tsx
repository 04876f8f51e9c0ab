import { getRouteApi, Link } from '@tanstack/react-router'
import { publishJson, type Result } from 'posthorn/client'
import type { ReactElement } from 'react'
import { troubleOf, useAskRaw } from '../../data/queries.ts'
import { useSession } from '../../data/session.tsx'
import { Body } from '../../parts/body.tsx'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Facts, PageHead } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { bytesText } from '../../text/number.ts'
import { rawField } from '../../text/raw-json.ts'
import { visible } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { EventTimeline } from './event-timeline.tsx'
import { ReplayEvent } from './replay-event.tsx'

const route = getRouteApi('/events/$id')

type FoundEvent = Result<'getEvent'>

export function EventPage(): ReactElement {
  const { id } = route.useParams()
  const { source } = route.useSearch()
  const query = source === undefined ? {} : { source }
  const found = useAskRaw('getEvent', { params: { id }, query })
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (found.data === undefined) return <p className="muted">Loading …</p>
  const { answer, text } = found.data
  return <Found event={answer} data={rawField(text, 'data')} source={source} />
}

interface FoundProps {
  readonly event: FoundEvent
  /** JSON as it was published, to the last zero. */
  readonly data: string | null
  readonly source: string | undefined
}

function Found({ event, data, source }: FoundProps): ReactElement {
  const { tenant, portal } = useSession()
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
            {!portal && (
              <CopyButton label="Copy as curl" size="usual" text={() => asCurl(event, data, tenant)} />
            )}
          </>
        }
      />
      <div className="split with-data">
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
        <div className="beside">
          <Body label="Data" text={data ?? event.data_text ?? ''} base64={event.data_base64} />
        </div>
      </div>
    </>
  )
}

function From({ event: { source, request_id } }: { event: FoundEvent }): ReactElement {
  const { portal } = useSession()
  if (source === null) return <>published over the API</>
  if (portal) return <>{visible(source)}</>
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

function asCurl(event: FoundEvent, json: string | null, tenant: string): string {
  const { event_type, data_text, data_base64, content_type } = event
  const more = { origin: location.origin, tenant }
  if (json !== null) return apiCurl('POST', '/events', { ...more, json: publishJson({ event_type }, json) })
  const data = data_text === undefined ? { data_base64 } : { data_text }
  return apiCurl('POST', '/events', { ...more, body: { event_type, ...data, content_type } })
}
