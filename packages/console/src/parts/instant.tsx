import type { ReactElement } from 'react'
import { useNow } from '../browser/clock.ts'
import { exactText, lastingText, localText, relativeText } from '../text/time.ts'
import { CopyButton } from './copy-button.tsx'

interface InstantProps {
  /** As the API writes it. */
  readonly at: string
  /** The reader's time and a button that copies the exact instant, in place of how long ago. */
  readonly full?: boolean
}

/** How long something has lasted, `2 h`; since when exactly is in the tooltip. */
export function Lasting({ since }: { readonly since: string }): ReactElement {
  const now = useNow()
  const ms = Date.parse(since)
  return (
    <time dateTime={since} title={exactText(ms)}>
      {lastingText(ms, now)}
    </time>
  )
}

/** The exact instant is in the tooltip. */
export function Instant({ at, full = false }: InstantProps): ReactElement {
  const now = useNow()
  const ms = Date.parse(at)
  const time = (
    <time dateTime={at} title={exactText(ms)}>
      {full ? localText(ms, now) : relativeText(ms, now)}
    </time>
  )
  if (!full) return time
  return (
    <span className="line">
      {time} <span className="muted">{relativeText(ms, now)}</span>
      <CopyButton text={at} label="Copy the exact instant" bare />
    </span>
  )
}
