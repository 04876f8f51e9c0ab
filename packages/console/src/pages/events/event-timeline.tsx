import { Link } from '@tanstack/react-router'
import type { Result, Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { LIVE_MS, troubleOf, useAsk } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { StateBadge, toneOf } from '../../parts/badge.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Problem } from '../../parts/note.tsx'
import { plural } from '../../text/number.ts'
import { DeliveryActions } from '../deliveries/actions.tsx'
import { Attempts } from '../deliveries/attempts.tsx'
import { Target } from '../deliveries/target.tsx'

interface EventTimelineProps {
  readonly event: Pick<Result<'getEvent'>, 'event_id' | 'received_at' | 'source'>
  readonly source: string | undefined
}

/** From its receipt to the last attempt, in the order in which it happened. */
export function EventTimeline({ event, source }: EventTimelineProps): ReactElement {
  const mayWrite = useMayWrite()
  const found = useAsk(
    'listEventDeliveries',
    {
      params: { id: event.event_id },
      query: { limit: 250, ...(source === undefined ? {} : { source }) },
    },
    { every: LIVE_MS },
  )
  const trouble = troubleOf(found)
  if (trouble) return <Problem error={trouble} retry={() => void found.refetch()} />
  // Newest first is how lists come.
  const deliveries = [...(found.data?.data ?? [])].reverse()
  const of = found.data?.next_cursor
    ? 'more than 250 deliveries'
    : plural(deliveries.length, 'delivery', 'deliveries')
  return (
    <div className="card">
      <ol className="timeline">
        <li className="moment">
          <span className="moment-dot" data-tone="good" />
          <div className="line">
            <strong>{event.source === null ? 'Published' : 'Received'}</strong>
            <span className="muted">{found.data === undefined ? 'Loading …' : `and made into ${of}`}</span>
            <span className="muted push">
              <Instant at={event.received_at} />
            </span>
          </div>
        </li>
        {deliveries.map((delivery) => (
          <Moment key={delivery.id} delivery={delivery} />
        ))}
      </ol>
      {found.data !== undefined && deliveries.length === 0 && (
        <p className="muted">
          No subscription takes this type of event.
          {mayWrite && (
            <>
              {' '}
              <Link to="/subscriptions/new">Make a subscription</Link>, then replay the event.
            </>
          )}
        </p>
      )}
    </div>
  )
}

function Moment({ delivery }: { delivery: Row<'listEventDeliveries'> }): ReactElement {
  const { id, state, next_attempt_at, attempts } = delivery
  return (
    <li className="moment">
      <span className="moment-dot" data-tone={toneOf(state)} />
      <div className="moment-body">
        <div className="line">
          <strong>
            To <Target of={delivery} />
          </strong>
          <StateBadge state={state} />
          {next_attempt_at !== null && attempts > 0 && (
            <span className="muted">
              next attempt <Instant at={next_attempt_at} turns />
            </span>
          )}
          <Link to="/deliveries/$id" params={{ id }} className="small">
            Delivery
          </Link>
          <span className="push">
            <DeliveryActions of={delivery} size="small" />
          </span>
        </div>
        <Attempts
          deliveryId={id}
          subscriptionId={delivery.subscription_id}
          live={state === 'pending'}
          key={attempts}
        />
      </div>
    </li>
  )
}
