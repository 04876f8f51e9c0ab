import { type ReactElement, type ReactNode, useState } from 'react'
import { Button, type ButtonProps } from './button.tsx'
import { Confirm } from './dialog.tsx'

interface ConfirmButtonProps extends Pick<ButtonProps, 'look' | 'size' | 'icon'> {
  readonly label: string
  readonly title: string
  readonly act: string
  readonly onAct: () => void
  readonly children: ReactNode
}

/** A button that asks before it acts. */
export function ConfirmButton({
  label,
  title,
  act,
  onAct,
  children,
  ...look
}: ConfirmButtonProps): ReactElement {
  const [open, setOpen] = useState(false)
  const confirmed = () => {
    setOpen(false)
    onAct()
  }
  return (
    <>
      <Button {...look} onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Confirm title={title} open={open} onClose={() => setOpen(false)} act={act} onAct={confirmed}>
        {children}
      </Confirm>
    </>
  )
}
