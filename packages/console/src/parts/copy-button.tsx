import { type ReactElement, useState } from 'react'
import { after } from '../browser/clock.ts'
import { copyText } from '../browser/copy.ts'
import { Button, type ButtonProps } from './button.tsx'

const SHOWN_MS = 2000

interface CopyButtonProps {
  /** What is copied, or how it is made at the press. */
  readonly text: string | (() => string)
  readonly label?: string
  /** The icon alone; the label is for those who do not see it. */
  readonly bare?: boolean
  readonly size?: ButtonProps['size']
}

export function CopyButton({
  text,
  label = 'Copy',
  bare = false,
  size = 'small',
}: CopyButtonProps): ReactElement {
  const [told, setTold] = useState<string | null>(null)
  const press = async () => {
    const copied = await copyText(typeof text === 'string' ? text : text())
    setTold(copied ? 'Copied' : 'Not copied: mark it by hand')
    after(SHOWN_MS, () => setTold(null))
  }
  return (
    <Button icon="copy" title={label} size={size} look={size === 'small' ? 'quiet' : 'plain'} onClick={press}>
      <span aria-live="polite" className={bare && told === null ? 'out-of-sight' : undefined}>
        {told ?? label}
      </span>
    </Button>
  )
}
