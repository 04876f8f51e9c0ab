import { Autocomplete } from '@base-ui/react/autocomplete'
import { Dialog as Base } from '@base-ui/react/dialog'
import { useNavigate } from '@tanstack/react-router'
import { type ReactElement, useState } from 'react'
import { chooseTheme } from '../../browser/theme.ts'
import { useMayWrite, useSession } from '../../data/session.tsx'
import { Icon } from '../../parts/icon.tsx'
import { excerpt } from '../../text/visible.ts'
import { type Command, useFound } from './found.ts'
import { groupsFor } from './places.ts'

interface PaletteProps {
  readonly open: boolean
  readonly onClose: () => void
}

/** Every page, the main commands, and what the server finds by id or name. */
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
  const found = useFound(text.trim())
  const typed = useTypedCommands(text.trim())
  const wanted = text.trim().toLowerCase()
  const fitting = commands.filter(({ label }) => label.toLowerCase().includes(wanted))
  const items = [...fitting, ...found.commands, ...typed]
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
      <Autocomplete.Input
        className="palette-input"
        placeholder="A page, a command, an id, or the beginning of a name"
      />
      <Autocomplete.Empty className="palette-empty">
        {found.searching ? 'Searching …' : 'Nothing has this name.'}
      </Autocomplete.Empty>
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

/** What else the typed text may be. */
function useTypedCommands(text: string): Command[] {
  const navigate = useNavigate()
  if (text === '') return []
  const shown = excerpt(text, 40)
  const ofType: Command = {
    label: `Events of the type ${shown}`,
    icon: 'event',
    act: () => void navigate({ to: '/events', search: { event_type: text } }),
  }
  const withText: Command = {
    label: `Events with “${shown}” in their data`,
    icon: 'search',
    act: () => void navigate({ to: '/events', search: { text } }),
  }
  return [...(/\s/.test(text) ? [] : [ofType]), ...(text.length < 2 ? [] : [withText])]
}
