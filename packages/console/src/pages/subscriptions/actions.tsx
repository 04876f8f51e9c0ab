import { Link, useNavigate } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { useChange } from '../../data/queries.ts'
import { useMayWrite } from '../../data/session.tsx'
import { Button } from '../../parts/button.tsx'
import { Confirm } from '../../parts/dialog.tsx'
import { Icon } from '../../parts/icon.tsx'
import { Menu } from '../../parts/menu.tsx'
import { tell, tellProblem } from '../../parts/toasts.tsx'
import { visible } from '../../text/visible.ts'
import type { Subscription } from './form-values.ts'
import { ReplayDialog } from './replay-dialog.tsx'
import { RotateDialog } from './rotate-dialog.tsx'
import { TestDialog } from './test-dialog.tsx'

type Open = 'test' | 'replay' | 'rotate' | 'delete' | null

export function SubscriptionActions({ subscription }: { subscription: Subscription }): ReactElement | null {
  const { id, active, name } = subscription
  const params = { id }
  const [open, setOpen] = useState<Open>(null)
  const navigate = useNavigate()
  const enable = useChange('enableSubscription', () => tell('It is active again.'))
  const disable = useChange('disableSubscription', () => tell('It is paused.'))
  const deleted = () => {
    tell('Deleted.')
    void navigate({ to: '/subscriptions' })
  }
  const remove = useChange('deleteSubscription', deleted, { leaves: true })
  const close = () => setOpen(null)
  if (!useMayWrite()) return null
  const turn = () => (active ? disable : enable).mutate({ params }, { onError: tellProblem })
  return (
    <>
      {active ? (
        <Button look="primary" icon="send" onClick={() => setOpen('test')}>
          Send a test
        </Button>
      ) : (
        <Button look="primary" icon="play" onClick={turn} busy={enable.isPending}>
          Resume
        </Button>
      )}
      <Button icon="replay" onClick={() => setOpen('replay')}>
        Replay
      </Button>
      <Link to="/subscriptions/$id/edit" params={params} className="button">
        Edit
      </Link>
      <Menu
        label="More"
        button={<Icon name="more" />}
        entries={[
          active
            ? { label: 'Pause', icon: 'pause', act: turn }
            : { label: 'Send a test', icon: 'send', act: () => setOpen('test') },
          { label: 'Rotate the secret', icon: 'key', act: () => setOpen('rotate') },
          { label: 'Delete', icon: 'close', danger: true, act: () => setOpen('delete') },
        ]}
      />
      {open === 'test' && <TestDialog id={id} onClose={close} />}
      {open === 'replay' && <ReplayDialog id={id} onClose={close} />}
      {open === 'rotate' && <RotateDialog id={id} onClose={close} />}
      <Confirm
        title={`Delete “${visible(name)}”?`}
        open={open === 'delete'}
        onClose={close}
        act="Delete"
        busy={remove.isPending}
        onAct={() => remove.mutate({ params }, { onError: tellProblem })}
      >
        <p>It gets nothing more, and what still waits for it is cancelled.</p>
      </Confirm>
    </>
  )
}
