import { type ReactElement, useState } from 'react'
import { after } from '../browser/clock.ts'
import { copyText } from '../browser/copy.ts'
import { Button, type ButtonProps } from './button.tsx'

const SHOWN_MS = 2000

interface CopyButtonProps {
  /** What is copied, or how it is made at the press. */
  readonly text: string | (() => string)
  readonly label?: string
  readonly size?: ButtonProps['size']
}

export function CopyButton({ text, label = 'Copy', size = 'small' }: CopyButtonProps): ReactElement {
  const [told, setTold] = useState<string | null>(null)
  const press = async () => {
    const copied = await copyText(typeof text === 'string' ? text : text())
    setTold(copied ? 'Copied' : 'Not copied: mark it by hand')
    after(SHOWN_MS, () => setTold(null))
  }
  return (
    <Button icon="copy" size={size} look={size === 'small' ? 'quiet' : 'plain'} onClick={press}>
      <span aria-live="polite">{told ?? label}</span>
    </Button>
  )
}
