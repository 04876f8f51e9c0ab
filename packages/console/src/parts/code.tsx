import { type ReactElement, type ReactNode, useMemo, useState } from 'react'
import { bytesText } from '../text/number.ts'
import { visible } from '../text/visible.ts'
import { Button } from './button.tsx'
import { CopyButton } from './copy-button.tsx'

/** More than this at once makes a browser slow to lay out, and nobody reads it. */
const SHOWN_CHARS = 20_000

interface CodeProps {
  readonly label: ReactNode
  /** As it is copied. */
  readonly text: string
  readonly end?: ReactNode
}

/** Text of a stranger or a command, in full when asked for. */
export function Code({ label, text, end }: CodeProps): ReactElement {
  const [all, setAll] = useState(false)
  const cut = !all && text.length > SHOWN_CHARS
  const shown = useMemo(() => visible(cut ? text.slice(0, SHOWN_CHARS) : text), [text, cut])
  return (
    <figure className="code">
      <figcaption className="code-head">
        <span>{label}</span>
        {end}
        <CopyButton text={text} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <pre tabIndex={0}>{shown}</pre>
      {cut && (
        <div className="list-end">
          The first {bytesText(SHOWN_CHARS)} of {bytesText(text.length)}.{' '}
          <Button size="small" onClick={() => setAll(true)}>
            Show all
          </Button>
        </div>
      )}
    </figure>
  )
}
