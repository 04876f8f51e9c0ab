import { type ReactElement, useState } from 'react'
import { LIVE_MS, troubleOf, useAsk } from '../../data/queries.ts'
import { StateBadge } from '../../parts/badge.tsx'
import { Body } from '../../parts/body.tsx'
import { Code } from '../../parts/code.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Problem } from '../../parts/note.tsx'
import { Facts } from '../../parts/page.tsx'
import { attemptText, causeWords } from '../../text/cause.ts'
import { durationText } from '../../text/time.ts'
import { excerpt, visible } from '../../text/visible.ts'
import { type AttemptRow, headersText, SentRequest } from './sent.tsx'

interface AttemptsProps {
  readonly deliveryId: string
  readonly subscriptionId: string | null
  /** It may get more of them. */
  readonly live: boolean
  /** Show the last one open. */
  readonly open?: boolean
}

/** What was tried, oldest first, each with what the target answered. */
export function Attempts({ deliveryId, subscriptionId, live, open = false }: AttemptsProps): ReactElement {
  const found = useAsk(
    'listAttempts',
    { params: { id: deliveryId }, query: { limit: 250 } },
    { every: live ? LIVE_MS : false },
  )
  const trouble = troubleOf(found)
  if (trouble) return <Problem error={trouble} retry={() => void found.refetch()} />
  const rows = found.data?.data ?? []
  if (rows.length === 0)
    return <p className="muted small">{found.isPending ? 'Loading …' : 'Nothing was attempted yet.'}</p>
  return (
    <div>
      {rows.map((attempt, index) => (
        <AttemptPart
          key={attempt.id}
          {...{ attempt, deliveryId, subscriptionId }}
          open={open && index === rows.length - 1}
        />
      ))}
      {found.data?.next_cursor && <p className="muted small">There are more; these are the first 250.</p>}
    </div>
  )
}

interface AttemptPartProps extends Pick<AttemptsProps, 'deliveryId' | 'subscriptionId'> {
  readonly attempt: AttemptRow
  readonly open: boolean
}

function AttemptPart({ attempt, open, ...delivery }: AttemptPartProps): ReactElement {
  // What was sent is asked for when somebody wants to see it.
  const [seen, setSeen] = useState(open)
  const { number, outcome, status_code, error, duration_ms, started_at } = attempt
  const why = error === null ? '' : attemptText(error, status_code)
  return (
    <details className="attempt" open={open} onToggle={(event) => event.currentTarget.open && setSeen(true)}>
      <summary>
        <strong>Attempt {number}</strong>
        <StateBadge state={outcome} />
        <span className={error ? 'cut bad' : 'cut'}>{wordsOf(attempt)}</span>
        <span className="muted">{durationText(duration_ms)}</span>
        <span className="muted push">
          <Instant at={started_at} />
        </span>
      </summary>
      <div className="attempt-body">
        <Facts
          of={[
            ['Started', <Instant key="at" at={started_at} full />],
            ['Answer', status_code !== null && !why.includes(`${status_code}`) && `status ${status_code}`],
            ['Error', error && <span className="bad">{visible(why)}</span>],
          ]}
        />
        {seen && <SentRequest {...delivery} attempt={attempt} />}
        {attempt.response && <Code label="Answer headers" text={headersText(attempt.response)} />}
        <Answer of={attempt} />
      </div>
    </details>
  )
}

/** The same words as in a list. */
function wordsOf({ status_code, error }: AttemptRow): string {
  const words = error === null ? '' : excerpt(causeWords(error.code), 40)
  return status_code === null ? words || 'done' : `${status_code} ${words}`.trim()
}

function Answer({ of }: { of: AttemptRow }): ReactElement | null {
  const { status_code, response_base64, response_body, response_truncated } = of
  if (response_base64 !== null || response_body !== '')
    return (
      <Body
        label={response_truncated ? 'Answer, the first 16 KiB' : 'Answer'}
        text={response_body}
        base64={response_base64}
      />
    )
  if (status_code === null) return null
  return <p className="muted small">The answer has no body.</p>
}
