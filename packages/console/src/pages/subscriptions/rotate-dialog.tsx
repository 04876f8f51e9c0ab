import type { Result } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { useChange } from '../../data/queries.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { SelectField } from '../../parts/field.tsx'
import { Problem } from '../../parts/note.tsx'
import { SecretShown } from './secret-shown.tsx'

interface RotateDialogProps {
  readonly id: string
  readonly onClose: () => void
}

/** A new signing secret; for a while the old one signs beside it, so that receivers can change without a loss. */
export function RotateDialog({ id, onClose }: RotateDialogProps): ReactElement {
  const [overlap, setOverlap] = useState('86400')
  const [made, setMade] = useState<Result<'rotateSubscriptionSecret'> | null>(null)
  const rotate = useChange('rotateSubscriptionSecret', setMade)
  if (made !== null) return <SecretShown title="The new signing secret" secret={made} onClose={onClose} />
  return (
    <Dialog title="Rotate the signing secret" open onClose={onClose}>
      <p>Deliveries are signed with the new secret at once.</p>
      <SelectField
        label="The old one signs beside it for"
        value={overlap}
        onValue={setOverlap}
        choices={[
          ['0', 'no time: it is known to others'],
          ['3600', '1 hour'],
          ['86400', '24 hours'],
          ['604800', '7 days'],
        ]}
      />
      {rotate.error && <Problem error={rotate.error} />}
      <DialogEnd>
        <Button onClick={onClose}>Leave it</Button>
        <Button
          look="primary"
          busy={rotate.isPending}
          onClick={() => rotate.mutate({ params: { id }, body: { overlap_s: Number(overlap) } })}
        >
          Rotate
        </Button>
      </DialogEnd>
    </Dialog>
  )
}
