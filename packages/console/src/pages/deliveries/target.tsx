import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useAsk } from '../../data/queries.ts'
import { excerpt } from '../../text/visible.ts'

interface TargetProps {
  readonly of: { readonly subscription_id: string | null; readonly handler: string | null }
}

/** Whom a delivery is for: the subscription by its name, or a handler in the process. */
export function Target({ of: { subscription_id, handler } }: TargetProps): ReactElement {
  if (subscription_id === null) return <span>handler {excerpt(handler ?? '', 60)}</span>
  return <SubscriptionName id={subscription_id} />
}

export function SubscriptionName({ id }: { id: string }): ReactElement {
  // One question for all rows; beyond these the id has to do.
  const { data } = useAsk('listSubscriptions', { query: { limit: 250 } })
  const name = data?.data.find((row) => row.id === id)?.name
  return (
    <Link to="/subscriptions/$id" params={{ id }} className="above foreign">
      {name === undefined ? id : excerpt(name, 60)}
    </Link>
  )
}
