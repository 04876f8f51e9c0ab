import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { useChange } from '../../data/queries.ts'
import { PageHead } from '../../parts/page.tsx'
import { EventTypeForm } from './form.tsx'

export function NewEventTypePage(): ReactElement {
  const navigate = useNavigate()
  const create = useChange(
    'createEventType',
    ({ name }) => void navigate({ to: '/event-types/$name', params: { name } }),
  )
  return (
    <>
      <PageHead title="New event type" crumb={<Link to="/event-types">Event types</Link>} />
      <EventTypeForm
        initial={{ name: '', description: '', schema: '', example: '' }}
        there={false}
        error={create.error}
        busy={create.isPending}
        onInput={(body) => create.mutate({ body })}
        cancel={
          <Link to="/event-types" className="button">
            Leave it
          </Link>
        }
      />
    </>
  )
}
