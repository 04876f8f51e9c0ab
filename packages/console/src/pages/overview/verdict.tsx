import type { ReactElement } from 'react'
import { plural } from '../../text/number.ts'
import { failsNow, type Overview } from './overview.ts'

/** How it stands, in one sentence. */
export function Verdict({ of }: { of: Overview }): ReactElement {
  const { failing, dead, waiting, store, queue } = of
  if (!store.ready || !queue.ready)
    return <strong className="bad">{`The ${store.ready ? 'queue' : 'store'} cannot be reached.`}</strong>
  const now = failing.filter(failsNow).length
  const fails = now === 1 ? '1 target fails' : `${plural(now, 'target')} fail`
  const over = plural(failing.length - now, 'target')
  const rest = [
    ...(dead > 0 ? [`${plural(dead, 'dead letter')} to look at`] : []),
    ...(waiting > 0 ? [`${plural(waiting, 'delivery waits', 'deliveries wait')}`] : []),
  ]
  if (now > 0) return <strong className="bad">{`${[fails, ...rest].join(', ')}.`}</strong>
  if (failing.length > 0)
    return <strong className="warn">{`${[`No target fails now, ${over} did`, ...rest].join(', ')}.`}</strong>
  const tried = of.series.some(({ delivered }) => delivered > 0)
  const well = tried ? 'Nothing fails: every target that was tried has answered well' : 'Nothing fails'
  return <span className={dead > 0 ? undefined : 'good'}>{`${[well, ...rest].join(', ')}.`}</span>
}
