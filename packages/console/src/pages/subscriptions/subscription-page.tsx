import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { OVERVIEW_WINDOW_S } from '../../data/feed.ts'
import { LIVE_MS, troubleOf, useAsk } from '../../data/queries.ts'
import { Instant } from '../../parts/instant.tsx'
import { Note } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page.tsx'
import { causeText } from '../../text/cause.ts'
import { visible } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { SubscriptionActions } from './actions.tsx'
import { Feed } from './feed.tsx'
import type { Subscription } from './form-values.ts'
import { SubscriptionState } from './health.tsx'
import { Replays } from './replays.tsx'
import { Settings } from './settings.tsx'
import { SubscriptionStats } from './subscription-stats.tsx'

const route = getRouteApi('/subscriptions/$id')

export function SubscriptionPage(): ReactElement {
  const params = route.useParams()
  const found = useAsk('getSubscription', { params }, { every: LIVE_MS })
  const subscription = found.data
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (subscription === undefined) return <p className="muted">Loading …</p>
  return (
    <>
      <PageHead
        title={visible(subscription.name)}
        crumb={<Link to="/subscriptions">Subscriptions</Link>}
        heading={
          <>
            {visible(subscription.name)} <SubscriptionState of={subscription} />
          </>
        }
        sub={<span className="mono">{visible(subscription.url)}</span>}
        actions={<SubscriptionActions subscription={subscription} />}
      />
      <div className="stack">
        <Trouble of={subscription} />
        <SubscriptionStats id={subscription.id} />
        <Replays subscriptionId={subscription.id} />
      </div>
      <Feed id={subscription.id} />
      <Settings of={subscription} />
    </>
  )
}

/** What its newest failure was answered. */
function Why({ id }: { id: string }): ReactElement | null {
  const { data } = useAsk('getOverview', { query: { window_s: OVERVIEW_WINDOW_S } })
  const row = data?.failing.find(({ subscription_id }) => subscription_id === id)
  if (!row?.cause) return null
  return <>{visible(causeText(row.cause, row.status_code === null ? [] : [row.status_code]))}</>
}

/** Why it gets nothing, or not for long any more. */
function Trouble({ of }: { of: Subscription }): ReactElement | null {
  const { id, active, disabled_reason, failing_since } = of
  if (active && failing_since !== null)
    return (
      <Note tone="bad" title="Every attempt fails.">
        <span>
          It began <Instant at={failing_since} turns />. <Why id={id} />
        </span>
        <span>Mend the target, then replay what it missed: the last answers are below.</span>
      </Note>
    )
  if (active) return null
  if (disabled_reason === 'gone')
    return (
      <Note tone="bad" title="Disabled: the target answered 410 Gone.">
        It asked for no more. Resume it when that was a mistake.
      </Note>
    )
  if (disabled_reason === 'failing')
    return (
      <Note tone="bad" title="Disabled: nothing but failures for too long.">
        Mend the target, resume, then replay what it missed.
      </Note>
    )
  return (
    <Note title="Paused.">New events make no deliveries for it. Replay what it missed after resuming.</Note>
  )
}
