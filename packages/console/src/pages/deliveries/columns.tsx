import { Link } from '@tanstack/react-router'
import type { Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { StateBadge } from '../../parts/badge.tsx'
import { Instant } from '../../parts/instant.tsx'
import type { Column } from '../../parts/list.tsx'
import { causeText, causeWords } from '../../text/cause.ts'
import { excerpt } from '../../text/visible.ts'
import { Target } from './target.tsx'

export type DeliveryRow = Row<'listDeliveries'>

const WHAT: Column<DeliveryRow> = {
  head: 'Event',
  width: 'minmax(160px, 2fr)',
  cell: ({ id, event_type, event_id }) => (
    <div className="cell-two">
      <Link to="/deliveries/$id" params={{ id }} className="row-link foreign">
        {excerpt(event_type, 100)}
      </Link>
      <span className="mono foreign">{excerpt(event_id, 60)}</span>
    </div>
  ),
}

const TO: Column<DeliveryRow> = {
  head: 'To',
  width: 'minmax(120px, 1.4fr)',
  wide: true,
  cell: (row) => (
    <div className="cut">
      <Target of={row} />
    </div>
  ),
}

const STATE: Column<DeliveryRow> = {
  head: 'State',
  width: '104px',
  cell: ({ state }) => <StateBadge state={state} />,
}

const ANSWER: Column<DeliveryRow> = {
  head: 'Last answer',
  width: 'minmax(110px, 1.2fr)',
  wide: true,
  cell: (row) => <LastAnswer of={row} />,
}

const ATTEMPTS: Column<DeliveryRow> = {
  head: 'Attempts',
  width: '72px',
  wide: true,
  end: true,
  cell: ({ attempts }) => attempts,
}

const WHEN: Column<DeliveryRow> = {
  head: 'Made',
  width: '88px',
  end: true,
  cell: ({ created_at, next_attempt_at, attempts }) => (
    <div className="cell-two">
      <Instant at={created_at} />
      {next_attempt_at !== null && attempts > 0 && (
        <span>
          next <Instant at={next_attempt_at} />
        </span>
      )}
    </div>
  ),
}

/** All of them are dead: what differs is to whom, and why. */
export const DEAD_COLUMNS: readonly Column<DeliveryRow>[] = [
  WHAT,
  { ...TO, wide: false },
  ANSWER,
  ATTEMPTS,
  WHEN,
]
export const DELIVERY_COLUMNS: readonly Column<DeliveryRow>[] = [WHAT, TO, STATE, ANSWER, ATTEMPTS, WHEN]
/** Where all of them are for one subscription. */
export const FEED_COLUMNS: readonly Column<DeliveryRow>[] = [WHAT, STATE, ANSWER, ATTEMPTS, WHEN]

/** Status or error of the last attempt. */
export function LastAnswer({
  of: { last_status_code, last_error, attempts },
}: {
  of: Pick<DeliveryRow, 'last_status_code' | 'last_error' | 'attempts'>
}): ReactElement {
  if (attempts === 0) return <span className="muted">not yet</span>
  if (last_error === null) return <span>{last_status_code ?? 'done'}</span>
  const statuses = last_status_code === null ? [] : [last_status_code]
  return (
    <div className="cut bad" title={excerpt(causeText(last_error, statuses), 200)}>
      {last_status_code ?? ''} {excerpt(causeWords(last_error), 120)}
    </div>
  )
}
