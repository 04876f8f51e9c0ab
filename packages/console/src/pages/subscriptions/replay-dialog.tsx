import type { Body } from 'posthorn/client'
import { type FormEvent, type ReactElement, useEffect, useState } from 'react'
import { after, now } from '../../browser/clock.ts'
import { remember } from '../../browser/storage.ts'
import { useAsk, useChange } from '../../data/queries.ts'
import { given } from '../../data/search.ts'
import { Button } from '../../parts/button.tsx'
import { Dialog, DialogEnd } from '../../parts/dialog.tsx'
import { AreaField, errorAt, SelectField, TextField } from '../../parts/field.tsx'
import { Problem } from '../../parts/note.tsx'
import { tell } from '../../parts/toasts.tsx'
import { fromLines } from '../../text/lines.ts'
import { plural } from '../../text/number.ts'

interface ReplayDialogProps {
  readonly id: string
  readonly onClose: () => void
}

type Input = Body<'replaySubscription'>

const DAY_MS = 86_400_000
const TYPING_MS = 300

/** `2026-01-31T12:00`, as a field for times wants it, in the reader's zone. */
function fieldTime(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function instant(text: string): string | undefined {
  return text === '' ? undefined : new Date(text).toISOString()
}

/** Old events to one subscription; first it says how many, then it goes on in the background. */
export function ReplayDialog({ id, onClose }: ReplayDialogProps): ReactElement {
  const [values, setValues] = useState({ since: fieldTime(now() - DAY_MS), until: '', states: '', types: '' })
  const asked = usePaused(values)
  const preview = useAsk(
    'replaySubscription',
    { params: { id }, body: { ...inputOf(asked), dry_run: true } },
    { enabled: asked.since !== '' },
  )
  const counted = asked === values && preview.data && 'events' in preview.data ? preview.data : null
  const replay = useChange('replaySubscription', (answer) => {
    // How much there is to do is known now only: what is counted later has the new deliveries in it.
    if ('replay_id' in answer && counted?.complete)
      remember(`replay.${answer.replay_id}`, String(counted.events))
    tell('The replay has begun.')
    onClose()
  })
  const error = replay.error ?? (asked === values ? preview.error : null)
  const field = (name: keyof typeof values, place: string = name) => ({
    value: values[name],
    onValue: (value: string) => setValues((old) => ({ ...old, [name]: value })),
    error: errorAt(error, place),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (counted !== null) replay.mutate({ params: { id }, body: inputOf(values) })
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
        {error && <Problem error={error} />}
        <p role="status">{counted === null ? error ? '' : 'Counting …' : <Counted of={counted} />}</p>
        <DialogEnd>
          <Button onClick={onClose}>Leave it</Button>
          <Button
            look="primary"
            type="submit"
            icon="replay"
            busy={replay.isPending}
            disabled={counted === null || counted.events === 0}
          >
            Begin
          </Button>
        </DialogEnd>
      </form>
    </Dialog>
  )
}

function Counted({ of: { events, complete } }: { of: { events: number; complete: boolean } }): ReactElement {
  if (!complete) return <strong>More than {plural(events, 'event')}: too many to count them all.</strong>
  return <strong>{events === 0 ? 'No event fits.' : `This replays ${plural(events, 'event')}.`}</strong>
}

interface Values {
  readonly since: string
  readonly until: string
  readonly states: string
  readonly types: string
}

function inputOf({ since, until, states, types }: Values): Input {
  const lines = fromLines(types)
  return given({
    since: instant(since),
    until: instant(until),
    states: states === '' ? undefined : states.split(','),
    event_types: lines.length === 0 ? undefined : lines,
  }) as Input
}

/** What it was when the reader last paused. */
function usePaused<T>(value: T): T {
  const [paused, setPaused] = useState(value)
  useEffect(() => after(TYPING_MS, () => setPaused(value)), [value])
  return paused
}
