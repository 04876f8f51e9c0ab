import { useQueryClient } from '@tanstack/react-query'
import type { Row } from 'posthorn/client'
import { type ReactElement, useEffect, useRef, useState } from 'react'
import { useNow } from '../../browser/clock.ts'
import { remembered } from '../../browser/storage.ts'
import { LIVE_MS, useAsk, useChange } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { StateBadge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Progress as Bar } from '../../parts/progress.tsx'
import { tellProblem } from '../../parts/toasts.tsx'
import { countText, plural } from '../../text/number.ts'

type ReplayRow = Row<'listReplays'>

const RUNNING_MS = 1000
/** So long a replay that is over stays in sight. */
const SHOWN_MS = 10 * 60_000

/** The replays of a subscription: they run on the server, so a reload loses nothing of them. */
export function Replays({ subscriptionId }: { subscriptionId: string }): ReactElement | null {
  const now = useNow()
  const queries = useQueryClient()
  const found = useAsk(
    'listReplays',
    { query: { limit: 50 } },
    { every: (page) => (page?.data.some(({ state }) => state === 'running') ? RUNNING_MS : LIVE_MS) },
  )
  const shown = (found.data?.data ?? []).filter(
    ({ subscription_id, state, finished_at }) =>
      subscription_id === subscriptionId &&
      (state === 'running' || now - Date.parse(finished_at ?? '') < SHOWN_MS),
  )
  const running = shown.filter(({ state }) => state === 'running').length
  const before = useRef(running)
  useEffect(() => {
    // What it made is to be seen in the list below.
    if (running < before.current) void queries.invalidateQueries({ queryKey: ['listSubscriptionDeliveries'] })
    before.current = running
  }, [running, queries])
  if (shown.length === 0) return null
  return (
    <div className="stack">
      {shown.slice(0, 3).map((replay) => (
        <Progress key={replay.id} replay={replay} />
      ))}
    </div>
  )
}

function Progress({ replay }: { replay: ReplayRow }): ReactElement {
  const { id, state, created, scanned, since, until, created_at } = replay
  const cancel = useChange('cancelReplay')
  const mayWrite = useMayWrite()
  const running = state === 'running'
  const total = useTotal(id)
  return (
    <div className="card stack">
      <div className="line">
        <strong>Replay</strong>
        <StateBadge state={state} />
        <span className="muted">
          of events from <Instant at={since} turns /> to <Instant at={until} turns />, begun{' '}
          <Instant at={created_at} turns />
        </span>
        {running && mayWrite && (
          <span className="push">
            <Button
              size="small"
              busy={cancel.isPending}
              onClick={() => cancel.mutate({ params: { id } }, { onError: tellProblem })}
            >
              Cancel
            </Button>
          </span>
        )}
      </div>
      {(running || total !== null) && (
        <Bar label="Replay" of={running ? total : Math.max(1, created)} done={created} />
      )}
      <span className="small muted">
        {plural(scanned, 'event')} looked at, {total !== null && running && `${countText(created)} of `}
        {plural(total !== null && running ? total : created, 'new delivery', 'new deliveries')} made.
      </span>
    </div>
  )
}

/** What was counted before it was begun, if it was begun here. */
function useTotal(id: string): number | null {
  const [total] = useState(() => remembered(`replay.${id}`))
  return total === null ? null : Number(total)
}
