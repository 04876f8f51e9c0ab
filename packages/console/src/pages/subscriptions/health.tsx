import type { Row } from 'posthorn/client'
import type { ReactElement } from 'react'
import { useAsk } from '../../data/queries.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Lasting } from '../../parts/instant.tsx'
import { countText, plural, shareText } from '../../text/number.ts'

export type SubscriptionRow = Row<'listSubscriptions'>

const HEALTH_MS = 30_000

const REASONS: Readonly<Record<string, readonly [Tone, string]>> = {
  user: ['idle', 'paused'],
  gone: ['bad', 'disabled: gone'],
  failing: ['bad', 'disabled: failing'],
}

export function SubscriptionState({
  of: { active, disabled_reason, failing_since },
}: {
  of: Pick<SubscriptionRow, 'active' | 'disabled_reason' | 'failing_since'>
}): ReactElement {
  if (!active) {
    const [tone, word] = REASONS[disabled_reason ?? 'user'] ?? ['idle', 'paused']
    return <Badge tone={tone}>{word}</Badge>
  }
  return failing_since === null ? <Badge tone="good">active</Badge> : <Badge tone="bad">failing</Badge>
}

/** Of the last day: how many attempts succeeded, what waits, what died. */
export function Health({ of: { id, failing_since } }: { of: SubscriptionRow }): ReactElement {
  const { data } = useAsk('getSubscriptionStats', { params: { id } }, { every: HEALTH_MS })
  if (data === undefined) return <span className="muted">…</span>
  const { attempts, succeeded, failed, pending, dead } = data
  const rest = [
    ...(pending > 0 ? [`${countText(pending)} waiting`] : []),
    ...(dead > 0 ? [`${countText(dead)} dead`] : []),
  ]
  return (
    <div className="cell-two">
      <span className={failed > 0 ? 'bad' : ''}>
        {attempts === 0
          ? 'no attempts'
          : `${shareText(succeeded, attempts)} of ${plural(attempts, 'attempt')}`}
      </span>
      <span>
        {failing_since !== null && (
          <>
            failing for <Lasting since={failing_since} />
            {rest.length > 0 && ', '}
          </>
        )}
        {rest.join(', ')}
      </span>
    </div>
  )
}
