import { Link } from '@tanstack/react-router'
import type { Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useSession } from '../../data/session.tsx'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Facts } from '../../parts/page.tsx'
import { ALERT_KINDS, valueText } from '../../text/alerts.ts'
import { visible } from '../../text/visible.ts'
import { useAlertPlaces, useWhose } from './whose.ts'

export type AlertRow = Row<'listAlerts'>

const TONES: Readonly<Record<string, Tone>> = { sent: 'good', waiting: 'warn', failed: 'bad' }

/** One alert: what, since when, and who was told of it. */
export function AlertShown({ alert }: { alert: AlertRow }): ReactElement {
  const { kind, value, above, since, opened_at, closed_at, rule_id } = alert
  const { everyTenant } = useSession()
  const { rule } = useAlertPlaces()
  const whose = useWhose()
  return (
    <div className="stack">
      <Facts
        of={[
          ['Alert', visible(alert.name)],
          ['Kind', ALERT_KINDS[kind]?.name ?? kind],
          ['Of', everyTenant && whose(alert.tenant_id)],
          ['About', alert.subject && <Subject key="about" of={alert} />],
          ['Cause', visible(alert.cause)],
          ['Value', valueText(kind, value)],
          ['Limit', valueText(kind, above)],
          ['Since', <Instant key="since" at={since} full />],
          ['Opened', <Instant key="opened" at={opened_at} full />],
          ['Over', closed_at && <Instant at={closed_at} full />],
          [
            'Rule',
            rule_id === null ? (
              'none: the owner of the subscription is told'
            ) : (
              <Link key="rule" to={rule} params={{ id: rule_id }}>
                {rule_id}
              </Link>
            ),
          ],
        ]}
      />
      <h3>Who was told</h3>
      {alert.notices.length === 0 && <p className="muted">Nobody.</p>}
      <ul className="stack">
        {alert.notices.map(({ change, channel, state, tries, error, made_at }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: they have no name, and are only added to
          <li className="line" key={index}>
            <Badge tone={TONES[state] ?? 'idle'}>{state}</Badge>
            <span>
              {change} by {channel}
            </span>
            {error !== null && (
              <span className="bad foreign">
                {visible(error)} (try {tries})
              </span>
            )}
            <span className="muted push">
              <Instant at={made_at} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  )
}

function Subject({ of: { subject, tenant_id } }: { of: AlertRow }): ReactElement | null {
  const { everyTenant, chooseTenant } = useSession()
  const whose = useWhose()
  if (subject === null) return null
  const { kind, id, name } = subject
  // Whose it is only the id knows, which leads nowhere while another tenant is worked on.
  if (everyTenant && tenant_id === null)
    return (
      <>
        {visible(name)} <code>{visible(id)}</code>
      </>
    )
  return (
    <Link
      to={kind === 'source' ? '/sources/$id' : '/subscriptions/$id'}
      params={{ id }}
      onClick={() => everyTenant && chooseTenant(whose(tenant_id))}
    >
      {visible(name)}
    </Link>
  )
}
