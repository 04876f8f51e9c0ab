import { type ReactElement, useState } from 'react'
import { useChange, useRows } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { type Choice, SelectField } from '../../parts/field.tsx'
import { Problem } from '../../parts/note.tsx'
import { tell } from '../../parts/toasts.tsx'
import { plural } from '../../text/number.ts'
import { excerpt } from '../../text/visible.ts'

interface ReplayEventProps {
  readonly id: string
  readonly source: string | undefined
}

/** New deliveries of this event, to all subscriptions that take it or to one. */
export function ReplayEvent({ id, source }: ReplayEventProps): ReactElement | null {
  const [open, setOpen] = useState(false)
  if (!useMayWrite()) return null
  return (
    <>
      <Button look="primary" icon="replay" onClick={() => setOpen(true)}>
        Replay
      </Button>
      <Dialog title="Replay this event" open={open} onClose={() => setOpen(false)}>
        <Ask id={id} source={source} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  )
}

function Ask({ id, source, onClose }: ReplayEventProps & { onClose: () => void }): ReactElement {
  const [to, setTo] = useState('')
  const { rows } = useRows('listSubscriptions', {}, { every: false })
  const replay = useChange('replayEvent', ({ deliveries }) => {
    tell(`${plural(deliveries, 'new delivery', 'new deliveries')} made.`)
    onClose()
  })
  const choices: Choice[] = [
    ['', 'All subscriptions that take it now'],
    ...rows.map((row): Choice => [row.id, excerpt(row.name, 80)]),
  ]
  const send = () =>
    replay.mutate({
      params: { id },
      query: source === undefined ? {} : { source },
      body: to === '' ? {} : { subscription_id: to },
    })
  return (
    <>
      <SelectField label="To" value={to} onValue={setTo} choices={choices} />
      {replay.error && <Problem error={replay.error} />}
      <DialogEnd>
        <Button onClick={onClose}>Leave it</Button>
        <Button look="primary" busy={replay.isPending} onClick={send}>
          Replay
        </Button>
      </DialogEnd>
    </>
  )
}
