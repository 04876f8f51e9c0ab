import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { OVERVIEW_WINDOW_S } from '../../data/feed.ts'
import { LIVE_MS, troubleOf, useAsk } from '../../data/queries.ts'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Problem } from '../../parts/note.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { type Stat, Stats } from '../../parts/stats.tsx'
import { countText, plural, shareText } from '../../text/number.ts'
import { spanText } from '../../text/time.ts'
import { Charts } from './charts.tsx'
import { EventTypes } from './event-types.tsx'
import { Failing } from './failing.tsx'
import { FirstSteps } from './first-steps.tsx'
import { failsNow, type Overview } from './overview.ts'
import { Processes } from './processes.tsx'
import { Verdict } from './verdict.tsx'

const route = getRouteApi('/')

const WINDOWS = [
  ['1h', OVERVIEW_WINDOW_S, '1 hour'],
  ['6h', 21_600, '6 hours'],
  ['24h', 86_400, '24 hours'],
] as const

/** So far the server counts what waits and what is dead. */
const COUNTED_MAX = 10_000
/** A due delivery that waits longer than this says that something is in its way. */
const LATE_S = 60

export function OverviewPage(): ReactElement {
  const { span } = route.useSearch()
  const [name, window_s] = WINDOWS.find(([one]) => one === span) ?? WINDOWS[0]
  const found = useAsk('getOverview', { query: { window_s } }, { every: LIVE_MS })
  const overview = found.data
  const trouble = troubleOf(found)
  return (
    <>
      <PageHead
        title="Overview"
        sub={overview === undefined ? 'Loading …' : <Verdict of={overview} />}
        actions={<Windows chosen={name} />}
      />
      {trouble && <Problem error={trouble} retry={() => void found.refetch()} />}
      {overview && <Found overview={overview} />}
    </>
  )
}

function Windows({ chosen }: { chosen: string }): ReactElement {
  const navigate = useNavigate()
  return (
    <fieldset className="line bare">
      <legend className="out-of-sight">Numbers of the last …</legend>
      {WINDOWS.map(([name, , label]) => (
        <Button
          key={name}
          size="small"
          look="quiet"
          aria-pressed={name === chosen}
          onClick={() => void navigate({ to: '/', search: { span: name }, replace: true })}
        >
          {label}
        </Button>
      ))}
    </fieldset>
  )
}

/** Processes, store and queue, on one line. */
function Health({ of: { processes, store, queue } }: { of: Overview }): ReactElement {
  const part = (name: string, { kind, ready }: Overview['store']) => (
    <Badge tone={ready ? 'good' : 'bad'}>{`${name}: ${kind}${ready ? '' : ', not ready'}`}</Badge>
  )
  return (
    <span className="line">
      {part('store', store)}
      {part('queue', queue)}
      {processes.length > 0 && <Badge tone="good">{plural(processes.length, 'process', 'processes')}</Badge>}
    </span>
  )
}

function Found({ overview }: { overview: Overview }): ReactElement {
  const { failing, event_types, processes } = overview
  return (
    <>
      {failing.length > 0 && (
        <Section title={failing.some(failsNow) ? 'What fails now' : 'What failed'}>
          <Failing of={failing} />
        </Section>
      )}
      <FirstSteps of={overview} />
      <Section title="In numbers" end={<Health of={overview} />}>
        <div className="stack">
          <Stats of={numbersOf(overview)} />
          <Charts of={overview} />
        </div>
      </Section>
      <div className="split section">
        <EventTypes of={event_types} />
        {processes.length > 0 && <Processes of={processes} />}
      </div>
    </>
  )
}

function numbersOf({ series, success_rate, waiting, retrying, dead, oldest_due_s }: Overview): Stat[] {
  const sum = (name: 'events' | 'delivered' | 'failed') =>
    series.reduce((before, point) => before + point[name], 0)
  const [delivered, failed] = [sum('delivered'), sum('failed')]
  const late = oldest_due_s !== null && oldest_due_s > LATE_S
  return [
    {
      name: 'Success',
      value: shareText(delivered, delivered + failed),
      tone: success_rate === null || failed === 0 ? undefined : success_rate < 0.5 ? 'bad' : 'warn',
    },
    { name: 'Events', value: countText(sum('events')) },
    { name: 'Attempts', value: countText(delivered + failed) },
    { name: 'Failed', value: countText(failed), tone: failed > 0 ? 'bad' : undefined },
    { name: 'Waiting', value: <Narrowed count={waiting} state="pending" />, tone: late ? 'warn' : undefined },
    { name: 'Retrying', value: countedText(retrying), tone: retrying > 0 ? 'warn' : undefined },
    {
      name: 'Oldest due',
      value: oldest_due_s === null || oldest_due_s === 0 ? 'none' : spanText(oldest_due_s * 1000),
      tone: late ? 'bad' : undefined,
    },
    {
      name: 'Dead letters',
      value: dead === 0 ? '0' : <Link to="/dead-letters">{countedText(dead)}</Link>,
      tone: dead > 0 ? 'bad' : undefined,
    },
  ]
}

function Narrowed({ count, state }: { count: number; state: string }): ReactElement {
  if (count === 0) return <>0</>
  return (
    <Link to="/deliveries" search={{ state }}>
      {countedText(count)}
    </Link>
  )
}

function countedText(count: number): string {
  return count >= COUNTED_MAX ? `${countText(COUNTED_MAX)}+` : countText(count)
}
