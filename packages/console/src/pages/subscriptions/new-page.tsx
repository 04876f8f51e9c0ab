import { Link, useNavigate } from '@tanstack/react-router'
import type { Result } from 'posthorn/client'
import { type ReactElement, useState } from 'react'
import { useChange } from '../../data/queries.ts'
import { PageHead } from '../../parts/page.tsx'
import { SubscriptionForm } from './form.tsx'
import { NEW_VALUES } from './form-values.ts'
import { SecretShown } from './secret-shown.tsx'

export function NewSubscriptionPage(): ReactElement {
  const [made, setMade] = useState<Result<'createSubscription'> | null>(null)
  const create = useChange('createSubscription', setMade)
  const navigate = useNavigate()
  const leave = () => {
    if (made !== null) void navigate({ to: '/subscriptions/$id', params: { id: made.id } })
  }
  return (
    <>
      <PageHead title="New subscription" crumb={<Link to="/subscriptions">Subscriptions</Link>} />
      <SubscriptionForm
        initial={NEW_VALUES}
        error={create.error}
        busy={create.isPending}
        act="Create subscription"
        onInput={(body) => create.mutate({ body })}
        cancel={
          <Link to="/subscriptions" className="button">
            Leave it
          </Link>
        }
      />
      <SecretShown title="Created. This is its signing secret" secret={made} onClose={leave} />
    </>
  )
}
