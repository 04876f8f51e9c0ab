import { getRouteApi, Link } from '@tanstack/react-router'
import type { Result } from 'posthorn/client'
import type { ReactElement } from 'react'
import { LIVE_MS, troubleOf, useAsk } from '../../data/queries.ts'
import { StateBadge } from '../../parts/badge.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Facts, PageHead, Section } from '../../parts/page.tsx'
import { causeText } from '../../text/cause.ts'
import { visible } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { DeliveryActions } from './actions.tsx'
import { Attempts } from './attempts.tsx'
import { Target } from './target.tsx'

const route = getRouteApi('/deliveries/$id')

export function DeliveryPage(): ReactElement {
  const { id } = route.useParams()
  const found = useAsk(
    'getDelivery',
    { params: { id } },
    { every: (delivery) => (delivery === undefined || delivery.state === 'pending' ? LIVE_MS : false) },
  )
  const delivery = found.data
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (delivery === undefined) return <p className="muted">Loading …</p>
  return <Found delivery={delivery} />
}

function Found({ delivery }: { delivery: Result<'getDelivery'> }): ReactElement {
  const { id, state, event_id, event_type, next_attempt_at, finished_at, last_error, replay_id } = delivery
  return (
    <>
      <PageHead
        title={`Delivery of ${visible(event_type)}`}
        crumb={<Link to="/deliveries">Deliveries</Link>}
        heading={
          <>
            {visible(event_type)} <StateBadge state={state} />
          </>
        }
        sub={<span className="mono">{id}</span>}
        actions={<DeliveryActions of={delivery} />}
      />
      <div className="card">
        <Facts
          of={[
            ['To', <Target key="to" of={delivery} />],
            [
              'Event',
              <Link key="event" to="/events/$id" params={{ id: event_id }} className="mono">
                {visible(event_id)}
              </Link>,
            ],
            ['Next attempt', next_attempt_at && <Instant at={next_attempt_at} full />],
            [
              'Last error',
              last_error && (
                <span className="bad">
                  {visible(
                    causeText(
                      last_error,
                      delivery.last_status_code === null ? [] : [delivery.last_status_code],
                    ),
                  )}
                </span>
              ),
            ],
            ['Made', <Instant key="made" at={delivery.created_at} full />],
            ['Finished', finished_at && <Instant at={finished_at} full />],
            ['Made by replay', replay_id],
          ]}
        />
      </div>
      <Section title={`Attempts (${delivery.attempts})`}>
        <div className="card">
          <Attempts
            key={delivery.attempts}
            deliveryId={id}
            subscriptionId={delivery.subscription_id}
            live={state === 'pending'}
            open
          />
        </div>
      </Section>
    </>
  )
}
