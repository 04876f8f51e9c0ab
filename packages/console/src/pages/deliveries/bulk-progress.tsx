import { Link } from '@tanstack/react-router'
import type { Row } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { useChange, useRows } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Badge, StateBadge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Instant } from '../../parts/instant.tsx'
import { type Column, List } from '../../parts/list.tsx'
import { Progress } from '../../parts/progress.tsx'
import { tellProblem } from '../../parts/toasts.tsx'
import { causeText } from '../../text/cause.ts'
import { countText, plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'

export type BulkRow = Row<'listBulks'>
type ItemRow = Row<'listBulkItems'>

const RESULTS = {
  changed: ['good', 'done'],
  not_found: ['idle', 'no longer there'],
  state_conflict: ['warn', 'no longer a dead letter'],
} as const

const ITEM_COLUMNS: readonly Column<ItemRow>[] = [
  {
    head: 'Delivery',
    width: 'minmax(160px, 2fr)',
    cell: ({ delivery_id: id }) => (
      <Link to="/deliveries/$id" params={{ id }} className="row-link mono">
        {id}
      </Link>
    ),
  },
  {
    head: 'Result',
    width: 'minmax(120px, 1fr)',
    cell: ({ result }) => {
      const [tone, words] = RESULTS[result]
      return <Badge tone={tone}>{words}</Badge>
    },
  },
]

interface BulkProgressProps {
  readonly bulk: BulkRow
  /** Show what came of each. */
  readonly open: boolean
}

/** One order to retry or drop many. It runs on the server: a reload loses nothing of it. */
export function BulkProgress({ bulk, open }: BulkProgressProps): ReactElement {
  const { id, action, state, matched, done, changed, filter, created_at } = bulk
  const [seen, setSeen] = useState(open)
  const mayWrite = useMayWrite()
  const cancel = useChange('cancelBulk')
  const verb = action === 'retry' ? 'attempted again' : 'dropped'
  return (
    <section className="card stack" aria-label={action === 'retry' ? 'Retry of many' : 'Drop of many'}>
      <div className="line">
        <strong>{action === 'retry' ? 'Retry' : 'Drop'}</strong>
        <StateBadge state={state} />
        <span className="muted">
          of {plural(matched, 'dead letter')}, begun <Instant at={created_at} turns />
        </span>
        {state === 'running' && mayWrite && (
          <span className="push">
            <Button
              size="small"
              busy={cancel.isPending}
              onClick={() => cancel.mutate({ params: { id } }, { onError: tellProblem })}
            >
              Cancel
            </Button>
          </span>
        )}
      </div>
      {filter?.cause && <span className="small muted foreign">{excerpt(causeText(filter.cause), 200)}</span>}
      <Progress label={`${action} of dead letters`} of={matched} done={state === 'done' ? matched : done} />
      <span className="small" role="status">
        {countText(changed)} of {countText(matched)} {verb}
        {done > changed && `, ${countText(done - changed)} could not be`}.
      </span>
      <details open={open} onToggle={(event) => event.currentTarget.open && setSeen(true)}>
        <summary className="small muted">Result of each</summary>
        {seen && <Items id={id} running={state === 'running'} />}
      </details>
    </section>
  )
}

function Items({ id, running }: { id: string; running: boolean }): ReactElement {
  const rows = useRows('listBulkItems', { params: { id } }, { every: running ? 1000 : false })
  return (
    <List
      label="Results"
      rows={rows}
      columns={ITEM_COLUMNS}
      rowKey={({ delivery_id }) => delivery_id}
      empty={<Empty title="Nothing yet">No delivery has had its turn so far.</Empty>}
    />
  )
}
