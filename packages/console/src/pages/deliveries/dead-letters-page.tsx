import { Link } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { type Rows, useRows } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { Note } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page.tsx'
import { countText, plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'
import { DELIVERY_COLUMNS, type DeliveryRow } from './columns.tsx'
import { useRetryMany } from './retry-many.ts'

export function DeadLettersPage(): ReactElement {
  const rows = useRows('listDeliveries', { query: { state: 'dead' } })
  const mayWrite = useMayWrite()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const { progress, run } = useRetryMany(() => setChosen(new Set()))
  const there = useMemo(() => rows.rows.filter(({ id }) => chosen.has(id)), [rows.rows, chosen])
  const toggle = (ids: readonly string[], on: boolean) =>
    setChosen((old) => new Set(on ? [...old, ...ids] : [...old].filter((id) => !ids.includes(id))))
  return (
    <>
      <PageHead
        title="Dead letters"
        sub="Deliveries that used up their attempts. Mend the target, then retry them."
        actions={
          mayWrite &&
          there.length > 0 && (
            <Button
              look="primary"
              icon="replay"
              busy={progress !== null && !progress.done}
              onClick={() => void run(there.map(({ id }) => id))}
            >
              Retry {plural(there.length, 'delivery', 'deliveries')}
            </Button>
          )
        }
      />
      <div className="stack">
        {progress && (
          <Note tone={progress.failures.length > 0 ? 'warn' : 'good'}>
            <strong>
              {countText(progress.retried)} of {countText(progress.of)} are attempted again
              {progress.failures.length > 0 && `, ${countText(progress.failures.length)} could not be`}.
            </strong>
            {progress.failures.slice(0, 20).map(({ id, detail }) => (
              <span key={id}>
                <Link to="/deliveries/$id" params={{ id }} className="mono">
                  {id}
                </Link>{' '}
                {excerpt(detail, 200)}
              </span>
            ))}
          </Note>
        )}
        {mayWrite && <Causes rows={rows} chosen={chosen} toggle={toggle} />}
        <List
          label="Dead letters"
          rows={rows}
          columns={mayWrite ? [choice(chosen, toggle), ...DELIVERY_COLUMNS] : DELIVERY_COLUMNS}
          rowKey={({ id }) => id}
          empty={
            <Empty title="No dead letters">
              Every delivery has arrived, waits for its next attempt, or was cancelled. Nothing to do here.
            </Empty>
          }
        />
      </div>
    </>
  )
}

type Toggle = (ids: readonly string[], on: boolean) => void

function choice(chosen: ReadonlySet<string>, toggle: Toggle): Column<DeliveryRow> {
  return {
    head: 'Choose',
    headUnseen: true,
    width: '20px',
    cell: ({ id, event_type }) => (
      <input
        type="checkbox"
        className="above"
        aria-label={`Choose the delivery of ${event_type}`}
        checked={chosen.has(id)}
        onChange={(event) => toggle([id], event.target.checked)}
      />
    ),
  }
}

interface CausesProps {
  readonly rows: Rows<DeliveryRow>
  readonly chosen: ReadonlySet<string>
  readonly toggle: Toggle
}

/** Why the rows that are on the page died, to choose them together. */
function Causes({ rows, chosen, toggle }: CausesProps): ReactElement | null {
  const groups = useMemo(() => {
    const causes = rows.rows.map((row) => causeOf(row))
    return [...new Set(causes)].map((cause) => ({
      cause,
      ids: rows.rows.filter((row) => causeOf(row) === cause).map(({ id }) => id),
    }))
  }, [rows.rows])
  if (rows.rows.length < 2) return null
  return (
    <fieldset className="card stack">
      <legend className="small muted">Choose by cause{rows.hasMore && ', of those loaded so far'}</legend>
      {groups.slice(0, 10).map(({ cause, ids }) => (
        <label className="check" key={cause}>
          <input
            type="checkbox"
            checked={ids.every((id) => chosen.has(id))}
            onChange={(event) => toggle(ids, event.target.checked)}
          />
          <span>
            {excerpt(cause, 160)} <span className="muted">({countText(ids.length)})</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function causeOf({ last_status_code, last_error }: DeliveryRow): string {
  return last_status_code === null ? (last_error ?? 'no answer') : `answered ${last_status_code}`
}
