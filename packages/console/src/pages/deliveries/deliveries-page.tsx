import { getRouteApi, Link } from '@tanstack/react-router'
import type { Query } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { given, useSince } from '../../data/search.ts'
import { useSession } from '../../data/session.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Filters, SPAN_FILTER, STATE_FILTER, TYPE_FILTER } from '../../parts/filters.tsx'
import { List } from '../../parts/list.tsx'
import { PageHead } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { DELIVERY_COLUMNS } from './columns.tsx'

const route = getRouteApi('/deliveries')

export function DeliveriesPage(): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { state, event_type, subscription_id, span } = search
  const { tenant } = useSession()
  const filtered = Object.values(search).some((value) => value !== undefined)
  const since = useSince(span)
  const query = given({ state, event_type, subscription_id, since }) as Query<'listDeliveries'>
  const rows = useRows('listDeliveries', { query })
  return (
    <>
      <PageHead title="Deliveries" sub="One event to one subscription or handler, until it is done." />
      <Filters
        filters={[
          STATE_FILTER,
          TYPE_FILTER,
          { name: 'subscription_id', label: 'Subscription', placeholder: 'sub_…' },
          SPAN_FILTER,
        ]}
        values={search}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <List
        label="Deliveries"
        rows={rows}
        columns={DELIVERY_COLUMNS}
        rowKey={({ id }) => id}
        empty={
          filtered ? (
            <Empty title="No deliveries">
              Nothing fits these filters. A delivery is made for each subscription that takes an event.
            </Empty>
          ) : (
            <Empty
              title="No deliveries yet"
              action={
                <Link to="/subscriptions" className="button">
                  See the subscriptions
                </Link>
              }
              curl={apiCurl('POST', '/events', {
                origin: location.origin,
                tenant,
                body: { event_type: 'user.created', data: { name: 'Ada' } },
              })}
            >
              A delivery is made for each subscription that takes an event. Publish one that somebody takes.
            </Empty>
          )
        }
      />
    </>
  )
}
