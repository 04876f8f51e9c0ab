import type { ReactElement } from 'react'
import { useAsk } from '../../data/queries.ts'
import { plural } from '../../text/number.ts'

/** The server itself looks this often. */
const LOOK_MS = 15_000
const COUNTED = 99

/** How many alerts are open, where the page of them is named. */
export function OpenAlerts(): ReactElement | null {
  const query = { state: 'open', limit: COUNTED } as const
  const { data } = useAsk('listAlerts', { query }, { every: LOOK_MS })
  const count = data?.data.length ?? 0
  if (count === 0) return null
  const more = data?.next_cursor ? '+' : ''
  return (
    <span className="nav-count">
      {count}
      {more}
      <span className="out-of-sight"> open: {plural(count, 'alert')}</span>
    </span>
  )
}
