import type { ReactElement } from 'react'
import { Chart } from '../../parts/chart.tsx'
import { countText, plural } from '../../text/number.ts'
import { durationText, spanText } from '../../text/time.ts'
import type { Overview } from './overview.ts'

export function Charts({ of: { series, step_s } }: { of: Overview }): ReactElement {
  const times = series.map(({ at }) => Date.parse(at))
  const of = (name: 'events' | 'delivered' | 'failed' | 'p50_ms' | 'p99_ms') =>
    series.map((point) => point[name])
  const sum = (name: 'events' | 'delivered' | 'failed') =>
    series.reduce((before, point) => before + point[name], 0)
  const slowest = Math.max(0, ...series.map(({ p99_ms }) => p99_ms ?? 0))
  const most = Math.max(0, ...series.map(({ events }) => events))
  const each = `each ${step_s === 60 ? 'minute' : spanText(step_s * 1000)}`
  const attempts = sum('delivered') + sum('failed')
  const measured = series.some(({ p99_ms }) => p99_ms !== null)
  return (
    <div className="charts">
      <Chart
        title="Events"
        unit={each}
        words={`${plural(sum('events'), 'event')}; at most ${countText(most)} ${each}.`}
        nothing={sum('events') === 0 ? 'No events in this time' : null}
        times={times}
        lines={[{ name: 'events', tone: 'accent', values: of('events') }]}
        valueText={countText}
      />
      <Chart
        title="Attempts"
        unit={each}
        nothing={attempts === 0 ? 'No attempts in this time' : null}
        words={`${countText(sum('delivered'))} succeeded, ${countText(sum('failed'))} failed.`}
        times={times}
        lines={[
          { name: 'succeeded', tone: 'good', values: of('delivered') },
          { name: 'failed', tone: 'bad', values: of('failed') },
        ]}
        valueText={countText}
      />
      <Chart
        title="Time to answer"
        unit=""
        words={measured ? `99 % within ${durationText(slowest)} at the slowest.` : 'Nothing was measured.'}
        nothing={measured ? null : 'No answers in this time'}
        times={times}
        lines={[
          { name: 'p50', tone: 'accent', values: of('p50_ms') },
          { name: 'p99', tone: 'warn', values: of('p99_ms') },
        ]}
        valueText={durationText}
      />
    </div>
  )
}
