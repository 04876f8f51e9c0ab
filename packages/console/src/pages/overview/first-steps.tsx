import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useAsk } from '../../data/queries.ts'
import { useMayWrite, useSession } from '../../data/session.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { apiCurl } from '../../text/curl.ts'
import type { Overview } from './overview.ts'

/** What to do where nothing has been set up yet. */
export function FirstSteps({ of }: { of: Overview }): ReactElement | null {
  const { tenant } = useSession()
  const mayWrite = useMayWrite()
  const quiet = of.event_types.length === 0 && of.failing.length === 0
  const { data } = useAsk('listSubscriptions', { query: { limit: 1 } }, { enabled: quiet })
  if (!quiet || data === undefined || data.data.length > 0) return null
  const create = mayWrite && (
    <Link to="/subscriptions/new" className="button" data-look="primary">
      <Icon name="plus" /> New subscription
    </Link>
  )
  return (
    <Empty
      title="Nobody gets events yet"
      action={create}
      curl={apiCurl('POST', '/events', {
        origin: location.origin,
        tenant,
        body: { event_type: 'user.created', data: { name: 'Ada' } },
      })}
    >
      Make a subscription: a URL, and the types of events that it takes. Then publish an event, and see here
      how it arrives.
    </Empty>
  )
}
