import { Link } from '@tanstack/react-router'
import type { Result } from 'posthorn/client'
import { type ReactElement, useEffect, useRef } from 'react'
import { useChange } from '../../data/queries.ts'
import { Body } from '../../parts/body.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { Note, Problem } from '../../parts/note.tsx'
import { attemptText } from '../../text/cause.ts'
import { durationText } from '../../text/time.ts'
import { visible } from '../../text/visible.ts'

interface TestDialogProps {
  readonly id: string
  readonly onClose: () => void
}

/** Sends `test.ping` at once, and shows what came back. */
export function TestDialog({ id, onClose }: TestDialogProps): ReactElement {
  const test = useChange('testSubscription')
  const { mutate } = test
  const begun = useRef(false)
  useEffect(() => {
    if (begun.current) return
    begun.current = true
    mutate({ params: { id } })
  }, [mutate, id])
  return (
    <Dialog title="Test event" open onClose={onClose}>
      <div className="stack" aria-live="polite">
        {test.isPending && <p className="muted">Sending test.ping, and waiting for the answer …</p>}
        {test.error && <Problem error={test.error} />}
        {test.data && <Answer of={test.data} />}
      </div>
      <DialogEnd>
        <Button icon="replay" busy={test.isPending} onClick={() => mutate({ params: { id } })}>
          Send again
        </Button>
        <Button look="primary" onClick={onClose}>
          Close
        </Button>
      </DialogEnd>
    </Dialog>
  )
}

function Answer({ of }: { of: Result<'testSubscription'> }): ReactElement {
  const { success, status_code, duration_ms, error, response_body, delivery_id } = of
  const status = status_code === null ? 'No answer' : `Status ${status_code}`
  return (
    <>
      <Note tone={success ? 'good' : 'bad'} title={`${status} after ${durationText(duration_ms)}`}>
        {error && <span>{visible(wordsOf(error, status_code))}</span>}
        <Link to="/deliveries/$id" params={{ id: delivery_id }} className="small">
          Look at the delivery
        </Link>
      </Note>
      {response_body !== '' && <Body label="Answer" text={response_body} />}
      {response_body === '' && status_code !== null && <p className="muted small">The answer has no body.</p>}
    </>
  )
}

/** @param error `code: what happened` */
function wordsOf(error: string, status: number | null): string {
  const [, code = '', detail = error] = /^([a-z_]+): (.*)$/s.exec(error) ?? []
  return attemptText({ code, detail }, status)
}
