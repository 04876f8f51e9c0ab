import { type ReactElement, useState } from 'react'
import { useNow } from '../browser/clock.ts'
import { exactText, lastingText, localText, relativeText } from '../text/time.ts'
import { CopyButton } from './copy-button.tsx'

interface InstantProps {
  /** As the API writes it. */
  readonly at: string
  /** The reader's time and a button that copies the exact instant, in place of how long ago. */
  readonly full?: boolean
  /** A button between how long ago and the exact time: where nothing that one can open tells it. */
  readonly turns?: boolean
}

interface ShownProps {
  readonly at: string
  readonly text: (at: number, now: number) => string
}

/** The exact instant is in the tooltip. */
function Shown({ at, text }: ShownProps): ReactElement {
  const now = useNow()
  const ms = Date.parse(at)
  return (
    <time dateTime={at} title={exactText(ms)}>
      {text(ms, now)}
    </time>
  )
}

/** A press shows the exact time, another how long ago: for where no page or opened row tells it. */
function Turning({ at, text }: ShownProps): ReactElement {
  const now = useNow()
  const [exact, setExact] = useState(false)
  const ms = Date.parse(at)
  return (
    <button
      type="button"
      className="instant above"
      title={exactText(ms)}
      aria-pressed={exact}
      onClick={() => setExact(!exact)}
    >
      <time dateTime={at}>{exact ? localText(ms, now) : text(ms, now)}</time>
    </button>
  )
}

/** How long something has lasted, `2 h`. */
export function Lasting({ since, turns = false }: { since: string; turns?: boolean }): ReactElement {
  const Look = turns ? Turning : Shown
  return <Look at={since} text={lastingText} />
}

export function Instant({ at, full = false, turns = false }: InstantProps): ReactElement {
  if (turns) return <Turning at={at} text={relativeText} />
  if (!full) return <Shown at={at} text={relativeText} />
  return (
    <span className="line">
      <Shown at={at} text={localText} />{' '}
      <span className="muted">
        <Shown at={at} text={relativeText} />
      </span>
      <CopyButton text={at} label="Copy the exact instant" bare />
    </span>
  )
}
