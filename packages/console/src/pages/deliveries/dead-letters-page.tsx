import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { type ReactElement, useMemo, useState } from 'react'
import { useChange, useRows } from '../../data/queries.ts'
import { useMayWrite, useSession } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { tellProblem } from '../../parts/toasts.tsx'
import { apiCurl } from '../../text/curl.ts'
import { plural } from '../../text/number.ts'
import { Bulks } from './bulks.tsx'
import { DEAD_COLUMNS, type DeliveryRow } from './columns.tsx'
import { DeadLetterGroups, type StartBulk } from './dead-letter-groups.tsx'

/** As many as the server takes by id at once. */
const CHOSEN_MAX = 1000

export function DeadLettersPage(): ReactElement {
  const { bulk } = useSearch({ from: '/dead-letters' })
  const navigate = useNavigate()
  const rows = useRows('listDeliveries', { query: { state: 'dead' } })
  const mayWrite = useMayWrite()
  const { tenant } = useSession()
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const there = useMemo(() => rows.rows.filter(({ id }) => chosen.has(id)), [rows.rows, chosen])
  const begin = useChange('startBulk', ({ bulk_id }) => {
    setChosen(new Set())
    // In the address, so that a reload, or whoever gets the link, sees how far it is.
    void navigate({ to: '/dead-letters', search: { bulk: bulk_id }, replace: true })
  })
  const start: StartBulk = (body) => begin.mutate({ body }, { onError: tellProblem })
  const toggle = (id: string, on: boolean) =>
    setChosen((old) => new Set(on ? [...old, id] : [...old].filter((one) => one !== id)))
  return (
    <>
      <PageHead
        title="Dead letters"
        sub="Deliveries that are not tried any more. Mend the target, then retry them."
        actions={
          mayWrite && there.length > 0 && <ForChosen of={there} start={start} busy={begin.isPending} />
        }
      />
      <div className="stack">
        <Bulks chosen={bulk} />
        <DeadLetterGroups start={start} busy={begin.isPending} />
        <Section title="One by one">
          <List
            label="Dead letters"
            rows={rows}
            columns={mayWrite ? [choice(chosen, toggle), ...DEAD_COLUMNS] : DEAD_COLUMNS}
            rowKey={({ id }) => id}
            empty={
              <Empty
                title="No dead letters"
                action={
                  <Link to="/deliveries" className="button">
                    See all deliveries
                  </Link>
                }
                curl={apiCurl('GET', '/dead-letters', { origin: location.origin, tenant })}
              >
                Every delivery has arrived, waits for its next attempt, or was cancelled. Nothing to do here.
              </Empty>
            }
          />
        </Section>
      </div>
    </>
  )
}

interface ForChosenProps {
  readonly of: readonly DeliveryRow[]
  readonly start: StartBulk
  readonly busy: boolean
}

function ForChosen({ of, start, busy }: ForChosenProps): ReactElement {
  const ids = of.slice(0, CHOSEN_MAX).map(({ id }) => id)
  return (
    <>
      <Button look="primary" icon="replay" busy={busy} onClick={() => start({ action: 'retry', ids })}>
        Retry {plural(ids.length, 'chosen one')}
      </Button>
      <ConfirmButton
        label={`Drop ${plural(ids.length, 'chosen one')}`}
        title={`Drop ${plural(ids.length, 'dead letter')}`}
        act="Drop"
        onAct={() => start({ action: 'drop', ids })}
      >
        They are not delivered any more. Their events stay, and can be replayed.
      </ConfirmButton>
    </>
  )
}

function choice(chosen: ReadonlySet<string>, toggle: (id: string, on: boolean) => void): Column<DeliveryRow> {
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
        onChange={(event) => toggle(id, event.target.checked)}
      />
    ),
  }
}
