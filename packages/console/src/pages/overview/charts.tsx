import type { ReactElement } from 'react'
import { Chart } from '../../parts/chart.tsx'
import { countText, plural } from '../../text/number.ts'
import { durationText } from '../../text/time.ts'
import type { Overview } from './overview.ts'

export function Charts({ of: { series } }: { of: Overview }): ReactElement {
  const times = series.map(({ at }) => Date.parse(at))
  const of = (name: 'events' | 'delivered' | 'failed' | 'p50_ms' | 'p99_ms') =>
    series.map((point) => point[name])
  const sum = (name: 'events' | 'delivered' | 'failed') =>
    series.reduce((before, point) => before + point[name], 0)
  const slowest = Math.max(0, ...series.map(({ p99_ms }) => p99_ms ?? 0))
  const most = Math.max(0, ...series.map(({ events }) => events))
  const measured = series.some(({ p99_ms }) => p99_ms !== null)
  return (
    <div className="charts">
      <Chart
        title="Events"
        words={`${plural(sum('events'), 'event')}; at most ${countText(most)} in one step.`}
        times={times}
        lines={[{ name: 'events', tone: 'accent', values: of('events') }]}
        valueText={countText}
      />
      <Chart
        title="Attempts"
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
        words={
          measured ? `99 % came within ${durationText(slowest)} at the slowest.` : 'Nothing was measured.'
        }
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
