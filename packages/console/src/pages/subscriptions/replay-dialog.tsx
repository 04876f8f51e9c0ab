import type { Body } from 'posthorn/client'
import { type FormEvent, type ReactElement, useState } from 'react'
import { now } from '../../browser/clock.ts'
import { useChange } from '../../data/queries.ts'
import { given } from '../../data/search.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { AreaField, errorAt, SelectField, TextField } from '../../parts/field.tsx'
import { Problem } from '../../parts/note.tsx'
import { tell } from '../../parts/toasts.tsx'
import { fromLines } from '../../text/lines.ts'

interface ReplayDialogProps {
  readonly id: string
  readonly onClose: () => void
}

type Input = Body<'replaySubscription'>

const DAY_MS = 86_400_000

/** `2026-01-31T12:00`, as a field for times wants it, in the reader's zone. */
function fieldTime(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function instant(text: string): string | undefined {
  return text === '' ? undefined : new Date(text).toISOString()
}

/** Old events to one subscription; it goes on in the background. */
export function ReplayDialog({ id, onClose }: ReplayDialogProps): ReactElement {
  const [values, setValues] = useState({ since: fieldTime(now() - DAY_MS), until: '', states: '', types: '' })
  const replay = useChange('replaySubscription', () => {
    tell('The replay has begun.')
    onClose()
  })
  const field = (name: keyof typeof values, place: string = name) => ({
    value: values[name],
    onValue: (value: string) => setValues((old) => ({ ...old, [name]: value })),
    error: errorAt(replay.error, place),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const types = fromLines(values.types)
    const body = given({
      since: instant(values.since),
      until: instant(values.until),
      states: values.states === '' ? undefined : values.states.split(','),
      event_types: types.length === 0 ? undefined : types,
    }) as Input
    replay.mutate({ params: { id }, body })
  }
  return (
    <Dialog title="Replay old events" open onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <p className="muted">Each event of that time that it takes becomes a new delivery.</p>
        <div className="field-row">
          <TextField label="Since" type="datetime-local" required {...field('since')} />
          <TextField label="Until" type="datetime-local" hint="Left empty: now." {...field('until')} />
        </div>
        <SelectField
          label="Events"
          choices={[
            ['', 'All that it takes'],
            ['dead', 'Only those whose delivery is dead'],
            ['dead,cancelled', 'Only those whose delivery is dead or cancelled'],
          ]}
          {...field('states')}
        />
        <AreaField
          label="Event types"
          hint="One a line. Left empty: all of its types."
          mono
          rows={2}
          {...field('types', 'event_types')}
        />
        {replay.error && <Problem error={replay.error} />}
        <DialogEnd>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" type="submit" icon="replay" busy={replay.isPending}>
            Begin
          </Button>
        </DialogEnd>
      </form>
    </Dialog>
  )
}
