import { type ReactElement, useState } from 'react'
import { LIVE_MS, useAsk } from '../../data/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Instant } from '../../parts/instant.tsx'
import { Stats } from '../../parts/stats.tsx'
import { countText, shareText } from '../../text/number.ts'
import { durationText } from '../../text/time.ts'

const WINDOWS = [
  [3600, '1 hour'],
  [86_400, '24 hours'],
  [604_800, '7 days'],
  [2_592_000, '30 days'],
] as const

export function SubscriptionStats({ id }: { id: string }): ReactElement | null {
  const [window_s, setWindow] = useState<number>(86_400)
  const { data } = useAsk('getSubscriptionStats', { params: { id }, query: { window_s } }, { every: LIVE_MS })
  const ms = (value: number | null | undefined) => (value == null ? '–' : durationText(value))
  const count = (value: number | undefined) => (value === undefined ? '–' : countText(value))
  return (
    <div className="stack">
      <fieldset className="line bare">
        <legend className="out-of-sight">Attempts of the last …</legend>
        {WINDOWS.map(([seconds, label]) => (
          <Button
            key={seconds}
            size="small"
            look="quiet"
            aria-pressed={seconds === window_s}
            onClick={() => setWindow(seconds)}
          >
            {label}
          </Button>
        ))}
      </fieldset>
      <Stats
        of={[
          {
            name: 'Success',
            value: data === undefined ? '–' : shareText(data.succeeded, data.attempts),
            tone: data === undefined || data.failed === 0 ? undefined : data.succeeded === 0 ? 'bad' : 'warn',
          },
          { name: 'Attempts', value: count(data?.attempts) },
          { name: 'Failed', value: count(data?.failed), tone: (data?.failed ?? 0) > 0 ? 'bad' : undefined },
          { name: 'p50', value: ms(data?.p50_ms) },
          { name: 'p99', value: ms(data?.p99_ms) },
          { name: 'Waiting now', value: count(data?.pending) },
          { name: 'Dead', value: count(data?.dead), tone: (data?.dead ?? 0) > 0 ? 'bad' : undefined },
          {
            name: 'Oldest due',
            value: data?.oldest_due_at ? <Instant at={data.oldest_due_at} turns /> : '–',
          },
        ]}
      />
    </div>
  )
}
