import type { Result } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { useChange } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { Problem } from '../../parts/note.tsx'
import { tell } from '../../parts/toasts.tsx'
import { plural } from '../../text/number.ts'

interface ReplayRequestProps {
  readonly sourceId: string
  readonly request: Pick<Result<'getRequest'>, 'id' | 'verdict' | 'body_bytes'>
}

/** Takes the request in again as it came. */
export function ReplayRequest({ sourceId, request }: ReplayRequestProps): ReactElement | null {
  const [open, setOpen] = useState(false)
  const [unverified, setUnverified] = useState(false)
  const replay = useChange('replayRequest', ({ deliveries }) => {
    setOpen(false)
    tell(`Taken in again, ${plural(deliveries, 'delivery', 'deliveries')} made.`)
  })
  if (!useMayWrite() || request.body_bytes === null) return null
  const send = () =>
    replay.mutate({
      params: { id: sourceId, request_id: request.id },
      body: unverified ? { unverified } : {},
    })
  return (
    <>
      <Button look="primary" icon="replay" onClick={() => setOpen(true)}>
        Replay
      </Button>
      <Dialog title="Take this request in again" open={open} onClose={() => setOpen(false)}>
        <p>It is taken in as it came, and what it brought is delivered again.</p>
        {request.verdict === 'refused' && (
          <label className="check">
            <input
              type="checkbox"
              checked={unverified}
              onChange={(event) => setUnverified(event.target.checked)}
            />
            <span>Even though its signature does not fit: I know that it is genuine.</span>
          </label>
        )}
        {replay.error && <Problem error={replay.error} />}
        <DialogEnd>
          <Button onClick={() => setOpen(false)}>Leave it</Button>
          <Button look="primary" busy={replay.isPending} onClick={send}>
            Replay
          </Button>
        </DialogEnd>
      </Dialog>
    </>
  )
}
