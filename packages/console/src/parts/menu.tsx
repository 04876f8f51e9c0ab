import { Menu as Base } from '@base-ui/react/menu'
import type { ReactElement, ReactNode } from 'react'
import { Icon, type IconName } from './icon.tsx'

export interface MenuEntry {
  readonly label: string
  readonly act: () => void
  readonly icon?: IconName
  readonly danger?: boolean
  readonly checked?: boolean
}

interface MenuProps {
  /** For those who do not see the button. */
  readonly label: string
  readonly button: ReactNode
  readonly entries: readonly MenuEntry[]
  /** Above the entries. */
  readonly heading?: string
}

export function Menu({ label, button, entries, heading }: MenuProps): ReactElement {
  return (
    <Base.Root>
      <Base.Trigger className="button" aria-label={label}>
        {button}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className="menu-place" sideOffset={6} align="end">
          <Base.Popup className="menu">
            {heading && <div className="menu-label">{heading}</div>}
            {entries.map(({ label: text, act, icon, danger, checked }) => (
              <Base.Item
                className="menu-item"
                key={text}
                onClick={act}
                data-danger={danger}
                data-checked={checked}
              >
                {icon && <Icon name={icon} />}
                {text}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
