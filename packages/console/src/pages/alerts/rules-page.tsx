import { Link } from '@tanstack/react-router'
import type { Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useRows } from '../../data/queries.ts'
import { useMaySetUp, useSession } from '../../data/session.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Icon } from '../../parts/icon.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { PageHead } from '../../parts/page.tsx'
import { whenText } from '../../text/alerts.ts'
import { apiCurl } from '../../text/curl.ts'
import { plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'
import { useAlertPlaces, useWhose } from './whose.ts'

export type RuleRow = Row<'listAlertRules'>

const TOLD: Column<RuleRow> = {
  head: 'Told',
  width: 'minmax(130px, 1fr)',
  wide: true,
  cell: (row) => <Told of={row} />,
}

const STATE: Column<RuleRow> = {
  head: 'State',
  width: '96px',
  cell: ({ active }) => <Badge tone={active ? 'good' : 'idle'}>{active ? 'active' : 'off'}</Badge>,
}

function Name({ of: { id, name, when } }: { of: RuleRow }): ReactElement {
  const { rule } = useAlertPlaces()
  return (
    <div className="cell-two">
      <Link to={rule} params={{ id }} className="row-link foreign">
        {excerpt(name, 100)}
      </Link>
      <span>when {whenText(when)}</span>
    </div>
  )
}

const NAME: Column<RuleRow> = {
  head: 'Rule',
  width: 'minmax(170px, 2fr)',
  cell: (row) => <Name of={row} />,
}

function ofColumn(whose: (tenantId: string | null) => string): Column<RuleRow> {
  return {
    head: 'Of',
    width: 'minmax(90px, 1fr)',
    cell: ({ tenant_id }) => <div className="cut">{whose(tenant_id)}</div>,
  }
}

export function AlertRulesPage(): ReactElement {
  const rows = useRows('listAlertRules', {})
  const { tenant, everyTenant } = useSession()
  const places = useAlertPlaces()
  const whose = useWhose()
  const create = useMaySetUp() && (
    <Link to={places.newRule} className="button" data-look="primary">
      <Icon name="plus" /> New rule
    </Link>
  )
  return (
    <>
      <PageHead
        title={everyTenant ? 'Alert rules of all tenants' : 'Alert rules'}
        crumb={<Link to={places.alerts}>{everyTenant ? 'Alerts of all tenants' : 'Alerts'}</Link>}
        sub={
          everyTenant
            ? 'The operator’s look over all tenants; each tenant may have its own beside them.'
            : 'What is looked at every 15 seconds, and who is told.'
        }
        actions={(rows.pending || rows.rows.length > 0) && create}
      />
      <List
        label="Alert rules"
        rows={rows}
        columns={everyTenant ? [NAME, ofColumn(whose), TOLD, STATE] : [NAME, TOLD, STATE]}
        rowKey={({ id }) => id}
        empty={
          <Empty
            title="No rules yet"
            action={create}
            curl={apiCurl('POST', '/alert-rules', {
              origin: location.origin,
              ...(everyTenant ? {} : { tenant }),
              body: {
                name: 'Much fails',
                when: { kind: 'failure_rate', above: 20 },
                emails: ['ops@example.com'],
              },
            })}
          >
            A rule says what must not be, and who is told when it is: by e-mail, in Slack, and as events.
          </Empty>
        }
      />
    </>
  )
}

/** Beside the subscriptions that name `posthorn.alert.*`. */
function Told({ of: { tenant_id, emails, slack_hosts } }: { of: RuleRow }): ReactElement {
  const channels = [
    ...(emails.length > 0 ? [plural(emails.length, 'e-mail address', 'e-mail addresses')] : []),
    ...slack_hosts,
  ]
  return (
    <div className="cut">
      {channels.length === 0
        ? tenant_id === null
          ? 'nobody'
          : 'by events alone'
        : excerpt(channels.join(', '), 80)}
    </div>
  )
}
