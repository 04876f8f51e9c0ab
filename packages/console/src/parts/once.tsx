import type { ReactElement, ReactNode } from 'react'
import { Button } from './button.tsx'
import { CopyButton } from './copy-button.tsx'
import { Dialog, DialogEnd } from './dialog.tsx'

interface ShownOnceProps {
  readonly title: string
  /** null: closed. */
  readonly secret: string | null
  readonly onClose: () => void
  readonly children?: ReactNode
}

/** A secret that the server tells this once. */
export function ShownOnce({ title, secret, onClose, children }: ShownOnceProps): ReactElement {
  return (
    <Dialog title={title} open={secret !== null} onClose={onClose} firm>
      <p>It is shown this once. Copy it now to where it is needed; nobody can read it here again.</p>
      <figure className="code">
        <pre>{secret}</pre>
      </figure>
      {children}
      <DialogEnd>
        <CopyButton text={secret ?? ''} size="usual" />
        <Button look="primary" onClick={onClose}>
          I have copied it
        </Button>
      </DialogEnd>
    </Dialog>
  )
}
