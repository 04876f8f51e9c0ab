import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { Result } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { troubleOf, useAsk, useChange } from '../../data/queries.ts'
import { useMaySetUp } from '../../data/session.tsx'
import { Badge } from '../../parts/badge.tsx'
import { Button } from '../../parts/button.tsx'
import { Code } from '../../parts/code.tsx'
import { ConfirmButton } from '../../parts/confirm-button.tsx'
import { Icon } from '../../parts/icon.tsx'
import { PageHead, Section } from '../../parts/page.tsx'
import { tell, tellProblem } from '../../parts/toasts.tsx'
import { visible } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { EventTypeForm } from './form.tsx'
import { TakenBy } from './taken-by.tsx'

const route = getRouteApi('/event-types/$name')

type EventType = Result<'getEventType'>

export function EventTypePage(): ReactElement {
  const params = route.useParams()
  const [editing, setEditing] = useState(false)
  const found = useAsk('getEventType', { params })
  const type = found.data
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (type === undefined) return <p className="muted">Loading …</p>
  return (
    <>
      <PageHead
        title={visible(type.name)}
        crumb={<Link to="/event-types">Event types</Link>}
        heading={
          <>
            <span className="mono">{visible(type.name)}</span>
            {type.archived && <Badge tone="idle">archived</Badge>}
          </>
        }
        sub={visible(type.description)}
        actions={!editing && <Actions type={type} onEdit={() => setEditing(true)} />}
      />
      {editing ? <Edit type={type} onDone={() => setEditing(false)} /> : <Shown type={type} />}
    </>
  )
}

function Shown({ type }: { type: EventType }): ReactElement {
  return (
    <>
      <div className="split">
        <Code
          label="Schema"
          text={type.schema === null ? 'none: any data' : JSON.stringify(type.schema, null, 2)}
        />
        <div className="stack">
          {type.examples.length === 0 && <Code label="Examples" text="none" />}
          {type.examples.map((example, index) => (
            <Code
              key={JSON.stringify(example)}
              label={`Example ${index + 1}`}
              text={JSON.stringify(example, null, 2)}
            />
          ))}
        </div>
      </div>
      <Section title="Taken by">
        <TakenBy type={type.name} />
      </Section>
    </>
  )
}

function Actions({ type, onEdit }: { type: EventType; onEdit: () => void }): ReactElement | null {
  const params = { name: type.name }
  const navigate = useNavigate()
  const update = useChange('updateEventType', () => tell('Saved.'))
  const remove = useChange('deleteEventType', () => void navigate({ to: '/event-types' }), { leaves: true })
  if (!useMaySetUp()) return null
  return (
    <>
      <Link to="/publish" search={{ event_type: type.name }} className="button" data-look="primary">
        <Icon name="send" /> Publish {type.examples.length > 0 ? 'an example' : 'one'}
      </Link>
      <Button onClick={onEdit}>Edit</Button>
      <Button
        busy={update.isPending}
        onClick={() =>
          update.mutate({ params, body: { archived: !type.archived } }, { onError: tellProblem })
        }
      >
        {type.archived ? 'Bring back' : 'Archive'}
      </Button>
      <ConfirmButton
        label="Delete"
        look="quiet"
        title={`Delete “${visible(type.name)}”?`}
        act="Delete"
        onAct={() => remove.mutate({ params }, { onError: tellProblem })}
      >
        <p>Its description goes; events of this type can still be published, unchecked.</p>
      </ConfirmButton>
    </>
  )
}

function Edit({ type, onDone }: { type: EventType; onDone: () => void }): ReactElement {
  const update = useChange('updateEventType', () => {
    tell('Saved.')
    onDone()
  })
  return (
    <EventTypeForm
      initial={{
        name: type.name,
        description: type.description,
        schema: type.schema === null ? '' : JSON.stringify(type.schema, null, 2),
        example: type.examples.length === 0 ? '' : JSON.stringify(type.examples, null, 2),
      }}
      there
      error={update.error}
      busy={update.isPending}
      onInput={({ name, ...body }) => update.mutate({ params: { name: type.name }, body })}
      cancel={<Button onClick={onDone}>Leave it</Button>}
    />
  )
}
