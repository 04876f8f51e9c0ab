import type { ReactElement } from 'react'
import { useChange } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Button, type ButtonProps } from '../../parts/button.tsx'
import { tell, tellProblem } from '../../parts/toasts.tsx'

interface DeliveryActionsProps {
  readonly of: { readonly id: string; readonly state: string }
  readonly size?: ButtonProps['size']
}

/** Retry what is done, cancel what waits. */
export function DeliveryActions({ of: { id, state }, size }: DeliveryActionsProps): ReactElement | null {
  const mayWrite = useMayWrite()
  const retry = useChange('retryDelivery', () => tell('It is attempted again now.'))
  const cancel = useChange('cancelDelivery', () => tell('It is cancelled.'))
  const request = { params: { id } }
  if (!mayWrite) return null
  if (state === 'pending')
    return (
      <Button
        size={size}
        busy={cancel.isPending}
        onClick={() => cancel.mutate(request, { onError: tellProblem })}
      >
        Cancel
      </Button>
    )
  return (
    <Button
      size={size}
      // Small ones stand in a row with others: a page has one main thing to do.
      look={state === 'dead' && size !== 'small' ? 'primary' : 'plain'}
      icon="replay"
      busy={retry.isPending}
      onClick={() => retry.mutate(request, { onError: tellProblem })}
    >
      Retry
    </Button>
  )
}
