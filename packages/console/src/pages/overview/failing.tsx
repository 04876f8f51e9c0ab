import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { Badge } from '../../parts/badge.tsx'
import { Lasting } from '../../parts/instant.tsx'
import { Note } from '../../parts/note.tsx'
import { causeText } from '../../text/cause.ts'
import { plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'
import { failsNow, type Overview } from './overview.ts'

type FailingRow = Overview['failing'][number]

/** Worst first: whom, since when, why; each leads to the deliveries that failed so. */
export function Failing({ of }: { of: readonly FailingRow[] }): ReactElement {
  if (of.length === 0) return <Note tone="good">Nothing: every target that was tried has answered well.</Note>
  return (
    <ol className="failing" aria-label="Targets that fail, worst first">
      {of.map((one) => (
        <FailingItem key={one.subscription_id} of={one} />
      ))}
    </ol>
  )
}

function FailingItem({ of }: { of: FailingRow }): ReactElement {
  const { subscription_id: id, name, url, active, failing_since, cause, failed, dead, success_rate } = of
  const statuses = of.status_code === null ? [] : [of.status_code]
  const counts = [
    ...(failed > 0 ? [plural(failed, 'failed attempt')] : []),
    ...(dead > 0 ? [plural(dead, 'dead letter')] : []),
    ...(success_rate === null
      ? []
      : [success_rate === 0 ? 'none succeeds' : `${Math.floor(success_rate * 100)} % succeed`]),
  ]
  return (
    <li data-tone={failsNow(of) ? undefined : 'warn'}>
      <div className="line">
        <strong className="foreign">
          <Link
            to="/subscriptions/$id"
            params={{ id }}
            search={dead > 0 ? { state: 'dead' } : {}}
            className="row-link"
          >
            {excerpt(name, 80)}
          </Link>
        </strong>
        {!active ? (
          <Badge tone="bad">disabled</Badge>
        ) : failing_since !== null ? (
          <span className="bad">
            failing for <Lasting since={failing_since} />
          </span>
        ) : (
          <span className="muted">{failsNow(of) ? 'no attempt succeeds' : 'failed, and answers again'}</span>
        )}
        <span className="push small muted">{counts.join(', ')}</span>
      </div>
      <div className="line">
        <span className={failsNow(of) ? 'bad foreign' : 'foreign'}>
          {cause === null ? 'No cause is known yet.' : excerpt(causeText(cause, statuses), 240)}
        </span>
        <span className="push small muted mono foreign">{excerpt(url, 160)}</span>
      </div>
    </li>
  )
}
