import { Dialog as Base } from '@base-ui/react/dialog'
import type { ReactElement, ReactNode } from 'react'
import { Button } from './button.tsx'

interface DialogProps {
  readonly title: string
  readonly open: boolean
  readonly onClose: () => void
  readonly children: ReactNode
  /** It closes by its buttons only: what it shows is shown once. */
  readonly firm?: boolean
}

export function Dialog({ title, open, onClose, children, firm = false }: DialogProps): ReactElement {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()} disablePointerDismissal={firm}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog">
          <Base.Title>{title}</Base.Title>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

export function DialogEnd({ children }: { children: ReactNode }): ReactElement {
  return <div className="dialog-end">{children}</div>
}

interface ConfirmProps {
  readonly title: string
  readonly open: boolean
  readonly onClose: () => void
  readonly children: ReactNode
  /** What the button says. */
  readonly act: string
  readonly onAct: () => void
  readonly busy?: boolean
}

/** Asks before what cannot be taken back. */
export function Confirm({ act, onAct, busy, children, ...dialog }: ConfirmProps): ReactElement {
  return (
    <Dialog {...dialog}>
      <div className="stack">{children}</div>
      <DialogEnd>
        <Button onClick={dialog.onClose}>Keep it</Button>
        <Button look="danger" onClick={onAct} busy={busy ?? false}>
          {act}
        </Button>
      </DialogEnd>
    </Dialog>
  )
}
