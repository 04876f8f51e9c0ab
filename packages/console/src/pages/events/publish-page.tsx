import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { publishJson } from 'posthorn/client'
import { type FormEvent, type ReactElement, useState } from 'react'
import { useAsk, useChange } from '../../data/queries.ts'
import { useMaySetUp } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { AreaField, errorAt, TextField } from '../../parts/field.tsx'
import { FormProblem } from '../../parts/form-problem.tsx'
import { Note } from '../../parts/note.tsx'
import { PageHead } from '../../parts/page.tsx'
import { tell } from '../../parts/toasts.tsx'
import { plural } from '../../text/number.ts'

const route = getRouteApi('/publish')
const SAMPLE = '{\n  "name": "Ada"\n}'

export function PublishPage(): ReactElement {
  const { event_type = '' } = route.useSearch()
  const mayPublish = useMaySetUp()
  const described = useAsk('getEventType', { params: { name: event_type } }, { enabled: event_type !== '' })
  // Nothing leads here then; the address may have been typed.
  if (!mayPublish)
    return (
      <>
        <PageHead title="Publish an event" crumb={<Link to="/events">Events</Link>} />
        <Note>You may look here, not publish.</Note>
      </>
    )
  if (event_type !== '' && described.isPending) return <p className="muted">Loading …</p>
  const example = described.data?.examples[0]
  return <Form type={event_type} data={example === undefined ? SAMPLE : JSON.stringify(example, null, 2)} />
}

function Form({ type, data }: { type: string; data: string }): ReactElement {
  const [values, setValues] = useState({ type, data, id: '' })
  const [flaw, setFlaw] = useState<string | undefined>()
  const navigate = useNavigate()
  const publish = useChange('publishEvent', ({ event_id, deliveries, duplicate }) => {
    tell(
      duplicate
        ? 'It was published before.'
        : `Published, ${plural(deliveries, 'delivery', 'deliveries')} made.`,
    )
    void navigate({ to: '/events/$id', params: { id: event_id } })
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setFlaw(undefined)
    try {
      JSON.parse(values.data)
    } catch (error) {
      return setFlaw(`This is not JSON: ${(error as Error).message}`)
    }
    const named = values.id === '' ? {} : { event_id: values.id }
    // As it was typed: 1.0 stays 1.0.
    publish.mutate({ json: publishJson({ event_type: values.type, ...named }, values.data) })
  }
  return (
    <>
      <PageHead title="Publish an event" crumb={<Link to="/events">Events</Link>} />
      <form className="form" onSubmit={submit}>
        <FormProblem
          error={publish.error}
          fields={['event_type', 'data', 'event_id']}
          what="It was not published"
        />
        <TextField
          label="Event type"
          mono
          required
          placeholder="user.created"
          value={values.type}
          onValue={(next) => setValues({ ...values, type: next })}
          error={errorAt(publish.error, 'event_type')}
        />
        <AreaField
          label="Data"
          hint="JSON. It is kept and sent as you write it."
          mono
          rows={14}
          value={values.data}
          onValue={(next) => setValues({ ...values, data: next })}
          error={flaw ?? errorAt(publish.error, 'data')}
        />
        <TextField
          label="Event id"
          hint="Left empty: one is made. The same id with the same content is the same event."
          mono
          value={values.id}
          onValue={(next) => setValues({ ...values, id: next })}
          error={errorAt(publish.error, 'event_id')}
        />
        <div className="form-end">
          <Button look="primary" icon="send" type="submit" busy={publish.isPending}>
            Publish
          </Button>
        </div>
      </form>
    </>
  )
}
