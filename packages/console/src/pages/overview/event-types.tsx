import { Link } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { countText } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'
import type { Overview } from './overview.ts'

const SHOWN = 10

export function EventTypes({ of }: { of: Overview['event_types'] }): ReactElement {
  const most = of[0]?.events ?? 1
  return (
    <section aria-label="Events by type" className="stack">
      <h2>Events by type</h2>
      <div className="card">
        {of.length === 0 && <p className="muted">No events in this time.</p>}
        <ol className="types">
          {of.slice(0, SHOWN).map(({ event_type, events }) => (
            <li key={event_type}>
              <Link to="/events" search={{ event_type }} className="cut foreign">
                {excerpt(event_type, 80)}
              </Link>
              <span>{countText(events)}</span>
              <div className="bar" aria-hidden="true">
                <div style={{ width: `${(events / most) * 100}%` }} />
              </div>
            </li>
          ))}
        </ol>
        {of.length > SHOWN && <p className="small muted">and {countText(of.length - SHOWN)} more types</p>}
      </div>
    </section>
  )
}
