import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { takes } from '../../text/filter.ts'
import { visible } from '../../text/visible.ts'
import { SubscriptionState } from '../subscriptions/health.tsx'

/** The subscriptions that take events of a type, of those published over the API. */
export function TakenBy({ type }: { type: string }): ReactElement {
  const { rows, hasMore, pending } = useRows('listSubscriptions', {}, { every: false })
  const taking = rows.filter(({ events }) => takes(events, type))
  if (pending) return <p className="muted">Loading …</p>
  return (
    <div className="card stack">
      {taking.length === 0 && <p className="muted">No subscription takes it.</p>}
      {taking.map((row) => (
        <div className="line" key={row.id}>
          <Link to="/subscriptions/$id" params={{ id: row.id }} className="foreign">
            {visible(row.name)}
          </Link>
          <SubscriptionState of={row} />
        </div>
      ))}
      {hasMore && <p className="small muted">Of the newest 100 subscriptions.</p>}
    </div>
  )
}
