import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import type { ReactElement } from 'react'
import { troubleOf, useAsk, useChange } from '../../data/queries.ts'
import { PageHead } from '../../parts/page.tsx'
import { tell } from '../../parts/toasts.tsx'
import { visible } from '../../text/visible.ts'
import { PageProblem } from '../frame/page-problem.tsx'
import { SubscriptionForm } from './form.tsx'
import { valuesOf } from './form-values.ts'

const route = getRouteApi('/subscriptions/$id/edit')

export function EditSubscriptionPage(): ReactElement {
  const params = route.useParams()
  const navigate = useNavigate()
  const found = useAsk('getSubscription', { params })
  const update = useChange('updateSubscription', () => {
    tell('Saved.')
    void navigate({ to: '/subscriptions/$id', params })
  })
  const trouble = troubleOf(found)
  if (trouble) return <PageProblem error={trouble} retry={() => void found.refetch()} />
  if (found.data === undefined) return <p className="muted">Loading …</p>
  const back = (className: string, text: string) => (
    <Link to="/subscriptions/$id" params={params} className={className}>
      {text}
    </Link>
  )
  return (
    <>
      <PageHead
        title={`Edit ${visible(found.data.name)}`}
        crumb={back('foreign', visible(found.data.name))}
      />
      <SubscriptionForm
        initial={valuesOf(found.data)}
        error={update.error}
        busy={update.isPending}
        act="Save"
        onInput={(body) => update.mutate({ params, body })}
        cancel={back('button', 'Leave it')}
      />
    </>
  )
}
