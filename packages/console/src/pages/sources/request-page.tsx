import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { troubleOf, useAsk } from '../../data/queries.ts'
import { StateBadge } from '../../parts/badge.tsx'
import { Body } from '../../parts/body.tsx'
import { Code } from '../../parts/code.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Facts, PageHead, Section } from '../../parts/page.tsx'
import { refusalText } from '../../text/cause.ts'
import { bytesText } from '../../text/number.ts'
import { visible } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { Doctor } from './doctor.tsx'
import { ReplayRequest } from './replay-request.tsx'

const route = getRouteApi('/sources/$id/requests/$requestId')

export function RequestPage(): ReactElement {
  const { id, requestId } = route.useParams()
  const found = useAsk('getRequest', { params: { id, request_id: requestId } })
  const request = found.data
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (request === undefined) return <p className="muted">Loading …</p>
  const { verdict, reason, event_ids, secret_index, body_bytes } = request
  return (
    <>
      <PageHead
        title={`Request to ${id}`}
        crumb={
          <Link to="/sources/$id" params={{ id }}>
            {id}
          </Link>
        }
        heading={
          <>
            Request <StateBadge state={verdict} />
          </>
        }
        sub={<span className="mono">{visible(`${request.method} ${request.url}`)}</span>}
        actions={<ReplayRequest sourceId={id} request={request} />}
      />
      <div className="card">
        <Facts
          of={[
            ['Received', <Instant key="received" at={request.received_at} full />],
            ['From', request.address ?? 'not known: no trusted proxy told it'],
            ['Answered', `status ${request.status}`],
            [
              'Refused because',
              reason && (
                <span className="bad">
                  {visible(refusalText(reason))} <code>({visible(reason)})</code>
                </span>
              ),
            ],
            [
              'Secret that fitted',
              secret_index === null ? null : secret_index === 0 ? 'the current one' : 'one rotated out',
            ],
            ['Events', event_ids.length > 0 && <Events source={id} ids={event_ids} />],
            ['Body', body_bytes === null ? 'was not kept' : bytesText(body_bytes)],
          ]}
        />
      </div>
      <Doctor sourceId={id} requestId={requestId} refused={verdict === 'refused'} />
      <Section title="As it came">
        <div className="split">
          <Code
            label="Headers"
            text={request.headers.map(({ name, value }) => `${name}: ${value}`).join('\n')}
          />
          <Body label="Body" text={request.body_text ?? ''} base64={request.body_base64} />
        </div>
      </Section>
    </>
  )
}

function Events({ source, ids }: { source: string; ids: readonly string[] }): ReactElement {
  return (
    <ul>
      {ids.map((id) => (
        <li key={id}>
          <Link to="/events/$id" params={{ id }} search={{ source }} className="mono">
            {visible(id)}
          </Link>
        </li>
      ))}
    </ul>
  )
}
