import { Autocomplete } from '@base-ui/react/autocomplete'
import { Dialog as Base } from '@base-ui/react/dialog'
import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { chooseTheme } from '../../browser/theme.ts'
import { useMayWrite, useSession } from '../../data/session.tsx'
import { Icon, type IconName } from '../../parts/icon.tsx'
import { excerpt } from '../../text/visible.ts'
import { groupsFor } from './places.ts'

interface Command {
  readonly label: string
  readonly icon: IconName
  readonly act: () => void
}

interface PaletteProps {
  readonly open: boolean
  readonly onClose: () => void
}

/** Every page, the main commands, and any id by typing it. */
export function Palette({ open, onClose }: PaletteProps): ReactElement {
  return (
    <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog palette" aria-label="Search and commands">
          <Found onClose={onClose} />
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  )
}

function Found({ onClose }: { onClose: () => void }): ReactElement {
  const [text, setText] = useState('')
  const commands = useCommands()
  const ids = useIdCommands(text.trim())
  const wanted = text.trim().toLowerCase()
  const items = [...commands.filter(({ label }) => label.toLowerCase().includes(wanted)), ...ids]
  return (
    <Autocomplete.Root
      open
      inline
      items={items}
      filter={null}
      value={text}
      onValueChange={(next, { reason }) => reason !== 'item-press' && setText(next)}
      itemToStringValue={({ label }: Command) => label}
      autoHighlight="always"
      keepHighlight
    >
      <Autocomplete.Input className="palette-input" placeholder="A page, a command, or an id" />
      <Autocomplete.Empty className="palette-empty">Nothing is called so.</Autocomplete.Empty>
      <Autocomplete.List className="palette-list">
        {(command: Command) => (
          <Autocomplete.Item
            className="palette-item"
            key={command.label}
            value={command}
            onClick={() => {
              onClose()
              command.act()
            }}
          >
            <Icon name={command.icon} />
            {command.label}
          </Autocomplete.Item>
        )}
      </Autocomplete.List>
    </Autocomplete.Root>
  )
}

function useCommands(): Command[] {
  const { scope, signOut } = useSession()
  const mayWrite = useMayWrite()
  const navigate = useNavigate()
  const pages = groupsFor(scope).flatMap(({ places }) =>
    places.map(({ to, label, icon }) => ({ label, icon, act: () => void navigate({ to }) })),
  )
  const writing: Command[] = [
    { label: 'New subscription', icon: 'plus', act: () => void navigate({ to: '/subscriptions/new' }) },
    { label: 'Publish an event', icon: 'send', act: () => void navigate({ to: '/publish' }) },
    { label: 'New alert rule', icon: 'alert', act: () => void navigate({ to: '/alerts/rules/new' }) },
    { label: 'New source', icon: 'plus', act: () => void navigate({ to: '/sources/new' }) },
  ]
  return [
    ...pages,
    ...(mayWrite ? writing : []),
    { label: 'Theme: light', icon: 'theme', act: () => chooseTheme('light') },
    { label: 'Theme: dark', icon: 'theme', act: () => chooseTheme('dark') },
    { label: 'Theme: as the system', icon: 'theme', act: () => chooseTheme('system') },
    { label: 'Sign out', icon: 'user', act: signOut },
  ]
}

/** What the typed text could be the id of. */
function useIdCommands(id: string): Command[] {
  const navigate = useNavigate()
  if (id === '' || /\s/.test(id)) return []
  const shown = excerpt(id, 40)
  const params = { id }
  if (id.startsWith('dlv_'))
    return [
      {
        label: `Delivery ${shown}`,
        icon: 'delivery',
        act: () => void navigate({ to: '/deliveries/$id', params }),
      },
    ]
  if (id.startsWith('sub_'))
    return [
      {
        label: `Subscription ${shown}`,
        icon: 'subscription',
        act: () => void navigate({ to: '/subscriptions/$id', params }),
      },
    ]
  return [
    {
      label: `Event with the id ${shown}`,
      icon: 'event',
      act: () => void navigate({ to: '/events/$id', params }),
    },
    {
      label: `Events of the type ${shown}`,
      icon: 'event',
      act: () => void navigate({ to: '/events', search: { event_type: id } }),
    },
  ]
}
