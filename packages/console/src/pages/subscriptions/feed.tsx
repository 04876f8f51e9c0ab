import { getRouteApi } from '@tanstack/react-router'
import type { Query } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { given, useSince } from '../../data/search.ts'
import { useSession } from '../../data/session.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Filters, SPAN_FILTER, STATE_FILTER, TYPE_FILTER } from '../../parts/filters.tsx'
import { List } from '../../parts/list.tsx'
import { Section } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { FEED_COLUMNS } from '../deliveries/columns.tsx'

const route = getRouteApi('/subscriptions/$id')

export function Feed({ id }: { id: string }): ReactElement {
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const { state, event_type, span } = search
  const { tenant } = useSession()
  const since = useSince(span)
  const query = given({ state, event_type, since }) as Query<'listSubscriptionDeliveries'>
  const rows = useRows('listSubscriptionDeliveries', { params: { id }, query })
  return (
    <Section title="Deliveries">
      <Filters
        filters={[STATE_FILTER, TYPE_FILTER, SPAN_FILTER]}
        values={search}
        onChange={(next) => void navigate({ search: next, replace: true })}
      />
      <List
        label="Deliveries"
        rows={rows}
        columns={FEED_COLUMNS}
        rowKey={(row) => row.id}
        empty={
          Object.keys(search).length > 0 ? (
            <Empty title="No deliveries">Nothing fits these filters.</Empty>
          ) : (
            <Empty
              title="No deliveries"
              curl={apiCurl('POST', `/subscriptions/${id}/test`, { origin: location.origin, tenant })}
            >
              No event of its types has come since it was made. Send a test event, or replay older ones.
            </Empty>
          )
        }
      />
    </Section>
  )
}
