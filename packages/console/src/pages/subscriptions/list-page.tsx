import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { useMayWrite, useSession } from '../../data/session.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { PageHead } from '../../parts/page.tsx'
import { apiCurl } from '../../text/curl.ts'
import { excerpt } from '../../text/visible.ts'
import { Health, type SubscriptionRow, SubscriptionState } from './health.tsx'

const COLUMNS: readonly Column<SubscriptionRow>[] = [
  {
    head: 'Subscription',
    width: 'minmax(170px, 1.6fr)',
    cell: ({ id, name, url }) => (
      <div className="cell-two">
        <Link to="/subscriptions/$id" params={{ id }} className="row-link foreign">
          {excerpt(name, 100)}
        </Link>
        <span className="foreign">{excerpt(url, 200)}</span>
      </div>
    ),
  },
  {
    head: 'Takes',
    width: 'minmax(100px, 1fr)',
    wide: true,
    cell: ({ events, source }) => (
      <div className="chips">
        {events.slice(0, 2).map((type) => (
          <span className="chip cut" key={type}>
            {excerpt(type, 40)}
          </span>
        ))}
        {events.length > 2 && <span className="small muted">and {events.length - 2} more</span>}
        {source !== null && <span className="small muted">from {excerpt(source.join(', '), 40)}</span>}
      </div>
    ),
  },
  {
    head: 'Success in 24 hours',
    width: 'minmax(130px, 1fr)',
    wide: true,
    cell: (row) => <Health of={row} />,
  },
  { head: 'State', width: '128px', cell: (row) => <SubscriptionState of={row} /> },
]

export function SubscriptionsPage(): ReactElement {
  const rows = useRows('listSubscriptions', {})
  const { tenant } = useSession()
  const create = useMayWrite() && (
    <Link to="/subscriptions/new" className="button" data-look="primary">
      <Icon name="plus" /> New subscription
    </Link>
  )
  return (
    <>
      <PageHead
        title="Subscriptions"
        sub="Who gets which events, and how they fare."
        actions={(rows.pending || rows.rows.length > 0) && create}
      />
      <List
        label="Subscriptions"
        rows={rows}
        columns={COLUMNS}
        rowKey={({ id }) => id}
        empty={
          <Empty
            title="No subscriptions yet"
            action={create}
            curl={apiCurl('POST', '/subscriptions', {
              origin: location.origin,
              tenant,
              body: { name: 'CRM', url: 'https://crm.example.com/webhooks', events: ['user.*'] },
            })}
          >
            A subscription is a URL and the types of events that it takes. Each event that fits is sent there,
            signed, until it arrives.
          </Empty>
        }
      />
    </>
  )
}
