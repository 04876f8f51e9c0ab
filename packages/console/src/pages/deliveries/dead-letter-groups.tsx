import { Link } from '@tanstack/react-router'
import type { Body, Result } from 'posthorn/client'
import type { ReactElement } from 'react'
import { LIVE_MS, troubleOf, useAsk } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Problem } from '../../parts/note.tsx'
import { Section } from '../../parts/page.tsx'
import { causeText } from '../../text/cause.ts'
import { plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'
import { Target } from './target.tsx'

type Group = Result<'listDeadLetters'>['data'][number]
export type StartBulk = (order: Body<'startBulk'>) => void

interface GroupsProps {
  readonly start: StartBulk
  readonly busy: boolean
}

/** All dead letters by target and cause, as the server counts them. */
export function DeadLetterGroups({ start, busy }: GroupsProps): ReactElement | null {
  const found = useAsk('listDeadLetters', {}, { every: LIVE_MS })
  const trouble = troubleOf(found)
  if (trouble) return <Problem error={trouble} retry={() => void found.refetch()} />
  const groups = found.data?.data ?? []
  if (groups.length === 0) return null
  return (
    <Section title="By cause">
      <ul className="failing" aria-label="Dead letters by cause">
        {groups.map((group) => (
          <GroupItem
            key={`${group.subscription_id} ${group.handler} ${group.cause}`}
            {...{ group, start, busy }}
          />
        ))}
      </ul>
      {found.data?.complete === false && (
        <p className="small muted">Only the newest 10 000 dead letters were looked at.</p>
      )}
    </Section>
  )
}

function GroupItem({ group, start, busy }: GroupsProps & { group: Group }): ReactElement {
  const { cause, subscription_id, handler, count, oldest_at, newest_at, sample_delivery_id: id } = group
  const statuses = group.status_codes.map(({ status_code }) => status_code)
  const mayWrite = useMayWrite()
  // A handler is a target as well, by this name.
  const filter = { subscription_id: subscription_id ?? `hdl_${handler}`, cause }
  return (
    <li>
      <div className="line">
        <strong className="foreign">{excerpt(causeText(cause, statuses), 200)}</strong>
        {mayWrite && (
          <span className="line push">
            <Button size="small" icon="replay" busy={busy} onClick={() => start({ action: 'retry', filter })}>
              {`Retry ${count}`}
            </Button>
            <ConfirmButton
              size="small"
              label={`Drop ${count}`}
              title={`Drop ${plural(count, 'dead letter')}`}
              act="Drop"
              onAct={() => start({ action: 'drop', filter })}
            >
              They are not delivered any more. Their events stay, and can be replayed.
            </ConfirmButton>
          </span>
        )}
      </div>
      <span className="small muted">
        {plural(count, 'dead letter')} to <Target of={group} />, the oldest <Instant at={oldest_at} turns />,
        the newest <Instant at={newest_at} turns />:{' '}
        <Link to="/deliveries/$id" params={{ id }}>
          one of them
        </Link>
      </span>
    </li>
  )
}
